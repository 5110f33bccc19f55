"""The outside world as use cases see it. `storage/` and `assembly/` provide the real ones."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol


class ObjectStore(Protocol):
    """Named bytes that never change once written. Keys are ours: `[a-z0-9/._-]+`."""

    async def put(self, key: str, data: bytes, *, sha256: str | None = None) -> str:
        """Store durably (fsync + rename, or the S3 PUT's answer); returns the sha256 in hex.
        Raises Unavailable when it cannot, Defect when `sha256` is given and does not match."""

    async def put_file(self, path: Path, key: str) -> None:
        """Take over a file whose bytes are durable already and that lies on the store's own file
        system, if it has one; it is gone from `path` afterwards. Raises Unavailable."""

    async def get(self, key: str, *, sha256: str | None = None) -> bytes:
        """The whole object. NotFound; Defect("object_corrupt") when the digest differs."""

    async def get_range(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`."""

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """The object in pieces of at most 1 MiB."""

    async def size(self, key: str) -> int: ...

    async def delete(self, key: str) -> None:
        """No error when it is not there."""


class Sealer(Protocol):
    """Seals ID numbers and phones at rest (AES-256-GCM) and makes blind indexes (HMAC)."""

    def seal(self, plain: str, *, purpose: str) -> bytes: ...

    def unseal(self, sealed: bytes, *, purpose: str) -> str: ...

    def blind_index(self, plain: str, *, purpose: str) -> str: ...
