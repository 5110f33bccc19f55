"""multipart/related bodies (RFC 2387, PS3.18 8.6.1.2.1): parts with known or unknown lengths, sent
while they are read."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sanic.request import Request
from sanic.response import HTTPResponse, empty, raw

from domain.errors import NotAcceptable, NotFound

log = structlog.get_logger()

SMALL_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """`size` is None where the bytes are still to be made. `read` gives them in pieces. One that
    `may_lack` is left out when it cannot be made: a picture of an object without any."""

    content_type: str
    location: str
    size: int | None
    read: Callable[[], AsyncIterator[bytes]]
    may_lack: bool = False


def head_of(part: Part, boundary: str) -> bytes:
    length = "" if part.size is None else f"Content-Length: {part.size}\r\n"
    return (
        f"--{boundary}\r\nContent-Type: {part.content_type}\r\n{length}"
        f"Content-Location: {part.location}\r\n\r\n"
    ).encode()


def body_length(parts: list[Part], boundary: str) -> int | None:
    """None when one part's is not known."""
    total = len(boundary) + 6
    for part in parts:
        if part.size is None:
            return None
        total += len(head_of(part, boundary)) + part.size + 2
    return total


async def send_multipart(
    request: Request,
    parts: list[Part],
    *,
    part_type: str,
    boundary: str,
    headers: dict[str, str],
    status: int = 200,
) -> HTTPResponse | None:
    """The answer, or None when it has been sent piece by piece. What breaks after the first byte
    breaks the connection, so that nobody takes half an answer for a whole one."""
    kind = f'multipart/related; type="{part_type}"; boundary={boundary}'
    length = body_length(parts, boundary)
    if request.method == "HEAD":
        known = {} if length is None else {"Content-Length": str(length)}
        return empty(status, headers | known | {"Content-Type": kind})
    if length is not None and length <= SMALL_BYTES:
        body = b"".join([piece async for piece in _pieces(parts, boundary)])
        return raw(body, status, headers, content_type=kind)
    if length is not None:
        headers = headers | {"Content-Length": str(length)}
    await send_pieces(request, _pieces(parts, boundary), kind, headers, status)
    return None


async def _pieces(parts: list[Part], boundary: str) -> AsyncIterator[bytes]:
    for part in parts:
        head: bytes = head_of(part, boundary)
        try:
            async for piece in part.read():
                yield head + piece if head else piece
                head = b""
        except (NotAcceptable, NotFound) as error:
            if not part.may_lack or not head:
                raise
            log.info("part_left_out", code=error.code)
            continue
        yield head + b"\r\n"
    yield f"--{boundary}--\r\n".encode()


async def send_pieces(
    request: Request, pieces: AsyncIterator[bytes], kind: str, headers: dict[str, str], status: int
) -> None:
    """The first piece is made before the head is sent: what cannot be read at all still becomes a
    proper error."""
    first = await anext(pieces, b"")
    response: Any = await request.respond(status=status, headers=headers, content_type=kind)
    try:
        await response.send(first)
        async for piece in pieces:
            await response.send(piece)
        await response.eof()
    except Exception as error:
        log.error("answer_broken", error=type(error).__name__, request_id=str(request.id))
        transport: Any = request.transport
        if transport is not None:
            transport.abort()
        raise


Reader = Callable[[], Awaitable[bytes]]


def whole(read: Reader) -> Callable[[], AsyncIterator[bytes]]:
    """A part that is made in one piece."""

    async def pieces() -> AsyncIterator[bytes]:
        yield await read()

    return pieces
