"""How the web server asks the `pixels` process, which alone looks inside images for it: over a Unix
socket that only this user may open, so that no kernel is ever loaded where patients wait (decision
0015).

Every message is a kind (one byte), a length (four bytes, big endian) and that many bytes. A
question is one `Q` (JSON: `op` and its arguments); the answer is `H` (JSON head), any number of `D`
(bytes) and `.`; or `E` (JSON: family, code, detail) in place of what would follow.
"""

import asyncio
import struct
from pathlib import Path
from typing import Any

import orjson

from domain.errors import Defect, FilmError, Invalid, NotAcceptable, NotFound, Unavailable

MAX_MESSAGE = 1 << 26
PIECE_BYTES = 1 << 20
LIMIT_S = 120.0  # between two messages
CONNECT_S = 3.0
MOST_AT_ONCE = 8
_HEAD = struct.Struct(">cI")
FAMILIES: dict[str, type[FilmError]] = {
    "not_found": NotFound, "invalid": Invalid, "not_acceptable": NotAcceptable,
    "unavailable": Unavailable, "defect": Defect,
}  # fmt: skip


def write_message(writer: asyncio.StreamWriter, kind: bytes, body: bytes | memoryview) -> None:
    writer.write(_HEAD.pack(kind, len(body)))
    writer.write(body)


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Raises IncompleteReadError at the end, ValueError for what is too long."""
    kind, length = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    if length > MAX_MESSAGE:
        raise ValueError("a message of the pixel channel is too long")
    return kind, await reader.readexactly(length)


def error_body(error: FilmError) -> bytes:
    for name, family in FAMILIES.items():
        if isinstance(error, family):
            return orjson.dumps({"family": name, "code": error.code, "detail": error.detail})
    return orjson.dumps({"family": "defect", "code": error.code, "detail": error.detail})


def _error_of(body: bytes) -> FilmError:
    told = orjson.loads(body)
    return FAMILIES[told["family"]](told["code"], detail=told["detail"])


class _Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def next(self) -> tuple[bytes, bytes]:
        async with asyncio.timeout(LIMIT_S):
            kind, body = await read_message(self.reader)
        if kind == b"E":
            raise _error_of(body)
        return kind, body

    def close(self) -> None:
        self.writer.close()


class PixelClient:
    """The asking end; keeps its connections. Raises Unavailable("pixels_unavailable") when nobody
    answers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[_Line] = []
        self._limit = asyncio.Semaphore(MOST_AT_ONCE)

    async def ask(self, op: str, **arguments: Any) -> tuple[dict[str, Any], bytes]:
        """The head and all the bytes of the answer; nobody's slow reading holds a line."""
        async with self._limit:
            line, head = await self._begin(orjson.dumps({"op": op, **arguments}))
            try:
                body = await _rest(line)
            except BaseException:
                line.close()
                raise
            self._idle.append(line)
            return head, body

    async def _begin(self, question: bytes) -> tuple[_Line, dict[str, Any]]:
        """A kept connection may have died with the process at its other end: then a new one."""
        while True:
            is_kept = bool(self._idle)
            line = self._idle.pop() if is_kept else await self._open()
            try:
                write_message(line.writer, b"Q", question)
                await line.writer.drain()
                _, body = await line.next()
            except (OSError, EOFError, ValueError) as error:
                line.close()
                if not is_kept:
                    raise _unavailable() from error
            except BaseException:
                line.close()
                raise
            else:
                return line, orjson.loads(body)

    async def _open(self) -> _Line:
        try:
            async with asyncio.timeout(CONNECT_S):
                return _Line(*await asyncio.open_unix_connection(str(self._path), limit=1 << 21))
        except OSError as error:
            raise _unavailable() from error

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


async def _rest(line: _Line) -> bytes:
    pieces: list[bytes] = []
    try:
        while True:
            kind, body = await line.next()
            if kind == b".":
                return b"".join(pieces)
            pieces.append(body)
    except (OSError, EOFError, ValueError) as error:
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable(
        "pixels_unavailable", "影像处理服务没有应答,请稍后再试。",
        detail="the pixels process does not answer", retry_after_s=2,
    )  # fmt: skip
