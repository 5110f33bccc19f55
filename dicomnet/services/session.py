"""One accepted association: each message gets its response (PS3.7 section 9). No sockets here:
PDUs come in, bytes of P-DATA-TF PDUs go out.

C-ECHO and C-STORE are answered at once. Queries and retrievals run as one operation beside the
reading of what the peer says meanwhile (a cancel, responses to our sub-operations).
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Message, MessageAssembler
from dicomnet.dimse.command import (
    C_CANCEL_RQ,
    C_ECHO_RQ,
    C_FIND_RQ,
    C_GET_RQ,
    C_MOVE_RQ,
    C_STORE_RQ,
    N_ACTION_RQ,
    response_to,
)
from dicomnet.errors import RemoteProtocolError
from dicomnet.services.channel import Channel, Write
from dicomnet.services.commitment import CommitmentHandler, provide_commitment
from dicomnet.services.negotiation import (
    ACCEPTED,
    FINDS,
    RETRIEVE_BY_GET,
    RETRIEVE_BY_MOVE,
    STORAGE_COMMITMENT,
)
from dicomnet.services.query import Peer, QueryHandler, Question, provide_find
from dicomnet.services.retrieve import RetrieveHandler, provide_retrieve
from dicomnet.services.storage import Spool, StorageHandler, StoreAnswer, StoreRequest
from dicomnet.ul.pdu import INVALID_PARAMETER, AssociateAC, AssociateRQ, PData

AFFECTED_SOP_CLASS, AFFECTED_SOP_INSTANCE = 0x0002, 0x1000
MAX_IDENTIFIER_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class SessionLimits:
    max_object_bytes: int = 2 << 30
    spool_bytes: int = 8 << 20  # what of one object is kept in memory


@dataclass(frozen=True, slots=True)
class Handlers:
    """The product's side of each service; None where it is not offered."""

    storage: StorageHandler
    query: QueryHandler | None = None
    retrieve: RetrieveHandler | None = None
    commitment: CommitmentHandler | None = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the two sides have agreed on."""

    request: AssociateRQ
    answer: AssociateAC
    peer_address: str = ""

    @property
    def peer(self) -> Peer:
        return Peer(self.request.calling_ae, self.request.called_ae, self.peer_address)

    def contexts(self) -> dict[int, tuple[str, str]]:
        """Context id -> (abstract syntax, transfer syntax) of what was accepted."""
        proposed = {one.context_id: one.abstract_syntax for one in self.request.contexts}
        return {
            one.context_id: (proposed[one.context_id], one.transfer_syntax)
            for one in self.answer.results
            if one.result == ACCEPTED
        }

    def contexts_back(self) -> dict[tuple[str, str], int]:
        """(SOP class, transfer syntax) -> context of what the peer takes as SCP (C-GET)."""
        taken = {uid for uid, _, is_scp in self.answer.user.roles if is_scp}
        return {pair: number for number, pair in self.contexts().items() if pair[0] in taken}

    def is_relational(self, sop_class_uid: str) -> bool:
        extended = dict(self.answer.user.extended)
        return extended.get(sop_class_uid, b"")[:1] == b"\1"


class Session:
    """The acceptor's side between A-ASSOCIATE-AC and release."""

    def __init__(
        self, agreed: Agreed, handlers: Handlers, limits: SessionLimits, write: Write
    ) -> None:
        self._agreed = agreed
        self._contexts = agreed.contexts()
        self._handlers = handlers
        self._limits = limits
        self._assembler = MessageAssembler(limits.max_object_bytes)
        self._channel = Channel(write, agreed.request.user.max_length)
        self._spool: Spool | None = None
        self._is_answering = False
        self._running_id = 0
        self.operation: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """A message is coming in or being answered."""
        is_open = self._assembler.open_message is not None
        return self._is_answering or is_open or self.operation is not None

    async def take(self, pdu: PData) -> None:
        """Feed one PDU and answer. RemoteProtocolError when the peer is wrong."""
        for value in pdu.values:
            if value.context_id not in self._contexts:
                raise RemoteProtocolError("data on no accepted context", reason=INVALID_PARAMETER)
        self._is_answering = True
        try:
            for message in self._assembler.feed(pdu):
                await self._answer(message)
            if self._assembler.pending_bytes > self._limits.spool_bytes:
                await self._spill()
        finally:
            self._is_answering = False

    def operation_ended(self) -> None:
        """The operation's task is done: raises what broke it."""
        ended, self.operation = self.operation, None
        if ended is not None:
            ended.result()

    async def close(self) -> None:
        """The association is over: stop what runs, forget what has come of an unfinished object."""
        operation, self.operation = self.operation, None
        if operation is not None:
            operation.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await operation
        spool, self._spool = self._spool, None
        if spool is not None:
            await spool.discard()

    async def _spill(self) -> None:
        """Move the open data set's bytes from memory to disk."""
        message = self._assembler.open_message
        assert message is not None
        pieces = self._assembler.take_pieces()
        if message.command.field_code != C_STORE_RQ:
            return  # no identifier is that long: it will be refused by its size
        if self._spool is None:
            self._spool = await self._handlers.storage.open_spool(self._request_of(message))
        await self._spool.write(pieces)

    async def _answer(self, message: Message) -> None:
        command = message.command
        match command.field_code:
            case code if code == C_STORE_RQ:
                await self._reply(message, await self._store(message))
            case code if code == C_ECHO_RQ:
                await self._reply(message, StoreAnswer(status.SUCCESS))
            case code if code == C_CANCEL_RQ:
                if self.operation is not None and command.number(0x0120) == self._running_id:
                    self._channel.hear_cancel(self._running_id)
            case code if code & 0x8000:
                self._channel.hear_response(command)
            case _:
                await self._begin(message)

    async def _begin(self, message: Message) -> None:
        """Start the operation that a request asks for; only one runs at a time."""
        abstract, syntax = self._contexts[message.context_id]
        run = self._operation_of(message, abstract)
        if run is None:
            await self._reply(message, StoreAnswer(status.UNRECOGNIZED_OPERATION))
            return
        if self.operation is not None and self.operation.done():
            self.operation_ended()  # its last response and this request have crossed
        if self.operation is not None:
            answer = StoreAnswer(status.OUT_OF_RESOURCES, "one operation at a time")
            await self._reply(message, answer)
            return
        if not message.size or message.size > MAX_IDENTIFIER_BYTES:
            answer = StoreAnswer(status.IDENTIFIER_DOES_NOT_MATCH, "no identifier, or a huge one")
            await self._reply(message, answer)
            return
        question = Question(
            sop_class_uid=abstract,
            transfer_syntax_uid=syntax,
            identifier=b"".join(message.data),
            is_relational=self._agreed.is_relational(abstract),
            peer=self._agreed.peer,
        )
        self._running_id = message.command.message_id
        self.operation = asyncio.get_running_loop().create_task(run(question))

    def _operation_of(
        self, message: Message, abstract: str
    ) -> Callable[[Question], Coroutine[None, None, None]] | None:
        """What a request on a context of this SOP class starts; None for what we do not offer."""
        channel, handlers = self._channel, self._handlers
        code = message.command.field_code
        retrieve = handlers.retrieve
        is_move = code == C_MOVE_RQ and abstract in RETRIEVE_BY_MOVE
        is_get = code == C_GET_RQ and abstract in RETRIEVE_BY_GET
        if (is_move or is_get) and retrieve is not None:
            back = self._agreed.contexts_back() if is_get else {}
            return lambda question: provide_retrieve(channel, message, question, retrieve, back)
        commitment = handlers.commitment
        if code == N_ACTION_RQ and abstract == STORAGE_COMMITMENT and commitment is not None:
            return lambda question: provide_commitment(channel, message, question, commitment)
        if code == C_FIND_RQ and abstract in FINDS and handlers.query is not None:
            query = handlers.query
            return lambda question: provide_find(channel, message, question, query)
        return None

    async def _reply(self, message: Message, answer: StoreAnswer) -> None:
        response = response_to(message.command, answer.status, answer.comment)
        await self._channel.send(message.context_id, response)

    async def _store(self, message: Message) -> StoreAnswer:
        spool, self._spool = self._spool, None
        try:
            if not message.command.has_data_set or not message.size:
                return StoreAnswer(status.CANNOT_UNDERSTAND, "no data set")
            if message.is_too_large:
                return StoreAnswer(status.OUT_OF_RESOURCES, "object larger than the limit")
            storage = self._handlers.storage
            return await storage.store(self._request_of(message), message.data, spool)
        finally:
            if spool is not None:
                await spool.discard()

    def _request_of(self, message: Message) -> StoreRequest:
        return StoreRequest(
            sop_class_uid=message.command.text(AFFECTED_SOP_CLASS),
            sop_instance_uid=message.command.text(AFFECTED_SOP_INSTANCE),
            transfer_syntax_uid=self._contexts[message.context_id][1],
            calling_ae=self._agreed.request.calling_ae,
            address=self._agreed.peer_address,
        )
