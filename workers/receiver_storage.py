"""C-STORE in the product's words: one request, one use case, one status (the receiver's table of
error families; PS3.4 table B.2-1)."""

import structlog

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Piece
from dicomnet.services.storage import Spool, StoreAnswer, StoreRequest
from domain.errors import Defect, FilmError, Refused, Unavailable
from storage.objects.spool import SpoolFile
from usecases.receiving.receive_instance import InstanceReceiver, Outcome, SentInstance
from workers.receiver_gate import ReceiverGate

log = structlog.get_logger()

STATUS_OF_FAMILY: dict[type[FilmError], int] = {
    Refused: status.CANNOT_UNDERSTAND,
    Unavailable: status.OUT_OF_RESOURCES,
    Defect: status.PROCESSING_FAILURE,
}
ANSWER_OF_OUTCOME = {
    Outcome.STORED: StoreAnswer(status.SUCCESS),
    Outcome.REPEATED: StoreAnswer(status.SUCCESS),
    Outcome.QUARANTINED: StoreAnswer(
        status.COERCION_WARNING, "UID known with other content, both kept"
    ),
    Outcome.BAD_UID: StoreAnswer(status.INVALID_OBJECT_INSTANCE, "UID breaks PS3.5 9.1"),
    Outcome.UNREADABLE: StoreAnswer(status.CANNOT_UNDERSTAND, "not a readable data set"),
}


def status_of(error: Exception) -> int:
    """The DIMSE status for whatever a use case raises."""
    for family, code in STATUS_OF_FAMILY.items():
        if isinstance(error, family):
            return code
    return status.PROCESSING_FAILURE


NOT_ALLOWED = StoreAnswer(status.NOT_AUTHORIZED, "not allowed to store")


class ReceiverStorage:
    """`dicomnet`'s StorageHandler on the use case. Without a gate for what we have asked for
    ourselves."""

    def __init__(self, receiver: InstanceReceiver, gate: ReceiverGate | None = None) -> None:
        self._receiver, self._gate = receiver, gate

    async def open_spool(self, request: StoreRequest) -> Spool:
        return await self._receiver.open_spool(_sent(request, []))

    async def store(
        self, request: StoreRequest, pieces: list[Piece], spool: Spool | None
    ) -> StoreAnswer:
        assert spool is None or isinstance(spool, SpoolFile)
        gate = self._gate
        if gate is not None and not gate.may(request.calling_ae, request.address, "store"):
            return NOT_ALLOWED
        try:
            outcome = await self._receiver.receive(_sent(request, pieces), spool)
        except Exception as error:  # noqa: BLE001 - the sender must get its answer
            code = error.code if isinstance(error, FilmError) else type(error).__name__
            log.error("instance not stored", code=code, reason=str(error.__cause__ or "")[:200])
            return StoreAnswer(status_of(error), "not stored, please send again")
        if outcome not in (Outcome.STORED, Outcome.REPEATED):
            log.warning("instance received", outcome=outcome.name)
        return ANSWER_OF_OUTCOME[outcome]


def _sent(request: StoreRequest, pieces: list[Piece]) -> SentInstance:
    return SentInstance(
        sop_class_uid=request.sop_class_uid,
        sop_instance_uid=request.sop_instance_uid,
        transfer_syntax_uid=request.transfer_syntax_uid,
        calling_ae=request.calling_ae,
        pieces=pieces,
    )
