"""The built front end: page shells with their boot data, and hashed assets with Range."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sanic.request import Request
from sanic.response import HTTPResponse, html, raw

FOLDER = Path(__file__).parent / "pages"
PACKED_FROM = 4000  # bytes
BOOT_MARK = "<!--boot-->"
FALLBACK = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>云胶片</title>'
    "<body><h1>页面尚未构建</h1><p>请在服务器上运行 make install。</p>" + BOOT_MARK
)
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".json": "application/json",
    ".map": "application/json",
    ".wasm": "application/wasm",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; "
        "style-src 'self'; script-src 'self'; connect-src 'self'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes | None
    kind: str
    etag: str


class BuiltPages:
    """All built files, read once at start: nothing outside can name a path."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._shells = {
            path.parent.name: path.read_text("utf-8") for path in folder.glob("*/index.html")
        }
        self._assets = {
            path.relative_to(folder / "assets").as_posix(): _read(path)
            for path in (folder / "assets").rglob("*")
            if path.is_file() and path.suffix in TYPES
        }

    def page(
        self,
        name: str,
        boot: dict[str, Any],
        *,
        status: int = 200,
        preload: str = "",
        accepts: str = "",
    ) -> HTTPResponse:
        """A shell with its data as JSON: no inline script, nothing that could become markup.
        `preload` is an address that the page's script will fetch first; `accepts` the request's
        Accept-Encoding."""
        text = orjson.dumps(boot).decode()
        for mark, safe in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
            text = text.replace(mark, safe)
        script = f'<script type="application/json" id="boot">{text}</script>'
        shell = self._shells.get(name, FALLBACK)
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
        if preload:  # `crossorigin` makes it the same request as the script's fetch
            headers["Link"] = f"<{preload}>; rel=preload; as=fetch; crossorigin"
        page = shell.replace(BOOT_MARK, script, 1)
        if len(page) < PACKED_FROM or "gzip" not in accepts:
            return html(page, status, headers)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        packed = gzip.compress(page.encode(), 5, mtime=0)
        return raw(packed, status, headers, "text/html; charset=utf-8")

    def asset(self, request: Request, name: str) -> HTTPResponse | None:
        """The asset, 304, 206 or 416; None when there is no such file."""
        asset = self._assets.get(name)
        if asset is None:
            return None
        headers = {
            "ETag": asset.etag,
            "Cache-Control": "public, max-age=31536000, immutable",
            "Accept-Ranges": "bytes",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == asset.etag:
            return raw(b"", 304, headers)
        wanted = request.headers.get("range")
        if wanted and request.headers.get("if-range", asset.etag) == asset.etag:
            return _part(asset, wanted, headers)
        accepts = request.headers.get("accept-encoding", "")
        if asset.packed is not None and "gzip" in accepts:
            return raw(asset.packed, 200, {**headers, "Content-Encoding": "gzip"}, asset.kind)
        return raw(asset.body, 200, headers, asset.kind)


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix not in (".png", ".woff2") else None
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Asset(body, packed, TYPES[path.suffix], etag)


def _part(asset: Asset, wanted: str, headers: dict[str, str]) -> HTTPResponse:
    """One range (RFC 9110 section 14)."""
    size = len(asset.body)
    unit, _, spec = wanted.partition("=")
    first, dash, last = spec.partition("-")
    try:
        if unit.strip() != "bytes" or not dash or "," in spec:
            raise ValueError(spec)
        start = int(first) if first else max(size - int(last), 0)
        end = min(int(last), size - 1) if first and last else size - 1
    except ValueError:
        return raw(asset.body, 200, headers, asset.kind)
    if start >= size or start > end:
        return raw(b"", 416, {**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return raw(asset.body[start : end + 1], 206, headers, asset.kind)
