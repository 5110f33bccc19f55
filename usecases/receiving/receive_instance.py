"""A data set from the network becomes a durable object, a row and a job; only then is it
acknowledged (design rule 1).

Objects are written side by side in threads. Rows of all associations that wait at one moment are
committed together: one transaction and one sync of the log for many images.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from domain.errors import Unavailable
from imaging.dicom.uid import is_valid_uid
from imaging.dicom.writer import file_prefix
from storage.records.imaging import NewInstance, insert_instances, quarantine_instance
from storage.transactions import in_transaction

MAX_BATCH = 64


class Outcome(Enum):
    """What the sender is told."""

    STORED = auto()
    REPEATED = auto()
    QUARANTINED = auto()
    BAD_UID = auto()


@dataclass(frozen=True, slots=True)
class SentInstance:
    """One C-STORE: `pieces` are the data set's bytes as they came."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae: str
    pieces: list[bytes]


class PieceStore(Protocol):
    """An object store that writes pieces under the name of their digest, durably."""

    async def put_pieces(
        self, pieces: list[bytes], name: Callable[[str], str]
    ) -> tuple[str, str, int]:
        """Returns (key, sha256, size)."""


def object_key(sha256: str) -> str:
    return f"instances/{sha256[:2]}/{sha256[2:4]}/{sha256}.dcm"


def fault_at(place: str) -> None:
    """End this process here when a fault test says so (`CLOUDFILM_FAULT_AT`)."""
    if os.environ.get("CLOUDFILM_FAULT_AT") == place:
        os.kill(os.getpid(), 9)


class InstanceReceiver:
    """One a process; `run` must be running while `receive` is called."""

    def __init__(self, store: PieceStore) -> None:
        self._store = store
        self._waiting: asyncio.Queue[tuple[NewInstance, asyncio.Future[Outcome]]] = asyncio.Queue()

    async def receive(self, sent: SentInstance) -> Outcome:
        """Durable when it returns STORED, REPEATED or QUARANTINED. Raises Unavailable when the
        object or its row could not be made durable."""
        if not (is_valid_uid(sent.sop_instance_uid) and is_valid_uid(sent.sop_class_uid)):
            return Outcome.BAD_UID
        prefix = file_prefix(
            sop_class_uid=sent.sop_class_uid,
            sop_instance_uid=sent.sop_instance_uid,
            transfer_syntax_uid=sent.transfer_syntax_uid,
        )
        fault_at("before_fsync")
        key, sha256, size = await self._store.put_pieces([prefix, *sent.pieces], object_key)
        fault_at("after_rename")
        row = NewInstance(
            sop_instance_uid=sent.sop_instance_uid,
            sop_class_uid=sent.sop_class_uid,
            transfer_syntax_uid=sent.transfer_syntax_uid,
            object_key=key,
            sha256=sha256,
            size=size,
            calling_ae=sent.calling_ae[:16],
        )
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((row, future))
        return await future

    async def run(self) -> None:
        """Commit what waits, for ever. Cancel to stop; nobody waiting is left without answer."""
        batch: list[tuple[NewInstance, asyncio.Future[Outcome]]] = []
        try:
            while True:
                batch = [await self._waiting.get()]
                while len(batch) < MAX_BATCH and not self._waiting.empty():
                    batch.append(self._waiting.get_nowait())
                await self._commit(batch)
                batch = []
        finally:
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            for _, future in batch:
                if not future.done():
                    future.set_exception(Unavailable("stopping", detail="receiver is stopping"))

    async def _commit(self, batch: list[tuple[NewInstance, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await in_transaction(lambda: _record([row for row, _ in batch]))
        except Exception as error:  # noqa: BLE001 - each waiting sender must get its answer
            for _, future in batch:
                if not future.done():
                    reason = Unavailable("database_failed", detail=type(error).__name__)
                    reason.__cause__ = error
                    future.set_exception(reason)
            return
        fault_at("after_commit")
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)


async def _record(rows: list[NewInstance]) -> list[Outcome]:
    """Insert what is new; tell a repeat from a conflict by the digest."""
    stored = await insert_instances(rows)
    outcomes = []
    fresh = dict(stored.fresh)
    for row in rows:
        if fresh.get(row.sop_instance_uid) == row.sha256:
            del fresh[row.sop_instance_uid]
            outcomes.append(Outcome.STORED)
        elif stored.sha256_of[row.sop_instance_uid] == row.sha256:
            outcomes.append(Outcome.REPEATED)
        else:
            await quarantine_instance(row, reason="uid_reused_with_other_bytes")
            outcomes.append(Outcome.QUARANTINED)
    return outcomes
