"""Storage commitment in the product's words: rights, the check, and the report to a peer that we
can call; one that we cannot hears it on its own association.

A report to a peer that we call is a row before the request is acknowledged, and stays one until
the peer has heard it: a restart of the receiver forgets none.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import structlog

from dicomnet.dimse import status
from dicomnet.errors import ProtocolError
from dicomnet.services import commitment
from dicomnet.services.commitment import Commitment, Reference
from dicomnet.services.negotiation import STORAGE_COMMITMENT
from dicomnet.services.query import OperationRefused, Question
from dicomnet.services.query import Peer as Caller
from domain.access import SystemViewer
from domain.errors import Unavailable
from domain.ports import ObjectStore
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from integrations.pacs.peers import Peer
from storage.records.commitment import (
    DueReport,
    keep_report,
    report_again,
    report_ended,
    take_due_reports,
)
from usecases.query_retrieve.verify_stored import Custody, verify_stored
from workers.calling import call_peer
from workers.receiver_gate import ReceiverGate

log = structlog.get_logger()

# after the first, second ... try that failed; the last again and again
RETRY_S = (5.0, 30.0, 120.0, 600.0, 3600.0)
MAX_ATTEMPTS = 30  # more than a day
LEASE_S = 900.0
PARALLEL = 8
LOOK_EVERY_S = 2.0
REASONS = {
    Custody.UNKNOWN: status.NO_SUCH_INSTANCE,
    Custody.OTHER_CLASS: status.CLASS_INSTANCE_CONFLICT,
    Custody.DAMAGED: status.PROCESSING_FAILURE,
}


class ReceiverCommitment:
    """`dicomnet`'s CommitmentHandler on the use case; reports go out while `telling` runs."""

    def __init__(self, objects: ObjectStore, gate: ReceiverGate, ae_title: str) -> None:
        self._objects, self._gate, self._ae_title = objects, gate, ae_title
        self._reports: set[asyncio.Task[None]] = set()
        self._has_more = asyncio.Event()

    def check_right(self, question: Question) -> None:
        self._gate.check_right(question.peer, "commit")

    async def judge(self, transaction_uid: str, references: Sequence[Reference]) -> Commitment:
        wanted = [(one.sop_class_uid, one.sop_instance_uid) for one in references]
        try:
            answers = await verify_stored(SystemViewer("dicom"), self._objects, wanted)
            reasons = [REASONS.get(answer, 0) for answer in answers]
        except Unavailable as error:
            log.warning("commitment_unavailable", code=error.code)
            reasons = [status.PROCESSING_FAILURE] * len(references)
        pairs = list(zip(references, reasons, strict=True))
        return Commitment(
            transaction_uid,
            committed=tuple(one for one, reason in pairs if not reason),
            failed=tuple((one, reason) for one, reason in pairs if reason),
        )

    async def takes_over(
        self, caller: Caller, transaction_uid: str, references: list[Reference]
    ) -> bool:
        known = self._gate.of(caller)
        if known is None or not known.port:
            return False
        pairs = [(one.sop_class_uid, one.sop_instance_uid) for one in references]
        try:
            await keep_report(known.ae_title, transaction_uid, pairs)
        except Exception as error:
            log.warning("commitment_not_kept", exc_info=True)
            raise OperationRefused(status.PROCESSING_FAILURE, "ask again") from error
        self._has_more.set()
        return True

    @contextlib.asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Reports what is due until the end of the block; what is under way then stays a row."""
        loop = asyncio.create_task(self._tell_all())
        try:
            yield
        finally:
            tasks = [loop, *self._reports]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _tell_all(self) -> None:
        while True:
            self._has_more.clear()
            due: list[DueReport] = []
            try:
                room = PARALLEL - len(self._reports)
                due = await take_due_reports(room, lease_s=LEASE_S) if room > 0 else []
            except Exception:
                log.warning("commitment_round_failed", exc_info=True)
            for report in due:
                task = asyncio.create_task(self._report(report))
                self._reports.add(task)
                task.add_done_callback(self._reports.discard)
            if not due:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._has_more.wait()

    async def _report(self, report: DueReport) -> None:
        try:
            peer = self._gate.peers.of(report.ae_title)
            if peer is None or not peer.port:
                log.error("commitment_peer_gone", peer=report.ae_title)
                await report_ended(report.id)
                return
            references = [Reference(*pair) for pair in report.references]
            await self._tell(peer, await self.judge(report.transaction_uid, references))
            await report_ended(report.id)
        except (OSError, ProtocolError) as error:
            log.warning("commitment_not_told", peer=report.ae_title, reason=str(error)[:200])
            await self._later(report)
        except Exception:
            log.warning("commitment_failed", peer=report.ae_title, exc_info=True)
            await self._later(report)

    async def _later(self, report: DueReport) -> None:
        with contextlib.suppress(Exception):  # the lease ends by itself
            if report.attempts + 1 >= MAX_ATTEMPTS:
                log.error("commitment_given_up", transaction_uid=report.transaction_uid)
                await report_ended(report.id)
                return
            pause_s = RETRY_S[min(report.attempts, len(RETRY_S) - 1)]
            await report_again(report.id, after_s=pause_s)

    async def _tell(self, peer: Peer, result: Commitment) -> None:
        """We are the provider of the service on an association that we open (PS3.4 J.3.3.1)."""
        async with call_peer(
            peer, self._ae_title,
            contexts=[(STORAGE_COMMITMENT, (EXPLICIT_LITTLE, IMPLICIT_LITTLE))],
            scp_roles=[STORAGE_COMMITMENT], timeout_s=commitment.REPORT_LIMIT_S,
        ) as association:  # fmt: skip
            _, syntax = association.context_of(STORAGE_COMMITMENT)
            command = result.command(association.next_message_id())
            await association.request(STORAGE_COMMITMENT, command, result.encode(syntax))
