"""C-FIND, C-MOVE and C-GET as a user, over an open association (PS3.4 C.4, K.4).

async for identifier in find(peer, STUDY_ROOT_FIND, keys): ...
"""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Message, Piece
from dicomnet.dimse.command import (
    C_FIND_RQ,
    C_GET_RQ,
    C_MOVE_RQ,
    C_STORE_RQ,
    DATA_SET_FOLLOWS,
    MEDIUM_PRIORITY,
    Command,
    response_to,
)
from dicomnet.errors import LocalProtocolError
from dicomnet.services.negotiation import WITHOUT_PIXELS
from dicomnet.services.storage import Spool, StorageHandler, StoreAnswer, StoreRequest
from dicomnet.transport.client import RequestedAssociation
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE

PENDING = (status.PENDING, status.PENDING_KEYS_UNSUPPORTED)
QUERY_SYNTAXES = (EXPLICIT_LITTLE, IMPLICIT_LITTLE)


class QueryFailed(Exception):
    """The peer's final response is neither success nor a warning."""

    def __init__(self, code: int, comment: str) -> None:
        super().__init__(f"status {code:04X} {comment}".strip())
        self.code, self.comment = code, comment


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The counts of the final response."""

    status: int
    completed: int
    failed: int
    warning: int


def query_contexts(sop_classes: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """To propose for queries and retrievals."""
    return [(uid, QUERY_SYNTAXES) for uid in sop_classes if uid in WITHOUT_PIXELS]


async def find(
    peer: RequestedAssociation, sop_class_uid: str, identifier: Callable[[str], bytes]
) -> AsyncIterator[tuple[bytes, str]]:
    """Each match's identifier and its transfer syntax. `identifier` encodes the keys in the syntax
    that was agreed. Raises QueryFailed, RemoteProtocolError, TimeoutError."""
    context, syntax = peer.context_of(sop_class_uid)
    command = _request(C_FIND_RQ, sop_class_uid, peer.next_message_id())
    async for message in peer.converse(context, command, identifier(syntax)):
        if message.command.status not in PENDING:
            _check(message.command)
            return
        yield b"".join(message.data), syntax


async def move(
    peer: RequestedAssociation, sop_class_uid: str, identifier: Callable[[str], bytes],
    destination: str,
) -> Retrieved:  # fmt: skip
    """Ask the peer to send what the identifier names to `destination`; its last counts."""
    context, syntax = peer.context_of(sop_class_uid)
    command = _request(C_MOVE_RQ, sop_class_uid, peer.next_message_id(), destination)
    async for message in peer.converse(context, command, identifier(syntax)):
        if message.command.status not in PENDING:
            return _retrieved(message.command)
    raise AssertionError("unreachable")


async def get(
    peer: RequestedAssociation, sop_class_uid: str, identifier: Callable[[str], bytes],
    storage: StorageHandler,
) -> Retrieved:  # fmt: skip
    """Have what the identifier names sent over this association; `storage` takes each object, a
    large one in pieces while it comes."""
    context, syntax = peer.context_of(sop_class_uid)
    command = _request(C_GET_RQ, sop_class_uid, peer.next_message_id())
    taker = _Taker(peer, storage)
    peer.on_large = taker.spill
    try:
        async for message in peer.converse(context, command, identifier(syntax)):
            if message.command.field_code == C_STORE_RQ:
                await taker.take(message)
            elif message.command.status not in PENDING:
                return _retrieved(message.command)
    finally:
        peer.on_large = None
        await taker.close()
    raise AssertionError("unreachable")


class _Taker:
    """The storage side of a C-GET: one object at a time."""

    def __init__(self, peer: RequestedAssociation, storage: StorageHandler) -> None:
        self._peer, self._storage = peer, storage
        self._spool: Spool | None = None

    async def spill(self, message: Message, pieces: list[Piece]) -> None:
        """What has come of an object that is too large for memory."""
        if message.command.field_code != C_STORE_RQ:
            return
        if self._spool is None:
            self._spool = await self._storage.open_spool(self._request_of(message))
        await self._spool.write(pieces)

    async def take(self, message: Message) -> None:
        spool, self._spool = self._spool, None
        try:
            if message.is_too_large or not message.size:
                answer = StoreAnswer(status.OUT_OF_RESOURCES, "object empty or too large")
            else:
                request = self._request_of(message)
                answer = await self._storage.store(request, message.data, spool)
        finally:
            if spool is not None:
                await spool.discard()
        response = response_to(message.command, answer.status, answer.comment)
        await self._peer.send(message.context_id, response)

    async def close(self) -> None:
        if self._spool is not None:
            await self._spool.discard()

    def _request_of(self, message: Message) -> StoreRequest:
        return StoreRequest(
            sop_class_uid=message.command.text(0x0002),
            sop_instance_uid=message.command.text(0x1000),
            transfer_syntax_uid=self._peer.syntax_of(message.context_id),
            calling_ae=self._peer.called_ae,
        )


def _request(code: int, sop_class_uid: str, message_id: int, destination: str = "") -> Command:
    values: dict[int, int | str] = {
        0x0002: sop_class_uid, 0x0100: code, 0x0110: message_id, 0x0700: MEDIUM_PRIORITY,
        0x0800: DATA_SET_FOLLOWS,
    }  # fmt: skip
    if destination:
        values[0x0600] = destination
    return Command(values)


def _check(command: Command) -> None:
    if command.status != status.SUCCESS and command.status >> 12 != 0xB:
        raise QueryFailed(command.status, command.text(0x0902))


def _retrieved(command: Command) -> Retrieved:
    _check(command)
    if command.field_code & 0x8000 == 0:
        raise LocalProtocolError("not a response")
    return Retrieved(command.status, *(command.number(n) for n in (0x1021, 0x1022, 0x1023)))
