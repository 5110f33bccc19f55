"""A message becomes the bytes of P-DATA-TF PDUs, none longer than the peer takes (PS3.8 annex D,
PS3.7 6.3)."""

import struct
from collections.abc import Iterator

PDV_HEAD = 6
DEFAULT_PDU = 1 << 17


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
        part = view[start : start + room]
        control = is_command | (start + room >= len(view)) << 1
        head = struct.pack(">BxIIBB", 4, len(part) + PDV_HEAD, len(part) + 2, context_id, control)
        yield head + part
