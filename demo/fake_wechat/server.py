"""HTTP in front of the fake: one table of endpoints, faults before any of them, a log of calls.

The hosts that WeChat has (open., api., mp.) are all this one; a gateway for text messages stands
beside them at `/sms/send`, because the product's fall-back needs one.
"""

import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from demo.fake_wechat import messages, mini, oauth, push, tokens
from demo.fake_wechat.answers import Answer, Asked, as_error, as_json
from demo.fake_wechat.control import control
from demo.fake_wechat.world import Fault, Refuse, World

Handler = Callable[[World, Asked], Any]

ENDPOINTS: dict[tuple[str, str], Handler] = {
    ("GET", "/connect/oauth2/authorize"): oauth.authorize,
    ("GET", "/sns/oauth2/access_token"): oauth.access_token,
    ("GET", "/sns/oauth2/refresh_token"): oauth.refresh_token,
    ("GET", "/sns/userinfo"): oauth.userinfo,
    ("GET", "/sns/auth"): oauth.auth,
    ("GET", "/sns/jscode2session"): mini.jscode2session,
    ("GET", "/cgi-bin/token"): tokens.token,
    ("POST", "/cgi-bin/stable_token"): tokens.stable_token,
    ("GET", "/cgi-bin/ticket/getticket"): tokens.ticket,
    ("POST", "/wxa/business/getuserphonenumber"): mini.phone_number,
    ("GET", "/wxa/checksession"): mini.check_session,
    ("POST", "/wxa/getwxacodeunlimit"): mini.code_picture,
    ("POST", "/wxa/generate_urllink"): mini.url_link,
    ("POST", "/wxa/generatescheme"): mini.scheme,
    ("POST", "/wxa/msg_sec_check"): messages.sec_check,
    ("POST", "/cgi-bin/message/subscribe/send"): messages.subscribe,
    ("POST", "/cgi-bin/message/subscribe/bizsend"): messages.subscribe,
    ("POST", "/cgi-bin/message/template/send"): messages.template,
    ("POST", "/cgi-bin/message/custom/send"): messages.custom,
    ("POST", "/cgi-bin/qrcode/create"): messages.qrcode,
    ("GET", "/cgi-bin/showqrcode"): messages.show_qrcode,
    ("GET", "/cgi-bin/user/info"): messages.user_info,
    ("GET", "/cgi-bin/getcallbackip"): messages.callback_ip,
    ("POST", "/cgi-bin/clear_quota"): messages.clear_quota,
}


def _send_text(world: World, asked: Asked) -> dict[str, Any]:
    """The text-message gateway: keeps what it was given."""
    world.messages.append({"kind": "sms", **asked.json()})
    return {"code": "OK"}


ENDPOINTS["POST", "/sms/send"] = _send_text


class FakeWeChat:
    """A context manager that serves on a loopback port (0: a free one)."""

    def __init__(self, world: World, port: int = 0, *, pushes: bool = False) -> None:
        self.world = world
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.world = world
        self._server.base_url = self.base_url
        self._pushes = pushes
        self._stopping = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        if self._pushes:
            threading.Thread(target=self._push, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def _push(self) -> None:
        """Outcomes of template messages go out by themselves."""
        while not self._stopping.wait(0.5):
            with self.world.lock:
                waiting, self.world.pushes = self.world.pushes, []
            for event in waiting:
                push.deliver(self.world, self.world.apps[event["app_id"]], event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    world: World
    base_url: str


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_: object) -> None:
        """Silent: the log of calls is in the world."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(
            self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), body,
            self.headers.get("User-Agent", ""), self.server.base_url,
        )  # fmt: skip
        world = self.server.world
        if asked.path.startswith("/_control/"):
            self._control(world, asked)
            return
        with world.lock:
            fault = world.take_fault(asked.path)
            world.calls.append(
                {"method": asked.method, "path": asked.path, "query": asked.query,
                 "body": body.decode("utf-8", "replace")}
            )  # fmt: skip
        if fault is not None and fault.delay_s:
            time.sleep(fault.delay_s)
        if fault is not None and fault.cut:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self._write(_faulty(fault) or _answer(world, asked))

    def _control(self, world: World, asked: Asked) -> None:
        try:
            self._write(as_json(control(world, asked)))
        except (KeyError, ValueError, TypeError) as error:
            self._write(Answer(400, json.dumps({"error": repr(error)}).encode()))

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


def _faulty(fault: Fault | None) -> Answer | None:
    if fault is None:
        return None
    if fault.body is not None:
        return Answer(fault.status or 200, fault.body.encode())
    if fault.status is not None:
        return Answer(fault.status, b"<html>502 Bad Gateway</html>", "text/html")
    if fault.errcode is not None:
        return as_error(fault.errcode, "injected")
    return None


def _answer(world: World, asked: Asked) -> Answer:
    handler = ENDPOINTS.get((asked.method, asked.path))
    if handler is None:
        if any(path == asked.path for _, path in ENDPOINTS):
            return as_error(43001 if asked.method == "POST" else 43002, "require another method")
        return Answer(404, b"not found", "text/plain")
    with world.lock:
        try:
            world.count_quota(asked.path)
            found = handler(world, asked)
        except Refuse as refusal:
            return as_error(refusal.errcode, refusal.errmsg)
    return found if isinstance(found, Answer) else as_json(found)
