"""One accepted association: each message gets its response (PS3.7 section 9). No sockets here:
PDUs come in, bytes of P-DATA-TF PDUs go out."""

from dataclasses import dataclass

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Message, MessageAssembler
from dicomnet.dimse.command import (
    C_CANCEL_RQ,
    C_ECHO_RQ,
    C_STORE_RQ,
    encode_command,
    response_to,
)
from dicomnet.dimse.fragment import fragments, payload_room
from dicomnet.errors import RemoteProtocolError
from dicomnet.services.negotiation import ACCEPTED
from dicomnet.services.storage import Spool, StorageHandler, StoreAnswer, StoreRequest
from dicomnet.ul.pdu import INVALID_PARAMETER, AssociateAC, AssociateRQ, PData

AFFECTED_SOP_CLASS, AFFECTED_SOP_INSTANCE = 0x0002, 0x1000


@dataclass(frozen=True, slots=True)
class SessionLimits:
    max_object_bytes: int = 2 << 30
    spool_bytes: int = 8 << 20  # what of one object is kept in memory


class Session:
    """The acceptor's side between A-ASSOCIATE-AC and release."""

    def __init__(
        self,
        request: AssociateRQ,
        answer: AssociateAC,
        storage: StorageHandler,
        limits: SessionLimits,
    ) -> None:
        self._syntaxes = {
            result.context_id: result.transfer_syntax
            for result in answer.results
            if result.result == ACCEPTED
        }
        self._calling_ae = request.calling_ae
        self._room = payload_room(request.user.max_length)
        self._storage = storage
        self._limits = limits
        self._assembler = MessageAssembler(limits.max_object_bytes)
        self._spool: Spool | None = None
        self._is_answering = False

    @property
    def is_busy(self) -> bool:
        """A message is coming in or being answered."""
        return self._is_answering or self._assembler.open_message is not None

    async def take(self, pdu: PData) -> bytes:
        """Feed one PDU; returns the bytes to send. RemoteProtocolError when the peer is wrong."""
        for value in pdu.values:
            if value.context_id not in self._syntaxes:
                raise RemoteProtocolError("data on no accepted context", reason=INVALID_PARAMETER)
        responses = []
        self._is_answering = True
        try:
            for message in self._assembler.feed(pdu):
                responses.append(await self._answer(message))
            if self._assembler.pending_bytes > self._limits.spool_bytes:
                await self._spill()
        finally:
            self._is_answering = False
        return b"".join(responses)

    async def close(self) -> None:
        """The association is over: forget what has come of an unfinished object."""
        spool, self._spool = self._spool, None
        if spool is not None:
            await spool.discard()

    async def _spill(self) -> None:
        """Move the open data set's bytes from memory to disk."""
        message = self._assembler.open_message
        assert message is not None
        pieces = self._assembler.take_pieces()
        if message.command.field_code != C_STORE_RQ:
            return  # an operation that we do not know: its data set is of no use
        if self._spool is None:
            self._spool = await self._storage.open_spool(self._request_of(message))
        await self._spool.write(pieces)

    async def _answer(self, message: Message) -> bytes:
        command = message.command
        match command.field_code:
            case code if code == C_STORE_RQ:
                answer = await self._store(message)
            case code if code == C_ECHO_RQ:
                answer = StoreAnswer(status.SUCCESS)
            case code if code == C_CANCEL_RQ:
                return b""  # nothing of ours runs long enough to be cancelled
            case code if code & 0x8000:
                raise RemoteProtocolError("a response to nothing", reason=INVALID_PARAMETER)
            case _:
                answer = StoreAnswer(status.UNRECOGNIZED_OPERATION)
        response = encode_command(response_to(command, answer.status, answer.comment))
        parts = fragments(message.context_id, response, is_command=True, room=self._room)
        return b"".join(parts)

    async def _store(self, message: Message) -> StoreAnswer:
        spool, self._spool = self._spool, None
        try:
            if not message.command.has_data_set or not message.size:
                return StoreAnswer(status.CANNOT_UNDERSTAND, "no data set")
            if message.is_too_large:
                return StoreAnswer(status.OUT_OF_RESOURCES, "object larger than the limit")
            return await self._storage.store(self._request_of(message), message.data, spool)
        finally:
            if spool is not None:
                await spool.discard()

    def _request_of(self, message: Message) -> StoreRequest:
        return StoreRequest(
            sop_class_uid=message.command.text(AFFECTED_SOP_CLASS),
            sop_instance_uid=message.command.text(AFFECTED_SOP_INSTANCE),
            transfer_syntax_uid=self._syntaxes[message.context_id],
            calling_ae=self._calling_ae,
        )
