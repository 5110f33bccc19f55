"""What WeChat pushes: the signature checked in constant time, the message deciphered by wechatpy,
its XML read without entities."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import xmltodict
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from domain.errors import Refused
from integrations.wechat.accounts import ServiceAccount

MAX_BYTES = 64 << 10


def signed(*parts: str) -> str:
    """sha1 of the sorted parts, as the platform has it."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def _is_right(given: str, *parts: str) -> bool:
    return hmac.compare_digest(given.encode(), signed(*parts).encode())


def check_url(account: ServiceAccount, query: Mapping[str, str]) -> bool:
    """The GET by which the console makes sure that the address is ours."""
    stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    return _is_right(query.get("signature", ""), account.push_token, stamp, nonce)


def open_push(account: ServiceAccount, query: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The message's fields. Refused for a wrong signature, another app's message, or what is no
    message at all; plain messages are not taken."""
    refused = Refused("push_refused", detail="the push is not signed as it should be")
    if len(body) > MAX_BYTES:
        raise refused
    encrypted = _fields(body).get("Encrypt", "")
    stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    given = query.get("msg_signature", "")
    if not encrypted or not _is_right(given, account.push_token, stamp, nonce, encrypted):
        raise refused
    crypto = WeChatCrypto(account.push_token, account.push_aes_key, account.app_id)
    try:
        inner = PrpCrypto(crypto.key).decrypt(encrypted, account.app_id)
    except Exception as error:
        raise Refused("push_refused", detail="the push is not for this app") from error
    return _fields(inner.encode())


def _fields(xml: bytes) -> dict[str, str]:
    """The flat fields of a message; {} for what is no XML or brings entities."""
    try:
        parsed: Any = xmltodict.parse(xml, disable_entities=True)
    except Exception:  # noqa: BLE001 - expat's and xmltodict's own, whatever they are
        return {}
    root = parsed.get("xml") if isinstance(parsed, dict) else None
    if not isinstance(root, dict):
        return {}
    return {str(key): value for key, value in root.items() if isinstance(value, str)}
