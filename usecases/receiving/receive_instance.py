"""A data set from the network becomes a durable object, a row and a job; only then is it
acknowledged (design rule 1).

Objects are written side by side in threads, under the name of their digest; then rows are
committed in groups. A large object goes to disk while it comes in (`open_spool`).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from imaging.dicom.uid import is_valid_uid
from imaging.dicom.writer import file_prefix
from storage.objects.spool import SpoolFile
from storage.records.imaging import NewInstance
from storage.records.instance_log import open_instance_log
from usecases.receiving.check_data_set import HEAD_BYTES, NO_UID, problem_of_head
from usecases.receiving.fault import fault_at
from usecases.receiving.group_commit import Filed, GroupCommit

Piece = bytes | memoryview
FAN_OUT = 3  # 4,096 folders: 90,000 files each after a year of a million images a day


class Outcome(Enum):
    """What the sender is told."""

    STORED = auto()
    REPEATED = auto()
    QUARANTINED = auto()
    BAD_UID = auto()
    UNREADABLE = auto()


_OUTCOME_OF = {
    Filed.NEW: Outcome.STORED,
    Filed.REPEATED: Outcome.REPEATED,
    Filed.QUARANTINED: Outcome.QUARANTINED,
}


@dataclass(frozen=True, slots=True)
class SentInstance:
    """One C-STORE: `pieces` are the data set's bytes as they came."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae: str
    pieces: list[Piece]


class InstanceStore(Protocol):
    """The part of an object store that the receiver needs: objects named by their digest."""

    async def put_pieces(
        self, pieces: list[Piece], name: Callable[[str], str]
    ) -> tuple[str, str, int]:
        """Durable when it returns (key, sha256, size). Raises Unavailable."""

    async def prepare(self, folders: Sequence[str]) -> None:
        """Make folders ahead, where there are folders."""

    async def put_file(self, path: Path, key: str) -> None:
        """Take over a file whose bytes are durable already. Raises Unavailable."""


def object_key(sha256: str) -> str:
    """The name is the digest: repeats share it and nothing can be overwritten (decision 0003)."""
    return f"instances/{sha256[:FAN_OUT]}/{sha256}.dcm"


class InstanceReceiver:
    """One a process; `async with receiver.running()` while `receive` is called."""

    def __init__(self, store: InstanceStore, spool_folder: Path) -> None:
        self._store = store
        self._spool_folder = spool_folder
        self._commit: GroupCommit | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["InstanceReceiver"]:
        """Runs the committer, on the database that is open in this process."""
        await self._store.prepare([f"instances/{n:0{FAN_OUT}x}" for n in range(16**FAN_OUT)])
        log = open_instance_log()
        await log.open()
        _prefix(SentInstance("1.2", "1.2", "1.2", "", []))  # loads the dictionary
        self._commit = GroupCommit(log)
        task = asyncio.create_task(self._commit.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])
            await log.close()

    async def open_spool(self, sent: SentInstance) -> SpoolFile:
        """For an object that is too large for memory. Raises Unavailable."""
        return await SpoolFile.open(self._spool_folder, _prefix(sent), HEAD_BYTES)

    async def receive(self, sent: SentInstance, spool: SpoolFile | None = None) -> Outcome:
        """Durable when it returns STORED, REPEATED or QUARANTINED. Raises Unavailable when the
        object or its row could not be made durable. `pieces` follow what is in `spool`."""
        if not (is_valid_uid(sent.sop_instance_uid) and is_valid_uid(sent.sop_class_uid)):
            return Outcome.BAD_UID
        prefix = _prefix(sent)
        head = spool.head if spool is not None else _head(sent.pieces)
        problem = problem_of_head(prefix, head, sent.sop_instance_uid)
        if problem == NO_UID:
            return Outcome.UNREADABLE
        fault_at("before_fsync")
        if spool is None:
            key, sha256, size = await self._store.put_pieces([prefix, *sent.pieces], object_key)
        else:
            key, sha256, size = await self._put_spool(spool, sent.pieces)
        fault_at("after_rename")
        assert self._commit is not None
        filed = await self._commit.file(
            NewInstance(
                sop_instance_uid=sent.sop_instance_uid,
                sop_class_uid=sent.sop_class_uid,
                transfer_syntax_uid=sent.transfer_syntax_uid,
                object_key=key,
                sha256=sha256,
                size=size,
                calling_ae=sent.calling_ae[:16],
                problem=problem,
            )
        )
        fault_at("before_rsp")
        return _OUTCOME_OF[filed]

    async def _put_spool(self, spool: SpoolFile, rest: list[Piece]) -> tuple[str, str, int]:
        await spool.write(rest)
        sha256, size = await spool.finish()
        key = object_key(sha256)
        await self._store.put_file(spool.path, key)
        return key, sha256, size


def _prefix(sent: SentInstance) -> bytes:
    return file_prefix(
        sop_class_uid=sent.sop_class_uid,
        sop_instance_uid=sent.sop_instance_uid,
        transfer_syntax_uid=sent.transfer_syntax_uid,
    )


def _head(pieces: list[Piece]) -> bytes:
    head = b""
    for piece in pieces:
        head += bytes(piece[: HEAD_BYTES - len(head)])
        if len(head) >= HEAD_BYTES:
            break
    return head
