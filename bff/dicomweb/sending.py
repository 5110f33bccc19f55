"""Stored bytes and made ones as answers: single-part with validators and ranges."""

from collections.abc import AsyncIterator

from sanic.request import Request
from sanic.response import HTTPResponse, empty, raw

from bff.context import runtime_of
from bff.dicomweb.conditions import Unsatisfiable, range_of
from bff.dicomweb.multipart_writer import SMALL_BYTES, send_pieces
from domain.errors import Defect

PIECE_BYTES = 1 << 20
Places = list[tuple[int, int]]
"""(offset, length) in an object."""
CACHED = {"Cache-Control": "private, no-cache", "Vary": "Accept"}


async def read_places(request: Request, key: str, places: Places) -> AsyncIterator[bytes]:
    """Pieces of an object, never much of it at once."""
    objects = runtime_of(request).objects
    for offset, length in places:
        for start in range(offset, offset + length, PIECE_BYTES):
            wanted = min(PIECE_BYTES, offset + length - start)
            piece = await objects.get_range(key, start, wanted)
            if len(piece) != wanted:
                raise Defect("object_truncated", detail=f"object {key} is shorter than its row")
            yield piece


async def send_places(
    request: Request, key: str, places: Places, kind: str, headers: dict[str, str]
) -> HTTPResponse | None:
    """Stored bytes as the whole body, or the range of them that is asked for."""
    size = sum(length for _, length in places)
    headers = headers | {"Accept-Ranges": "bytes"}
    try:
        part = range_of(request, size, headers.get("ETag", ""))
    except Unsatisfiable:
        return empty(416, {"Content-Range": f"bytes */{size}"})
    status = 200
    if part is not None:
        status, places = 206, _cut(places, *part)
        headers["Content-Range"] = f"bytes {part[0]}-{part[0] + part[1] - 1}/{size}"
        size = part[1]
    headers["Content-Length"] = str(size)
    if request.method == "HEAD":
        return empty(status, headers | {"Content-Type": kind})
    pieces = read_places(request, key, places)
    if size <= SMALL_BYTES:
        body = b"".join([piece async for piece in pieces])
        return raw(body, status, headers, content_type=kind)
    await send_pieces(request, pieces, kind, headers, status)
    return None


def _cut(places: Places, first: int, length: int) -> Places:
    out = []
    for offset, size in places:
        taken = min(size - first, length)
        if taken > 0:
            out.append((offset + first, taken))
            length -= taken
        first = max(first - size, 0)
    return out


def send_made(
    request: Request, body: bytes, kind: str, headers: dict[str, str], status: int = 200
) -> HTTPResponse:
    """Bytes that were made for this request."""
    if request.method == "HEAD":
        return empty(status, headers | {"Content-Length": str(len(body)), "Content-Type": kind})
    return raw(body, status, headers, content_type=kind)
