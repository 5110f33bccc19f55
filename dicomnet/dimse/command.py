"""Command sets (PS3.7 section 6.3, annex E): implicit little endian elements of group 0000."""

import struct
from dataclasses import dataclass, field
from typing import Final

from dicomnet.errors import RemoteProtocolError

C_STORE_RQ, C_STORE_RSP = 0x0001, 0x8001
C_GET_RQ, C_FIND_RQ, C_MOVE_RQ = 0x0010, 0x0020, 0x0021
C_ECHO_RQ, C_ECHO_RSP = 0x0030, 0x8030
N_EVENT_REPORT_RQ, N_ACTION_RQ = 0x0100, 0x0130
C_CANCEL_RQ = 0x0FFF
DATA_SET_FOLLOWS: Final = 0x0001
MEDIUM_PRIORITY: Final = 0x0000
NO_DATA_SET: Final = 0x0101
MAX_COMMAND_BYTES: Final = 64 << 10

_US: Final = frozenset(
    (0x0100, 0x0110, 0x0120, 0x0700, 0x0800, 0x0900, 0x1002, 0x1008, 0x1020, 0x1021, 0x1022,
     0x1023, 0x1031)
)  # fmt: skip
_US_REQUIRED: Final = (0x0100, 0x0800)


@dataclass(frozen=True, slots=True)
class Command:
    """A command set; `values` by element number of group 0000."""

    values: dict[int, int | str] = field(default_factory=dict)

    def number(self, element: int, default: int = 0) -> int:
        value = self.values.get(element, default)
        return value if isinstance(value, int) else default

    def text(self, element: int) -> str:
        value = self.values.get(element, "")
        return value if isinstance(value, str) else ""

    @property
    def field_code(self) -> int:
        return self.number(0x0100)

    @property
    def message_id(self) -> int:
        return self.number(0x0110)

    @property
    def status(self) -> int:
        return self.number(0x0900)

    @property
    def has_data_set(self) -> bool:
        return self.number(0x0800, NO_DATA_SET) != NO_DATA_SET


def decode_command(raw: bytes) -> Command:
    """RemoteProtocolError for anything that is no command set."""
    values: dict[int, int | str] = {}
    position = 0
    while position < len(raw):
        if len(raw) - position < 8:
            raise RemoteProtocolError("command set is cut off")
        group, element, length = struct.unpack_from("<HHI", raw, position)
        position += 8
        if group != 0 or length > len(raw) - position:
            raise RemoteProtocolError("command set is malformed")
        value = raw[position : position + length]
        position += length
        if element in values:
            raise RemoteProtocolError(f"command element {element:04X} twice")
        if element in _US:
            if length != 2:
                raise RemoteProtocolError(f"command element {element:04X} is no US")
            values[element] = struct.unpack("<H", value)[0]
        elif element != 0:
            values[element] = value.decode("ascii", "replace").rstrip("\0 ").lstrip(" ")
    if any(element not in values for element in _US_REQUIRED):
        raise RemoteProtocolError("command set lacks a required element")
    return Command(values)


def encode_command(command: Command) -> bytes:
    body = b""
    for element, value in sorted(command.values.items()):
        if isinstance(value, int):
            raw = struct.pack("<H", value)
        else:
            raw = value.encode("ascii", "replace")
            raw += (b" " if element in (0x0902, 0x0600) else b"\0") * (len(raw) & 1)
        body += struct.pack("<HHI", 0, element, len(raw)) + raw
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def response_to(
    request: Command, status: int, comment: str = "", *, has_data_set: bool = False
) -> Command:
    """The response (PS3.7 9.3) to a request of the composite services."""
    values: dict[int, int | str] = {
        0x0100: request.field_code | 0x8000,
        0x0120: request.message_id,
        0x0800: DATA_SET_FOLLOWS if has_data_set else NO_DATA_SET,
        0x0900: status,
    }
    for element in (0x0002, 0x1000):
        if request.text(element):
            values[element] = request.text(element)
    if comment:
        values[0x0902] = comment[:64]
    return Command(values)
