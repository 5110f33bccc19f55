"""Storage commitment in the product's words: rights, the check, and the report to a peer that we
can call; one that we cannot hears it on its own association."""

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from dicomnet.dimse import status
from dicomnet.errors import ProtocolError
from dicomnet.services import commitment
from dicomnet.services.commitment import Commitment, Reference
from dicomnet.services.negotiation import STORAGE_COMMITMENT
from dicomnet.services.query import Peer as Caller
from dicomnet.services.query import Question
from dicomnet.transport.client import open_association
from domain.access import SystemViewer
from domain.errors import Unavailable
from domain.ports import ObjectStore
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from integrations.pacs.peers import Peer, Peers
from usecases.query_retrieve.verify_stored import Custody, verify_stored
from workers.receiver_query import check_right

log = structlog.get_logger()

RETRY_S = (0.0, 5.0, 30.0, 120.0)
MAX_REPORTS = 100
REASONS = {
    Custody.UNKNOWN: status.NO_SUCH_INSTANCE,
    Custody.OTHER_CLASS: status.CLASS_INSTANCE_CONFLICT,
    Custody.DAMAGED: status.PROCESSING_FAILURE,
}


class ReceiverCommitment:
    """`dicomnet`'s CommitmentHandler on the use case. `close` ends reports that are under way; a
    peer that hears nothing asks again (PS3.4 J.3.3)."""

    def __init__(self, objects: ObjectStore, peers: Peers, ae_title: str) -> None:
        self._objects, self._peers, self._ae_title = objects, peers, ae_title
        self._reports: set[asyncio.Task[None]] = set()

    def check_right(self, question: Question) -> None:
        check_right(self._peers, question, "commit")

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

    def takes_over(self, peer: Caller, transaction_uid: str, references: list[Reference]) -> bool:
        known = self._peers.of(peer.calling_ae)
        if known is None or not known.port or len(self._reports) >= MAX_REPORTS:
            return False
        report = self._report(known, transaction_uid, references)
        task = asyncio.get_running_loop().create_task(report)
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)
        return True

    async def close(self) -> None:
        for task in list(self._reports):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _report(self, peer: Peer, transaction_uid: str, references: list[Reference]) -> None:
        result = await self.judge(transaction_uid, references)
        for pause_s in RETRY_S:
            await asyncio.sleep(pause_s)
            try:
                await self._tell(peer, result)
            except (OSError, ProtocolError) as error:
                log.warning("commitment_not_told", peer=peer.ae_title, reason=str(error)[:200])
            else:
                return
        log.error("commitment_given_up", peer=peer.ae_title, transaction_uid=transaction_uid)

    async def _tell(self, peer: Peer, result: Commitment) -> None:
        """We are the provider of the service on an association that we open (PS3.4 J.3.3.1)."""
        async with open_association(
            peer.host, peer.port, called_ae=peer.ae_title, calling_ae=self._ae_title,
            contexts=[(STORAGE_COMMITMENT, (EXPLICIT_LITTLE, IMPLICIT_LITTLE))],
            scp_roles=[STORAGE_COMMITMENT], timeout_s=commitment.REPORT_LIMIT_S,
        ) as association:  # fmt: skip
            _, syntax = association.context_of(STORAGE_COMMITMENT)
            command = result.command(association.next_message_id())
            await association.request(STORAGE_COMMITMENT, command, result.encode(syntax))
