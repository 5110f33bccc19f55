"""Objects in a local folder: written to `.part`, synced, renamed, so that a name always means
whole and durable bytes."""

import asyncio
import errno
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from domain.errors import Defect, NotFound, Unavailable

PIECE_BYTES = 1 << 20
MAX_VECTOR = 512
Piece = bytes | memoryview
KEY_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")


def check_key(key: str) -> str:
    """Keys are ours alone; anything else is a bug, never a path."""
    if len(key) > 200 or not KEY_PATTERN.fullmatch(key) or ".." in key:
        raise Defect("object_key", detail="object key of a foreign shape")
    return key


class LocalObjects:
    """`domain.ports.ObjectStore` on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        return self.folder / check_key(key)

    async def put(self, key: str, data: bytes, *, sha256: str | None = None) -> str:
        return await asyncio.to_thread(self.put_now, key, data, sha256)

    def put_now(
        self,
        key: str,
        data: bytes | Sequence[Piece],
        sha256: str | None = None,
        *,
        is_checked: bool = False,
    ) -> str:
        """The same in this thread; `data` may be pieces. Durable when it returns. `is_checked`
        says that `sha256` has just been computed from these pieces."""
        pieces: Sequence[Piece] = [data] if isinstance(data, bytes) else data
        digest = sha256 if is_checked and sha256 else sha256_of(pieces)
        if sha256 is not None and digest != sha256:
            raise Defect("object_corrupt", detail="bytes do not have the digest they came with")
        try:
            write_durably(self.path(key), pieces)
        except OSError as error:
            raise unavailable(error) from error
        return digest

    async def put_pieces(
        self, pieces: Sequence[Piece], name: Callable[[str], str]
    ) -> tuple[str, str, int]:
        """Write pieces under the name that `name` makes of their digest; (key, sha256, size)."""
        return await asyncio.to_thread(self._put_pieces, pieces, name)

    def _put_pieces(
        self, pieces: Sequence[Piece], name: Callable[[str], str]
    ) -> tuple[str, str, int]:
        digest = sha256_of(pieces)
        self.put_now(name(digest), pieces, digest, is_checked=True)
        return name(digest), digest, sum(map(len, pieces))

    async def prepare(self, folders: Sequence[str]) -> None:
        """Make folders ahead, so that no write waits for its own."""

        def make() -> None:
            for folder in folders:
                self.path(folder).mkdir(parents=True, exist_ok=True)
            for parent in {self.path(folder).parent for folder in folders}:
                sync_folder(parent)

        await asyncio.to_thread(make)

    async def put_file(self, path: Path, key: str) -> None:
        """Take over a file of the same file system whose bytes are durable already."""

        def take() -> None:
            target = self.path(key)
            make_folder(target.parent)
            path.rename(target)
            sync_folder(target.parent)

        try:
            await asyncio.to_thread(take)
        except OSError as error:
            raise unavailable(error) from error

    async def get(self, key: str, *, sha256: str | None = None) -> bytes:
        data = await asyncio.to_thread(self._read, key, 0, None)
        if sha256 is not None:
            digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
            if digest != sha256:
                raise Defect("object_corrupt", detail=f"object {key} does not match its digest")
        return data

    async def get_range(self, key: str, offset: int, length: int) -> bytes:
        return await asyncio.to_thread(self._read, key, offset, length)

    def _read(self, key: str, offset: int, length: int | None) -> bytes:
        try:
            with self.path(key).open("rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                wanted = size - offset if length is None else min(length, size - offset)
                return os.pread(file.fileno(), max(wanted, 0), offset)
        except FileNotFoundError as error:
            raise NotFound("object_missing", detail=f"no object {key}") from error
        except OSError as error:
            raise Unavailable("storage_failed", detail="cannot read object") from error

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        size, offset = await self.size(key), 0
        while offset < size:
            piece = await self.get_range(key, offset, PIECE_BYTES)
            offset += len(piece)
            yield piece

    async def size(self, key: str) -> int:
        try:
            return (await asyncio.to_thread(self.path(key).stat)).st_size
        except FileNotFoundError as error:
            raise NotFound("object_missing", detail=f"no object {key}") from error

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self.path(key).unlink, missing_ok=True)


def sha256_of(pieces: Sequence[Piece]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def unavailable(error: OSError) -> Unavailable:
    """What a failed write means to the caller."""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return Unavailable(
        "storage_full" if is_full else "storage_failed",
        detail=f"cannot write object: {os.strerror(error.errno or 0)}",
    )


def write_all(handle: int, pieces: Sequence[Piece]) -> None:
    """Every byte, in few system calls."""
    waiting = [memoryview(piece) for piece in pieces if len(piece)]
    while waiting:
        written = os.writev(handle, waiting[:MAX_VECTOR])
        while waiting and written >= len(waiting[0]):
            written -= len(waiting.pop(0))
        if written:
            waiting[0] = waiting[0][written:]


def write_durably(path: Path, pieces: Sequence[Piece]) -> None:
    """`.part`, fdatasync, rename, sync of the folder; the `.part` never survives an error."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    flags = os.O_CREAT | os.O_WRONLY | os.O_EXCL
    try:
        handle = os.open(part, flags, 0o640)
    except FileNotFoundError:
        make_folder(path.parent)
        handle = os.open(part, flags, 0o640)
    try:
        try:
            write_all(handle, pieces)
            os.fdatasync(handle)
        finally:
            os.close(handle)
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Create `folder` and make each new name durable."""
    if folder.exists():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
