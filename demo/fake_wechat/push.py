"""What WeChat sends to us: the URL check and encrypted events, three tries of five seconds each."""

import base64
import hashlib
import http.client
import os
import secrets
import struct
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from demo.fake_wechat.world import App, World

TRIES, LIMIT_S = 3, 5.0


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def encrypt(app: App, xml: str, *, inner_app_id: str = "") -> str:
    """AES-256-CBC, key = base64(EncodingAESKey + "="), iv = its first half; 16 random bytes, the
    length big-endian, the XML, the app's id; PKCS#7 to 32."""
    key = base64.b64decode(app.aes_key + "=")
    body = xml.encode()
    plain = os.urandom(16) + struct.pack(">I", len(body)) + body
    plain += (inner_app_id or app.app_id).encode()
    pad = 32 - len(plain) % 32
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain + bytes([pad]) * pad) + cipher.finalize()).decode()


def event_xml(world: World, app: App, event: dict[str, Any]) -> str:
    """The inner XML; `MsgType` text has a MsgId, an event has none of its own."""
    fields = {
        "ToUserName": "gh_fake",
        "FromUserName": world.openid(app, event["user"]),
        "CreateTime": str(event.get("CreateTime", int(world.now()))),
    }
    if "event" in event:
        fields |= {"MsgType": "event", "Event": event["event"]}
    else:
        fields |= {"MsgType": "text", "Content": str(event.get("text", ""))}
        fields["MsgId"] = str(event.get("MsgId") or secrets.randbelow(10**15))
    known = {"app_id", "user", "event", "text", "CreateTime", "MsgId", "raw", "bad"}
    fields |= {name: str(value) for name, value in event.items() if name not in known}
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inner}{event.get('raw', '')}</xml>"


def check_url(app: App, *, bad: bool = False) -> tuple[int, str, str]:
    """GET: (status, what came, what should have come)."""
    stamp, nonce, echo = "1714036504", secrets.token_hex(4), secrets.token_hex(8)
    signed = signature("wrong" if bad else app.token, stamp, nonce)
    query = urlencode({"signature": signed, "timestamp": stamp, "nonce": nonce, "echostr": echo})
    status, body = _send("GET", f"{app.push_url}?{query}", b"")
    return status, body.decode("utf-8", "replace"), echo


def deliver(world: World, app: App, event: dict[str, Any]) -> list[tuple[int, str]]:
    """Three tries until "success" (or an encrypted reply) comes; what came each time. `bad` is
    `signature`, `app_id` or `replay` (the same push once more although it was taken)."""
    bad = str(event.get("bad", ""))
    if "event" not in event:
        world.last_talk[event["user"]] = world.now()
    encrypted = encrypt(
        app, event_xml(world, app, event), inner_app_id="wx0000" if bad == "app_id" else ""
    )
    stamp, nonce = str(int(world.now())), secrets.token_hex(4)
    signed = signature(app.token, stamp, nonce, encrypted)
    query = urlencode(
        {"signature": signature(app.token, stamp, nonce), "timestamp": stamp, "nonce": nonce,
         "encrypt_type": "aes", "msg_signature": "0" * 40 if bad == "signature" else signed}
    )  # fmt: skip
    body = f"<xml><ToUserName>gh_fake</ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    heard: list[tuple[int, str]] = []
    for _ in range(TRIES):
        status, answer = _send("POST", f"{app.push_url}?{query}", body.encode())
        heard.append((status, answer.decode("utf-8", "replace")))
        if status == 200 and bad != "replay":
            break
    return heard


def _send(method: str, url: str, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=LIMIT_S)
    try:
        connection.request(
            method, f"{parts.path}?{parts.query}", body or None, {"Content-Type": "text/xml"}
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()
