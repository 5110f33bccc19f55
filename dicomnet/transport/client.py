"""The requestor: opens an association, sends C-ECHO and C-STORE, releases it.

async with open_association("127.0.0.1", 11112, contexts=contexts_for(items)) as peer:
    status = await peer.send_store(items[0])
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from dicomnet.dimse.assembly import Message, MessageAssembler, Piece
from dicomnet.dimse.command import Command, encode_command
from dicomnet.dimse.fragment import DataSet, Streamed, fragments, fragments_of, payload_room
from dicomnet.errors import AssociationRejected, LocalProtocolError, RemoteProtocolError
from dicomnet.services.negotiation import ACCEPTED
from dicomnet.services.storage_scu import (
    MoveOriginator,
    SendableObject,
    echo_command,
    store_command,
)
from dicomnet.transport.connection import Connection
from dicomnet.ul.association import Association
from dicomnet.ul.pdu import (
    PDU,
    UNEXPECTED_PARAMETER,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    PData,
    ProposedContext,
    ReleaseRP,
    ReleaseRQ,
    UserInformation,
)
from imaging.dicom.uid import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION,
    IMPLICIT_LITTLE,
    VERIFICATION,
)

MAX_LENGTH = 1 << 16
MAX_RESPONSE = 1 << 16
SPOOL_BYTES = 8 << 20
VERIFICATION_CONTEXT = (VERIFICATION, (IMPLICIT_LITTLE,))
Contexts = Sequence[tuple[str, Sequence[str]]]


def contexts_for(items: Iterable[SendableObject]) -> list[tuple[str, Sequence[str]]]:
    """A context for each pair of SOP class and transfer syntax, so that nothing needs recoding."""
    pairs = sorted({item.context for item in items})
    return [(sop_class, (syntax,)) for sop_class, syntax in pairs]


class RequestedAssociation:
    """What an accepted association can do. One request at a time."""

    def __init__(
        self, connection: Connection, request: AssociateRQ, timeout_s: float,
        max_object_bytes: int = MAX_RESPONSE,
    ) -> None:  # fmt: skip
        self._connection = connection
        self.called_ae = request.called_ae
        self._proposed = {context.context_id: context for context in request.contexts}
        self._accepted: dict[tuple[str, str], int] = {}
        self._assembler = MessageAssembler(max_object_bytes)
        self._heard: deque[Message] = deque()
        self._timeout_s = timeout_s
        self._room = 0
        # takes what has come of a data set that is larger than SPOOL_BYTES
        self.on_large: Callable[[Message, list[Piece]], Awaitable[None]] | None = None
        self._last_message_id = 0

    def established(self, answer: AssociateAC) -> None:
        self._room = payload_room(answer.user.max_length)
        for result in answer.results:
            proposed = self._proposed.get(result.context_id)
            if result.result == ACCEPTED and proposed is not None:
                pair = proposed.abstract_syntax, result.transfer_syntax
                self._accepted[pair] = result.context_id

    def takes(self, item: SendableObject) -> bool:
        return item.context in self._accepted

    def syntaxes_for(self, sop_class_uid: str) -> frozenset[str]:
        """The transfer syntaxes in which the peer takes this SOP class."""
        return frozenset(syntax for uid, syntax in self._accepted if uid == sop_class_uid)

    def context_of(self, sop_class_uid: str) -> tuple[int, str]:
        """(context, transfer syntax) of a SOP class; LocalProtocolError when it is not taken."""
        for (uid, syntax), context in self._accepted.items():
            if uid == sop_class_uid:
                return context, syntax
        raise LocalProtocolError("the peer has not accepted this class")

    def syntax_of(self, context_id: int) -> str:
        """RemoteProtocolError when the peer speaks on a context that was not accepted."""
        for (_, syntax), context in self._accepted.items():
            if context == context_id:
                return syntax
        raise RemoteProtocolError("data on no accepted context")

    async def send_echo(self) -> int:
        """Status of a C-ECHO."""
        context = next(
            (id for (abstract, _), id in self._accepted.items() if abstract == VERIFICATION), None
        )
        if context is None:
            raise LocalProtocolError("the peer has not accepted verification")
        return (await self._ask(context, echo_command(self.next_message_id()))).status

    async def send_store(self, item: SendableObject) -> int:
        """Status of a C-STORE of the object as it is; LocalProtocolError when the peer does not
        take its SOP class in its transfer syntax."""
        return (await self.store(item)).status

    async def store(
        self, item: SendableObject, originator: MoveOriginator | None = None
    ) -> Command:
        """The same with the whole response (error comment)."""
        context = self._accepted.get(item.context)
        if context is None:
            raise LocalProtocolError("the peer has not accepted this class in this syntax")
        command = store_command(item, self.next_message_id(), originator)
        return await self._ask(context, command, item.data)

    async def request(self, sop_class_uid: str, command: Command, data: bytes) -> Command:
        """A request with a data set and its only response."""
        context, _ = self.context_of(sop_class_uid)
        return await self._ask(context, command, memoryview(data))

    async def converse(self, context: int, command: Command, data: bytes) -> AsyncIterator[Message]:
        """Send a request and give whatever the peer says, response or request of its own, until
        the caller has heard the last."""
        await self._send(context, encode_command(command), is_command=True)
        await self._send(context, data, is_command=False)
        while True:
            message = await self._response()
            is_response = bool(message.command.field_code & 0x8000)
            if is_response and message.command.number(0x0120) != command.message_id:
                raise RemoteProtocolError(
                    "a response to another request", reason=UNEXPECTED_PARAMETER
                )
            yield message

    async def send(self, context: int, command: Command) -> None:
        """A response of ours."""
        await self._send(context, encode_command(command), is_command=True)

    def next_message_id(self) -> int:
        self._last_message_id = self._last_message_id % 0xFFFF + 1
        return self._last_message_id

    async def _ask(self, context: int, command: Command, data: DataSet | None = None) -> Command:
        await self._send(context, encode_command(command), is_command=True)
        if data is not None:
            await self._send(context, data, is_command=False)
        message = await self._response()
        answered = message.command.number(0x0120)
        if answered != command.message_id:
            raise RemoteProtocolError("a response to another request", reason=UNEXPECTED_PARAMETER)
        return message.command

    async def _send(self, context: int, payload: DataSet, *, is_command: bool) -> None:
        if isinstance(payload, Streamed):
            async for part in fragments_of(context, payload, room=self._room):
                self._connection.association.check_may_send()
                await self._connection.send(part, self._timeout_s)
            return
        for part in fragments(context, payload, is_command=is_command, room=self._room):
            self._connection.association.check_may_send()
            await self._connection.send(part, self._timeout_s)

    async def _response(self) -> Message:
        while not self._heard:
            pdu = await next_pdu(self._connection, self._timeout_s)
            if not isinstance(pdu, PData):
                raise RemoteProtocolError(f"{type(pdu).__name__} instead of a response")
            self._heard.extend(self._assembler.feed(pdu))
            message = self._assembler.open_message
            is_large = self._assembler.pending_bytes > SPOOL_BYTES
            if is_large and message is not None and self.on_large is not None:
                await self.on_large(message, self._assembler.take_pieces())
        return self._heard.popleft()


@asynccontextmanager
async def open_association(
    host: str,
    port: int,
    *,
    contexts: Contexts = (VERIFICATION_CONTEXT,),
    called_ae: str = "CLOUDFILM",
    calling_ae: str = "CLOUDFILM_SCU",
    timeout_s: float = 60,
    scp_roles: Sequence[str] = (),
    max_object_bytes: int = MAX_RESPONSE,
    tls: ssl.SSLContext | None = None,
    server_name: str = "",
) -> AsyncIterator[RequestedAssociation]:
    """`scp_roles`: SOP classes whose objects we take on this association (C-GET), each at most
    `max_object_bytes`. `server_name`: the name in the peer's certificate, if not `host`. Released
    at the end of the block, aborted when it raises; the socket is closed in any case. Raises
    AssociationRejected, RemoteProtocolError, TimeoutError, OSError.
    """
    association = Association(is_requestor=True, max_length=MAX_LENGTH)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout_s):
        _, connection = await loop.create_connection(
            lambda: Connection(association), host, port, ssl=tls,
            server_hostname=(server_name or host) if tls is not None else None,
        )  # fmt: skip
    try:
        request = AssociateRQ(
            called_ae,
            calling_ae,
            tuple(
                ProposedContext(2 * n + 1, abstract, tuple(syntaxes))
                for n, (abstract, syntaxes) in enumerate(contexts)
            ),
            UserInformation(
                MAX_LENGTH, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION,
                roles=tuple((uid, False, True) for uid in scp_roles),
            ),
        )  # fmt: skip
        peer = RequestedAssociation(connection, request, timeout_s, max_object_bytes)
        peer.established(await _negotiate(connection, request, timeout_s))
        yield peer
        await _release(connection, timeout_s)
    except BaseException:
        association.abort()
        connection.flush()
        raise
    finally:
        connection.close()


async def _negotiate(connection: Connection, request: AssociateRQ, timeout_s: float) -> AssociateAC:
    connection.association.connected(request)
    connection.flush()
    answer = await next_pdu(connection, timeout_s)
    if isinstance(answer, AssociateRJ):
        raise AssociationRejected(answer.result, answer.source, answer.reason)
    if not isinstance(answer, AssociateAC):
        raise RemoteProtocolError(f"{type(answer).__name__} instead of an answer")
    return answer


async def _release(connection: Connection, timeout_s: float) -> None:
    """PS3.8 7.2; a release collision is answered (AR-8, AR-9, AR-3)."""
    connection.association.release()
    connection.flush()
    while True:
        pdu = await next_pdu(connection, timeout_s)
        if isinstance(pdu, ReleaseRQ):
            connection.association.answer_release()
            connection.flush()
        elif isinstance(pdu, ReleaseRP):
            return


async def next_pdu(connection: Connection, timeout_s: float) -> PDU:
    """The next PDU that concerns the user; RemoteProtocolError when the peer has gone."""
    while True:
        pdu = connection.association.next_indication()
        connection.flush()
        if pdu is not None:
            return pdu
        if not await connection.wait_pdu(timeout_s):
            connection.association.connection_closed()
            raise RemoteProtocolError("the peer closed the connection")
