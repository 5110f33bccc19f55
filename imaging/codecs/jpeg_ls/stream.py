"""A JPEG-LS stream's marker segments up to a scan (T.87 annex C), and where its entropy-coded
data ends. What markers set lasts until it is set again."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg import markers
from imaging.codecs.jpeg.markers import Segment
from imaging.codecs.jpeg_ls.bit_kernels import split_scan
from imaging.codecs.jpeg_ls.headers import LSE, SOF55, JpegLsFrame, read_frame
from imaging.codecs.jpeg_ls.parameters import Preset
from imaging.errors import FormatError, UnsupportedFeature

MAX_TABLE = 1 << 16
APP8 = 0xE8  # where some writers note a colour transform that T.87 does not know


@dataclass(slots=True)
class Stream:
    """What the markers seen so far have set, and where reading goes on. A mapping table is its
    entries one behind another, each of `widths` bytes."""

    data: Buffer
    position: int
    preset: Preset = field(default_factory=Preset)
    tables: dict[int, bytes] = field(default_factory=dict)
    widths: dict[int, int] = field(default_factory=dict)
    restart_rows: int = 0
    frame: JpegLsFrame | None = None

    def read_to_scan(self) -> Segment | None:
        """The next SOS, its parameters not yet read; None when EOI comes first."""
        while True:
            segment = markers.next_segment(self.data, self.position)
            self.position = segment.end
            if segment.marker == markers.SOS:
                if self.frame is None:
                    raise FormatError(
                        "jpegls_no_frame", "a scan before its frame", offset=segment.start
                    )
                return segment
            if segment.marker == markers.EOI:
                return None
            self._apply(segment)

    def _apply(self, segment: Segment) -> None:
        marker = segment.marker
        if marker == SOF55:
            if self.frame is not None:
                raise FormatError("jpegls_frame_header", "two frames", offset=segment.start)
            self.frame = read_frame(self.data, segment)
        elif marker in markers.FRAME_MARKERS:
            raise UnsupportedFeature("jpegls_process", f"SOF{marker - 0xC0} is not JPEG-LS")
        elif marker == LSE:
            self._read_preset(segment)
        elif marker == APP8 and bytes(self.data[segment.start : segment.start + 4]) == b"mrfx":
            if any(self.data[segment.start + 4 : segment.end]):
                raise UnsupportedFeature("jpegls_colour_transform", "a private colour transform")
        elif marker == markers.DRI:
            size = segment.end - segment.start
            if not 2 <= size <= 4:
                raise FormatError("jpegls_restart", f"DRI of {size} bytes", offset=segment.start)
            self.restart_rows = int.from_bytes(self.data[segment.start : segment.end], "big")

    def _read_preset(self, segment: Segment) -> None:
        """LSE (C.2.4)."""
        body, at = bytes(self.data[segment.start : segment.end]), segment.start
        kind = body[0] if body else 0
        if kind == 1 and len(body) == 11:
            numbers = [body[n] << 8 | body[n + 1] for n in range(1, 11, 2)]
            self.preset = Preset(*numbers)
        elif kind == 2 and len(body) > 3 and body[1] > 0:
            self.tables[body[1]], self.widths[body[1]] = body[3:], body[2]
        elif kind == 3 and len(body) > 3 and self.widths.get(body[1]) == body[2]:
            self.tables[body[1]] += body[3:]
            if len(self.tables[body[1]]) > MAX_TABLE * max(body[2], 1):
                raise FormatError("jpegls_preset", "a mapping table without end", offset=at)
        elif kind == 4:
            raise UnsupportedFeature("jpegls_size_later", "a picture of more than 65535 lines")
        else:
            raise FormatError("jpegls_preset", f"parameters of kind {kind}", offset=at)

    def mapping(self, number: int, dtype: np.dtype[np.uint8] | np.dtype[np.uint16]) -> (
        NDArray[np.uint16]
    ):  # fmt: skip
        """A mapping table (C.2.4.1.2) as values for an array of this type."""
        width = self.widths.get(number)
        if width is None:
            raise FormatError("jpegls_mapping", f"table {number} was never defined")
        if not 1 <= width <= dtype.itemsize:
            raise UnsupportedFeature("jpegls_mapping", f"entries of {width} bytes for {dtype}")
        table = self.tables[number]
        kind = ">u2" if width == 2 else "u1"
        return np.frombuffer(table, kind, len(table) // width).astype(np.uint16)

    def split(self, intervals: int, room: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The entropy-coded data from here on as words with `room` empty ones behind them, and
        its restart intervals, as `split_scan` says. `position` is then at the next marker."""
        rest = len(self.data) - self.position
        intervals = min(intervals, rest // 2 + 1)  # each needs a marker before it
        words = np.empty((rest + 3) // 4 + intervals + room, np.uint32)
        table = np.empty((intervals, 3), np.int64)
        view = np.frombuffer(self.data, np.uint8)
        count, self.position = split_scan(view, self.position, words, table)
        used = int(table[count - 1, 0] + (table[count - 1, 1] + 31) // 32)
        words[used : used + room] = 0
        return words[: used + room], table[:count]
