"""A codestream becomes its headers and where each tile's packets lie (T.800 annex A)."""

import struct
from dataclasses import dataclass, field

from imaging.codecs import Buffer
from imaging.codecs.jpeg2000.boxes import find_codestream
from imaging.codecs.jpeg2000.parameters import SETTERS, ImageSize, Parameters, read_size
from imaging.errors import FormatError, LimitExceeded, UnsupportedFeature

SOT, SOD, PPM, PPT = 0x90, 0x93, 0x60, 0x61
# CAP, PRF, CPF, TLM, PLM, PLT, CRG, COM: nothing that decoding needs
_SKIPPED = frozenset((0x50, 0x56, 0x59, 0x55, 0x57, 0x58, 0x63, 0x64))
_END, _PART = b"\xff\xd9", b"\xff\x90"  # EOC, SOT
_PART_2 = range(0x70, 0x7A)  # markers of T.801: other transforms of components, wavelets, offsets
MAX_BYTES = 1 << 30


@dataclass(slots=True)
class TileParts:
    """What all parts of one tile say, and their packets; `headers` when those are packed apart."""

    parameters: Parameters
    bodies: list[memoryview] = field(default_factory=list)
    headers: list[memoryview] | None = None

    def data(self) -> memoryview:
        return self.bodies[0] if len(self.bodies) == 1 else memoryview(b"".join(self.bodies))


@dataclass(frozen=True, slots=True)
class Codestream:
    """Everything but the pixels."""

    size: ImageSize
    parameters: Parameters
    tiles: dict[int, TileParts]


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker with its parameters, without the length; where it and the next begin."""

    marker: int
    body: memoryview
    start: int
    end: int


def read_image_size(data: Buffer) -> ImageSize:
    """SIZ alone, which is always the first segment."""
    segment = _next_segment(find_codestream(data), 2)
    return read_size(segment.body, segment.start)


def read_codestream(data: Buffer) -> Codestream:
    """All marker segments, each checked; no packet is looked at."""
    stream = find_codestream(data)
    if len(stream) > MAX_BYTES:
        raise LimitExceeded("jpeg2000_bytes", f"a stream of {len(stream)} bytes")
    segment = _next_segment(stream, 2)
    size = read_size(segment.body, segment.start)
    count = len(size.components)
    main = Parameters()
    packed: dict[int, memoryview] = {}
    segment = _next_segment(stream, segment.end)
    while segment.marker != SOT:
        if segment.marker == PPM:
            packed[_index_of(segment)] = segment.body[1:]
        else:
            _apply(main, segment, count)
        segment = _next_segment(stream, segment.end)
    main.tile_coding()
    stream_of = _Tiles(stream, size, main, _split_packed(packed) if packed else None)
    position = segment.start
    while position + 2 <= len(stream) and bytes(stream[position : position + 2]) != _END:
        is_part = bytes(stream[position : position + 2]) == _PART
        if not is_part and len(stream_of.tiles) == size.tiles_across * size.tiles_down:
            break  # what follows the last tile is padding, seen without EOC before it
        position = stream_of.read_part(position)
    return Codestream(size, main, stream_of.tiles)


@dataclass(slots=True)
class _Tiles:
    stream: memoryview
    size: ImageSize
    main: Parameters
    packed: list[memoryview] | None
    tiles: dict[int, TileParts] = field(default_factory=dict)
    parts: int = 0

    def read_part(self, position: int) -> int:
        """Read one tile-part (A.4.2); returns where it ends."""
        start = _next_segment(self.stream, position)
        if start.marker != SOT or len(start.body) != 8:
            raise FormatError("jpeg2000_marker", "a tile-part was expected", offset=position)
        index, length = struct.unpack_from(">HI", start.body)
        if index >= self.size.tiles_across * self.size.tiles_down:
            raise FormatError("jpeg2000_tile", f"tile {index} is not there", offset=position)
        tile = self.tiles.setdefault(index, TileParts(Parameters(self.main)))
        end = min(position + length, len(self.stream)) if length else len(self.stream)
        packed: dict[int, memoryview] = {}
        segment = _next_segment(self.stream, start.end)
        while segment.marker != SOD:
            if segment.marker == PPT:
                packed[_index_of(segment)] = segment.body[1:]
            else:
                _apply(tile.parameters, segment, len(self.size.components))
            segment = _next_segment(self.stream, segment.end)
        if end < segment.end:
            raise FormatError("jpeg2000_tile", f"a tile-part of {length} bytes", offset=position)
        if not length and bytes(self.stream[segment.end :]).find(b"\xff\x90") >= 0:
            # only the last may leave its length open (A.4.2), and packets never hold a marker
            raise FormatError("jpeg2000_tile", "an earlier part without length", offset=position)
        tile.bodies.append(self.stream[segment.end : end])
        headers = [packed[key] for key in sorted(packed)]
        if self.packed is not None:
            if self.parts >= len(self.packed):
                raise FormatError("jpeg2000_packed", "PPM ends too early", offset=position)
            headers.append(self.packed[self.parts])
        if headers:
            tile.headers = (tile.headers or []) + headers
        self.parts += 1
        return end


def _next_segment(stream: memoryview, position: int) -> Segment:
    if position + 2 > len(stream):
        raise FormatError("jpeg2000_truncated", "the stream ends in its headers", offset=position)
    if stream[position] != 0xFF:
        raise FormatError("jpeg2000_marker", "a marker was expected", offset=position)
    marker = stream[position + 1]
    if marker == SOD:
        return Segment(marker, stream[:0], position, position + 2)
    if position + 4 > len(stream):
        raise FormatError("jpeg2000_truncated", "the stream ends in its headers", offset=position)
    length = stream[position + 2] << 8 | stream[position + 3]
    end = position + 2 + length
    if length < 2 or end > len(stream):
        raise FormatError(
            "jpeg2000_segment_length", f"marker FF{marker:02X} says {length} bytes", offset=position
        )
    return Segment(marker, stream[position + 4 : end], position, end)


def _apply(into: Parameters, segment: Segment, count: int) -> None:
    setter = SETTERS.get(segment.marker)
    if setter is not None:
        setter(into, segment.body, count, segment.start)
    elif segment.marker in _PART_2:
        raise UnsupportedFeature(
            "jpeg2000_part_2", f"FF{segment.marker:02X} of T.801", offset=segment.start
        )
    elif segment.marker not in _SKIPPED:
        raise FormatError(
            "jpeg2000_marker", f"FF{segment.marker:02X} in a header", offset=segment.start
        )


def _index_of(segment: Segment) -> int:
    """Zppm or Zppt."""
    if not segment.body:
        raise FormatError("jpeg2000_packed", "an empty segment", offset=segment.start)
    return segment.body[0]


def _split_packed(packed: dict[int, memoryview]) -> list[memoryview]:
    """The packet headers of each tile-part (A.7.4); a length may be cut by a segment's end."""
    joined = memoryview(b"".join(packed[key] for key in sorted(packed)))
    parts, position = [], 0
    while position < len(joined):
        if position + 4 > len(joined):
            raise FormatError("jpeg2000_packed", "PPM ends inside a length")
        (length,) = struct.unpack_from(">I", joined, position)
        position += 4
        if length > len(joined) - position:
            raise FormatError("jpeg2000_packed", f"PPM says {length} bytes")
        parts.append(joined[position : position + length])
        position += length
    return parts
