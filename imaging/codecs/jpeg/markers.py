"""A JPEG stream becomes its marker segments (T.81 B.1.1), each checked against the stream's end.
Entropy-coded data is not looked at here: whoever decodes a scan says where it ended."""

from dataclasses import dataclass

from imaging.codecs import Buffer
from imaging.errors import FormatError

SOI, EOI, SOS, DHT, DQT, DNL, DRI = 0xD8, 0xD9, 0xDA, 0xC4, 0xDB, 0xDC, 0xDD
RST0, RST7, TEM = 0xD0, 0xD7, 0x01
FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..SOF15 (table B.1)
SOF3 = 0xC3


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker with its parameters, data[start:end], without the length field."""

    marker: int
    start: int
    end: int


def find_start(data: Buffer) -> int:
    """The position after SOI."""
    if len(data) < 4 or data[0] != 0xFF or data[1] != SOI:
        raise FormatError("jpeg_no_start", "the stream does not begin with SOI", offset=0)
    return 2


def is_at_end(data: Buffer, position: int) -> bool:
    """Whether a scan that ends at `position` ends with the bytes, not with a marker."""
    return position >= len(data) - 1


def next_segment(data: Buffer, position: int) -> Segment:
    """The marker segment at `position`; fill bytes before it are allowed (B.1.1.2)."""
    length = len(data)
    if position >= length:
        raise FormatError("jpeg_truncated", "the stream ends without EOI", offset=position)
    if data[position] != 0xFF:
        raise FormatError("jpeg_marker", "a marker was expected", offset=position)
    while position < length and data[position] == 0xFF:
        position += 1
    if position >= length:
        raise FormatError("jpeg_truncated", "the stream ends inside a marker", offset=position)
    marker = data[position]
    position += 1
    if marker in (SOI, EOI, TEM) or RST0 <= marker <= RST7:
        return Segment(marker, position, position)
    if marker == 0:
        raise FormatError("jpeg_marker", "a marker was expected", offset=position)
    if length - position < 2:
        raise FormatError("jpeg_truncated", "a segment's length is cut off", offset=position)
    size = data[position] << 8 | data[position + 1]
    if size < 2 or size > length - position:
        raise FormatError(
            "jpeg_segment_length", f"marker FF{marker:02X} says {size} bytes", offset=position
        )
    return Segment(marker, position + 2, position + size)


def ended(stream: bytes) -> bytes:
    """The stream with EOI; a fill byte before it makes the length even (PS3.5 A.4)."""
    return stream + (b"\xff" if len(stream) % 2 else b"") + b"\xff\xd9"
