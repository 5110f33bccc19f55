"""C-STORE as a provider (PS3.4 annex B, PS3.7 9.1.1): what is asked of the product, in its words.

`StorageHandler` is the product's side; it must have made the object durable before it says so.
"""

from dataclasses import dataclass
from typing import Protocol

from dicomnet.dimse.assembly import Piece


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """What the command set and the association say of one object."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """`comment` (at most 64 characters of ASCII) goes into (0000,0902)."""

    status: int
    comment: str = ""


class Spool(Protocol):
    """Where the first part of a large data set already lies."""

    async def write(self, pieces: list[Piece]) -> None: ...

    async def discard(self) -> None:
        """Forget it; no error when it has been taken over."""


class StorageHandler(Protocol):
    """The product's side of the storage service."""

    async def open_spool(self, request: StoreRequest) -> Spool: ...

    async def store(
        self, request: StoreRequest, pieces: list[Piece], spool: Spool | None
    ) -> StoreAnswer:
        """Make it durable, then answer. `pieces` follow what is in `spool`."""
