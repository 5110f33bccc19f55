"""C-FIND, C-MOVE and C-GET as a user, over an open association (PS3.4 C.4, K.4).

async for identifier in find(peer, STUDY_ROOT_FIND, keys): ...
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Message
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
from dicomnet.services.storage import StoreAnswer, StoreRequest
from dicomnet.transport.client import RequestedAssociation
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE

Store = Callable[[StoreRequest, bytes], Awaitable[StoreAnswer]]
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
    peer: RequestedAssociation, sop_class_uid: str, identifier: Callable[[str], bytes], store: Store
) -> Retrieved:
    """Have what the identifier names sent over this association; `store` takes each object."""
    context, syntax = peer.context_of(sop_class_uid)
    command = _request(C_GET_RQ, sop_class_uid, peer.next_message_id())
    async for message in peer.converse(context, command, identifier(syntax)):
        if message.command.field_code == C_STORE_RQ:
            await _take(peer, message, store)
        elif message.command.status not in PENDING:
            return _retrieved(message.command)
    raise AssertionError("unreachable")


async def _take(peer: RequestedAssociation, message: Message, store: Store) -> None:
    request = StoreRequest(
        sop_class_uid=message.command.text(0x0002),
        sop_instance_uid=message.command.text(0x1000),
        transfer_syntax_uid=peer.syntax_of(message.context_id),
        calling_ae=peer.called_ae,
    )
    if message.is_too_large:
        answer = StoreAnswer(status.OUT_OF_RESOURCES, "object larger than the limit")
    else:
        answer = await store(request, b"".join(message.data))
    response = response_to(message.command, answer.status, answer.comment)
    await peer.send(message.context_id, response)


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
