"""A large object while it comes in: a file that grows, and the digest of what is in it."""

import asyncio
import hashlib
import os
import secrets
from pathlib import Path

from storage.objects.local import make_folder, unavailable, write_all

Piece = bytes | memoryview


class SpoolFile:
    """Made by `open`; ends in `finish` (then the store takes `path` over) or `discard`."""

    def __init__(self, path: Path, head_bytes: int) -> None:
        self.path = path
        self.head = b""
        self._head_bytes = head_bytes
        self._digest = hashlib.sha256()
        self._size = 0
        self._handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o640)

    @classmethod
    async def open(cls, folder: Path, prefix: bytes, head_bytes: int) -> "SpoolFile":
        """A new file that begins with `prefix`; `head` will hold the first bytes after it."""

        def make() -> SpoolFile:
            make_folder(folder)
            spool = cls(folder / f"{secrets.token_hex(12)}.part", head_bytes)
            spool._append([prefix])
            return spool

        try:
            return await asyncio.to_thread(make)
        except OSError as error:
            raise unavailable(error) from error

    async def write(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if len(self.head) >= self._head_bytes:
                break
            self.head += bytes(piece[: self._head_bytes - len(self.head)])
        try:
            await asyncio.to_thread(self._append, pieces)
        except OSError as error:
            raise unavailable(error) from error

    def _append(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._digest.update(piece)
            self._size += len(piece)
        write_all(self._handle, pieces)

    async def finish(self) -> tuple[str, int]:
        """(sha256, size); the bytes are durable, the name is not yet."""

        def sync() -> None:
            os.fdatasync(self._handle)
            self._close()

        try:
            await asyncio.to_thread(sync)
        except OSError as error:
            raise unavailable(error) from error
        return self._digest.hexdigest(), self._size

    async def discard(self) -> None:
        """Remove what is left; nothing when the store has taken the file over."""
        self._close()
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
