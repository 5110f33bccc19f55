"""Rows of all associations that wait at one moment are committed together: one transaction and
one sync of the log for many images."""

import asyncio
from enum import Enum, auto

from domain.errors import Unavailable
from storage.records.imaging import NewInstance, quarantine_instance
from storage.records.instance_log import InstanceLog
from storage.transactions import in_transaction
from usecases.receiving.fault import fault_at

MAX_BATCH = 64


class Filed(Enum):
    """What became of a row."""

    NEW = auto()
    REPEATED = auto()
    QUARANTINED = auto()


Waiting = tuple[NewInstance, asyncio.Future[Filed]]


class GroupCommit:
    """`run` must be running while `file` is called."""

    def __init__(self, log: InstanceLog) -> None:
        self._log = log
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue()

    async def file(self, row: NewInstance) -> Filed:
        """Committed when it returns. Raises Unavailable."""
        future: asyncio.Future[Filed] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((row, future))
        return await future

    async def run(self) -> None:
        """Commit what waits, for ever. Cancel to stop; nobody waiting is left without answer."""
        batch: list[Waiting] = []
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
            _fail(batch, Unavailable("stopping", detail="the receiver is stopping"))

    async def _commit(self, batch: list[Waiting]) -> None:
        try:
            outcomes = await self._record([row for row, _ in batch])
        except Exception as error:  # noqa: BLE001 - each waiting sender must get its answer
            reason = Unavailable("database_failed", detail=type(error).__name__)
            reason.__cause__ = error
            _fail(batch, reason)
            return
        fault_at("after_commit")
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _record(self, rows: list[NewInstance]) -> list[Filed]:
        """Insert what is new; tell a repeat from a conflict by the digest."""
        stored = await self._log.insert(rows)
        fresh = dict(stored.fresh)
        outcomes = []
        for row in rows:
            if fresh.get(row.sop_instance_uid) == row.sha256:
                del fresh[row.sop_instance_uid]
                outcomes.append(Filed.NEW)
            elif stored.sha256_of[row.sop_instance_uid] == row.sha256:
                outcomes.append(Filed.REPEATED)
            else:
                await _quarantine(row)
                outcomes.append(Filed.QUARANTINED)
        return outcomes


async def _quarantine(row: NewInstance) -> None:
    await in_transaction(lambda: quarantine_instance(row, reason="uid_reused_with_other_bytes"))


def _fail(batch: list[Waiting], reason: Unavailable) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(reason)
