"""A message becomes the bytes of P-DATA-TF PDUs, none longer than the peer takes (PS3.8 annex D,
PS3.7 6.3)."""

import struct
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from dicomnet.errors import Unfinished

PDV_HEAD = 6
DEFAULT_PDU = 1 << 17
COMMAND, LAST = 1, 2  # message control header, PS3.8 E.2


@dataclass(frozen=True, slots=True)
class Streamed:
    """A data set that is read while it is sent. Its end is sent only when `read` has ended well,
    so a reader may find at the very last that the bytes are not what they should be."""

    size: int
    read: Callable[[], AsyncIterator[bytes]]


DataSet = bytes | memoryview | Streamed


def payload_room(peer_max_length: int) -> int:
    """How many bytes of a message fit in one PDU; 0 of the peer says "no limit"."""
    length = peer_max_length or DEFAULT_PDU
    return max(2, min(length, DEFAULT_PDU) - PDV_HEAD)


def fragments(
    context_id: int, payload: bytes | memoryview, *, is_command: bool, room: int
) -> Iterator[bytes]:
    """The PDUs that carry `payload`, one data value each."""
    view = memoryview(payload)
    for start in range(0, max(len(view), 1), room):
        control = is_command | (start + room >= len(view)) << 1
        yield _pdu(context_id, view[start : start + room], control)


async def fragments_of(context_id: int, data: Streamed, *, room: int) -> AsyncIterator[bytes]:
    """The same of a data set in pieces. Unfinished when its source breaks off, or gives more or
    less than it said."""
    held, given = bytearray(), 0
    try:
        async for piece in data.read():
            given += len(piece)
            held += piece
            while len(held) > room:
                yield _pdu(context_id, held[:room], 0)
                del held[:room]
    except Exception as error:
        raise Unfinished(f"a data set broke off: {type(error).__name__}") from error
    if given != data.size:
        raise Unfinished(f"{given} bytes of a data set of {data.size}")
    yield _pdu(context_id, held, LAST)


def _pdu(context_id: int, part: bytes | bytearray | memoryview, control: int) -> bytes:
    head = struct.pack(">BxIIBB", 4, len(part) + PDV_HEAD, len(part) + 2, context_id, control)
    return head + part
