"""Frame and scan headers of the DCT processes (T.81 B.2.2, B.2.3), every value checked."""

from dataclasses import dataclass

from imaging.codecs import Buffer
from imaging.codecs.jpeg.markers import Segment
from imaging.errors import FormatError, UnsupportedFeature

BASELINE, EXTENDED, PROGRESSIVE = 0, 1, 2  # the n of SOFn
MAX_COMPONENTS = 4
MAX_UNITS = 10  # blocks of one MCU (B.2.3)


@dataclass(frozen=True, slots=True)
class Component:
    """`h` and `v` are the sampling factors, `quantisation` the number of its table."""

    identifier: int
    h: int
    v: int
    quantisation: int


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """`rows` is 0 when the number of lines comes after the first scan (DNL)."""

    process: int
    precision: int
    rows: int
    columns: int
    components: tuple[Component, ...]

    @property
    def h_max(self) -> int:
        return max(component.h for component in self.components)

    @property
    def v_max(self) -> int:
        return max(component.v for component in self.components)

    def mcus(self) -> tuple[int, int]:
        """MCU rows and columns of an interleaved scan (A.2.4)."""
        return -(-self.rows // (8 * self.v_max)), -(-self.columns // (8 * self.h_max))

    def size_of(self, component: Component) -> tuple[int, int]:
        """Rows and columns of a component (A.1.1)."""
        rows = -(-self.rows * component.v // self.v_max)
        return rows, -(-self.columns * component.h // self.h_max)


@dataclass(frozen=True, slots=True)
class ScanPart:
    """One component of a scan, by its index in the frame, and its Huffman tables."""

    index: int
    dc_table: int
    ac_table: int


@dataclass(frozen=True, slots=True)
class Scan:
    """Coefficients `first` to `last` in zigzag order; bits from `high` down to `low` (G.1.1.1.2).
    Sequential scans have 0, 63, 0, 0."""

    parts: tuple[ScanPart, ...]
    first: int = 0
    last: int = 63
    high: int = 0
    low: int = 0


def read_frame(data: Buffer, segment: Segment) -> JpegFrame:
    """SOF0, SOF1 or SOF2; the other processes are refused by name."""
    process = segment.marker - 0xC0
    if process not in (BASELINE, EXTENDED, PROGRESSIVE):
        raise UnsupportedFeature("jpeg_process", f"SOF{process} is no Huffman coded DCT process")
    body, at = data[segment.start : segment.end], segment.start
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise FormatError("jpeg_frame_header", "wrong length", offset=at)
    precision, count = body[0], body[5]
    rows, columns = body[1] << 8 | body[2], body[3] << 8 | body[4]
    if columns == 0 or count == 0 or precision not in (8, 12):
        raise FormatError(
            "jpeg_frame_header", f"{columns} columns, {count} components, {precision} bits",
            offset=at,
        )  # fmt: skip
    if process == BASELINE and precision != 8:
        raise FormatError("jpeg_frame_header", f"baseline of {precision} bits", offset=at)
    if count > MAX_COMPONENTS:
        raise UnsupportedFeature("jpeg_components", f"{count} components")
    components = tuple(
        Component(body[6 + 3 * n], body[7 + 3 * n] >> 4, body[7 + 3 * n] & 15, body[8 + 3 * n])
        for n in range(count)
    )
    if len({component.identifier for component in components}) != count:
        raise FormatError("jpeg_frame_header", "a component twice", offset=at)
    for component in components:
        if not (1 <= component.h <= 4 and 1 <= component.v <= 4 and component.quantisation <= 3):
            raise FormatError("jpeg_frame_header", f"component {component}", offset=at)
    return JpegFrame(process, precision, rows, columns, components)


def read_scan(data: Buffer, segment: Segment, frame: JpegFrame) -> Scan:
    """SOS of a DCT scan. Baseline and extended streams with odd spectral bytes are read as if
    they were right: they have no choice there."""
    body, at = data[segment.start : segment.end], segment.start
    if len(body) < 1 or len(body) != 4 + 2 * body[0] or not 1 <= body[0] <= 4:
        raise FormatError("jpeg_scan_header", "wrong length", offset=at)
    index_of = {component.identifier: n for n, component in enumerate(frame.components)}
    parts = []
    for n in range(body[0]):
        identifier, tables = body[1 + 2 * n], body[2 + 2 * n]
        if identifier not in index_of or tables >> 4 > 3 or tables & 15 > 3:
            raise FormatError("jpeg_scan_header", "unknown component or table", offset=at)
        parts.append(ScanPart(index_of[identifier], tables >> 4, tables & 15))
    if len({part.index for part in parts}) != len(parts):
        raise FormatError("jpeg_scan_header", "a component twice", offset=at)
    chosen = [frame.components[part.index] for part in parts]
    if len(chosen) > 1 and sum(component.h * component.v for component in chosen) > MAX_UNITS:
        raise FormatError("jpeg_scan_header", "an MCU of more than ten blocks", offset=at)
    if frame.process != PROGRESSIVE:
        return Scan(tuple(parts))
    scan = Scan(tuple(parts), body[-3], body[-2], body[-1] >> 4, body[-1] & 15)
    _check_progression(scan, at)
    return scan


def _check_progression(scan: Scan, at: int) -> None:
    """G.1.1.1: DC and AC come in scans of their own, AC of one component only, and each
    refinement adds one bit."""
    is_dc = scan.first == 0
    bad = (scan.last != 0) if is_dc else (scan.last < scan.first or len(scan.parts) > 1)
    if bad or scan.last > 63 or scan.low > 13 or scan.high not in (0, scan.low + 1):
        raise FormatError(
            "jpeg_scan_header",
            f"coefficients {scan.first} to {scan.last}, bits {scan.high} to {scan.low}",
            offset=at,
        )
