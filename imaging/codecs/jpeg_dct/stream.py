"""A DCT stream's marker segments up to a scan (T.81 B.2.1), and where its entropy-coded data
ends. What markers set lasts until it is set again."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg import markers
from imaging.codecs.jpeg.markers import Segment
from imaging.codecs.jpeg_dct.headers import JpegFrame, read_frame
from imaging.codecs.jpeg_dct.scan_kernels import ROOM, split_scan
from imaging.codecs.jpeg_dct.tables import HuffmanTables, read_huffman, read_quantisation
from imaging.errors import FormatError

_INSIDE_SCANS = frozenset((0, 0xFF, *range(markers.RST0, markers.RST7 + 1)))


@dataclass(slots=True)
class Stream:
    """What the markers seen so far have set, and where reading goes on."""

    data: Buffer
    position: int
    quantisation: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    huffman: HuffmanTables = field(default_factory=dict)
    restart_interval: int = 0
    frame: JpegFrame | None = None

    def read_to_scan(self) -> Segment | None:
        """The next SOS, its parameters not yet read; None when EOI comes first. A stream that
        ends without EOI raises FormatError `jpeg_truncated` or `jpeg_marker`."""
        while True:
            segment = markers.next_segment(self.data, self.position)
            self.position = segment.end
            if segment.marker == markers.SOS:
                return segment
            if segment.marker == markers.EOI:
                return None
            self._apply(segment)

    def _apply(self, segment: Segment) -> None:
        marker = segment.marker
        if marker == markers.DQT:
            self.quantisation.update(read_quantisation(self.data, segment))
        elif marker == markers.DHT:
            self.huffman.update(read_huffman(self.data, segment))
        elif marker == markers.DRI:
            self.restart_interval = _number(self.data, segment, "jpeg_restart")
        elif marker == markers.DNL:
            _number(self.data, segment, "jpeg_dnl")
        elif marker in markers.FRAME_MARKERS:
            if self.frame is not None:
                raise FormatError("jpeg_frame_header", "two frames", offset=segment.start)
            self.frame = read_frame(self.data, segment)

    def split(self, intervals: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The entropy-coded data from here on as big-endian words without stuffing, and its
        restart intervals, as `split_scan` says; at most `intervals` of them. `position` is then
        at the next marker."""
        rest = len(self.data) - self.position
        intervals = min(intervals, rest // 2 + 1)  # each needs a marker before it
        plain = np.empty((rest + 4 * intervals + ROOM + 3) // 4 * 4, np.uint8)
        table = np.empty((intervals, 3), np.int64)
        view: NDArray[Any] = np.frombuffer(self.data, np.uint8)
        count, self.position = split_scan(view, self.position, plain, table)
        used = int(4 * table[count - 1, 0] + table[count - 1, 1] // 8 + ROOM) // 4 * 4
        return plain[:used].view(">u4").astype(np.uint32), table[:count]


def find_lines(data: Buffer, position: int) -> int:
    """The number of lines that DNL gives behind the first scan (B.2.5)."""
    plain = bytes(data)
    while 0 <= (position := plain.find(b"\xff", position)) < len(plain) - 1:
        if plain[position + 1] not in _INSIDE_SCANS:
            segment = markers.next_segment(data, position)
            if segment.marker == markers.DNL:
                lines = _number(data, segment, "jpeg_dnl")
                if lines == 0:
                    raise FormatError("jpeg_dnl", "no lines at all", offset=segment.start)
                return lines
            break
        position += 1
    raise FormatError("jpeg_dnl", "the number of lines is nowhere")


def _number(data: Buffer, segment: Segment, code: str) -> int:
    """The one number of DRI or DNL."""
    if segment.end - segment.start != 2:
        raise FormatError(code, "a segment of a wrong length", offset=segment.start)
    high, low = data[segment.start : segment.end]
    return high << 8 | low
