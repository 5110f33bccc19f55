"""A static server for the viewer's browser tests: the built pages, one study, and faults on
demand. It sends the security headers of the real one, so that what they forbid fails here too."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bff.built_pages import BOOT_MARK, SECURITY_HEADERS
from bff.routes.viewing import IMAGE_HEADERS
from bff.session_cookie import SIGNED_OUT_HEADERS
from tests.viewer.desk import Desk
from tests.viewer.studies import SeriesData, manifest

KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8"}


class ViewerServer(ThreadingHTTPServer):
    """`faults`: paths (their ends) that answer with this status. `dropped`: paths (a part of them)
    whose answers end in the middle. `held`: paths (a part of them) that get no answer for now.
    `is_kept`: with the real server's headers for images. `asked`: every path, in order."""

    daemon_threads = True

    def __init__(self, pages: Path, data: dict[str, SeriesData]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages, self.data, self.desk = pages, data, Desk()
        self.faults: dict[str, int] = {}
        self.dropped, self.held, self.is_kept = "", "", False
        self.asked: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes its window in the middle of an answer is no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: ViewerServer
    protocol_version = "HTTP/1.1"
    # head and body in one packet, and none that waits for the last one's acknowledgement
    wbufsize, disable_nagle_algorithm = -1, True

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.server.asked.append(path)
        status = next((s for end, s in self.server.faults.items() if path.endswith(end)), 0)
        while self.server.held and self.server.held in path:
            time.sleep(0.02)
        if status:
            return self._send(status, b"{}", "application/json")
        if path == "/viewer":
            return self._shell()
        if path.startswith("/assets/"):
            return self._file(self.server.pages / path[1:])
        exam = parse_qs(urlsplit(self.path).query).get("exam", [""])[0]
        if exam in self.server.desk.prior_studies:
            return self._json(200, {"studies": self.server.desk.prior_studies[exam]})
        answer = self.server.desk.get(path)
        if answer is not None:
            return self._json(*answer)
        if path == "/api/viewing/v1/manifest":
            body = {"exam": {}, "studies": [manifest(self.server.data)]}
            return self._send(200, json.dumps(body).encode(), "application/json")
        if path.startswith("/api/viewing/v1/series/"):
            return self._series(path.split("/")[5:])
        return self._send(404, b"{}", "application/json")

    def do_PUT(self) -> None:
        path = urlsplit(self.path).path
        self.server.asked.append(path)
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = next((s for end, s in self.server.faults.items() if path.endswith(end)), 0)
        if status:
            return self._send(status, b"{}", "application/json")
        return self._json(*self.server.desk.put(path, sent))

    def _json(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _shell(self) -> None:
        shell = (self.server.pages / "viewer" / "index.html").read_text("utf-8")
        reader = self.server.desk.reader
        boot = json.dumps({"viewer": reader}) if reader else "{}"
        script = f'<script type="application/json" id="boot">{boot}</script>'
        self._send(200, shell.replace(BOOT_MARK, script).encode(), "text/html; charset=utf-8")

    def _series(self, parts: list[str]) -> None:
        data = self.server.data[self.server.desk.alias.get(parts[0], parts[0])]
        if parts[1] == "thumbnail.png":
            return self._send(200, data.thumbnail, "image/png")
        body = data.preview if parts[1] == "preview" else data.frames[int(parts[2])]
        kept = IMAGE_HEADERS if self.server.is_kept else {}
        return self._send(200, body, "application/octet-stream", "gzip", kept)

    def _file(self, path: Path) -> None:
        if not path.is_file():
            return self._send(404, b"", "text/plain")
        return self._send(
            200, path.read_bytes(), KINDS.get(path.suffix, "application/octet-stream")
        )

    def do_POST(self) -> None:
        """Signing out, as the real server answers it."""
        self._send(204, b"", "text/plain", more=SIGNED_OUT_HEADERS)

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str,
        encoding: str = "",
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.send_response(status)
        headers: dict[str, Any] = {
            "Content-Type": kind,
            "Content-Length": len(body),
            **SECURITY_HEADERS,
            **more,
        }
        if encoding:
            headers["Content-Encoding"] = encoding
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.server.dropped and self.server.dropped in self.path:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def viewer_server(pages: Path, data: dict[str, SeriesData]) -> Iterator[ViewerServer]:
    server = ViewerServer(pages, data)
    # polled often: stopping it waits for the next poll, after every test
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
