"""Who may call and what they may: the peers of the configuration at the door, with everybody who
was turned away in the log and in the audit book.

The door itself never waits for the database: refusals are written by a task of their own, each
kind once a minute, so that a caller who is refused all day fills neither the book nor memory.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from dicomnet.dimse import status
from dicomnet.services.gate import Caller
from dicomnet.services.negotiation import (
    CALLING_AE_NOT_RECOGNIZED,
    LOCAL_LIMIT_EXCEEDED,
    NO_REASON,
)
from dicomnet.services.query import OperationRefused
from dicomnet.services.query import Peer as Asker
from dicomnet.ul.pdu import AssociateRJ
from integrations.pacs.peers import Peer, Peers, Refusal, Right
from usecases.audit.note_peer import note_refusal

log = structlog.get_logger()

AGAIN_S = 60.0
MAX_WAITING = 1000
REJECTIONS: dict[Refusal, AssociateRJ] = {
    "unknown_ae": CALLING_AE_NOT_RECOGNIZED,
    "wrong_address": CALLING_AE_NOT_RECOGNIZED,
    "tls_required": NO_REASON,
    "too_many_associations": LOCAL_LIMIT_EXCEEDED,
}
Refused = tuple[str, str, str, str]  # title, address, action, why


class ReceiverGate:
    """`dicomnet`'s Gatekeeper on the peers; `writing` must run for the audit book to be kept."""

    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self._waiting: asyncio.Queue[Refused] = asyncio.Queue(MAX_WAITING)
        self._said: dict[Refused, float] = {}

    def of(self, asker: Asker | Caller) -> Peer | None:
        return self.peers.of(asker.calling_ae, asker.address)

    def admit(self, caller: Caller) -> AssociateRJ | None:
        why = self.peers.why_not_admitted(
            caller.calling_ae, caller.address, is_tls=caller.is_tls,
            associations=caller.associations,
        )  # fmt: skip
        if not why:
            return None
        self.refused(caller, why)
        return REJECTIONS[why]

    def preferred_syntaxes(self, caller: Caller) -> tuple[str, ...]:
        peer = self.of(caller)
        return peer.syntaxes if peer is not None else ()

    def refused(self, caller: Caller, why: str) -> None:
        self._note(caller.calling_ae, caller.address, "dicom_association", why)

    def may(self, calling_ae: str, address: str, right: Right) -> bool:
        """Whether; a no is noted."""
        if self.peers.allows(calling_ae, address, right):
            return True
        self._note(calling_ae, address, f"dicom_{right}", "no_right")
        return False

    def check_right(self, asker: Asker, right: Right) -> None:
        """OperationRefused for a caller that may not."""
        if not self.may(asker.calling_ae, asker.address, right):
            raise OperationRefused(status.NOT_AUTHORIZED, f"not allowed to {right}")

    def _note(self, calling_ae: str, address: str, action: str, why: str) -> None:
        log.warning("peer_refused", calling_ae=calling_ae, address=address, action=action, why=why)
        one = (calling_ae, address, action, why)
        now = asyncio.get_running_loop().time()
        if now - self._said.get(one, now - AGAIN_S) < AGAIN_S:
            return
        if len(self._said) >= MAX_WAITING:
            self._said.clear()
        self._said[one] = now
        with contextlib.suppress(asyncio.QueueFull):  # the log has it
            self._waiting.put_nowait(one)

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Writes refusals into the audit book until the end of the block."""
        task = asyncio.create_task(self._write())
        try:
            yield
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await self._waiting.join()
            task.cancel()
            await asyncio.wait([task])

    async def _write(self) -> None:
        while True:
            title, address, action, why = await self._waiting.get()
            try:
                await note_refusal(title, address, action, why)
            except Exception:
                log.warning("audit_failed", exc_info=True)
            finally:
                self._waiting.task_done()
