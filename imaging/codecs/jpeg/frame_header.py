"""Frame and scan headers (T.81 B.2.2, B.2.3) with every value checked against the standard."""

from dataclasses import dataclass

from imaging.codecs import Buffer
from imaging.codecs.jpeg.markers import Segment
from imaging.errors import FormatError, UnsupportedFeature


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What the frame header says; `components` are the component identifiers in order."""

    process: int  # the n of SOFn
    precision: int
    rows: int
    columns: int
    components: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScanHeader:
    """`parts` pairs the index of a component with the number of its Huffman table."""

    parts: tuple[tuple[int, int], ...]
    predictor: int  # Ss in lossless scans (table B.3)
    point_transform: int


def read_frame_header(data: Buffer, segment: Segment) -> JpegHeader:
    """SOFn. Zero lines mean that DNL follows, which nobody in medicine writes: refused."""
    body = data[segment.start : segment.end]
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise FormatError("jpeg_frame_header", "wrong length", offset=segment.start)
    precision, count = body[0], body[5]
    rows, columns = body[1] << 8 | body[2], body[3] << 8 | body[4]
    if rows == 0:
        raise UnsupportedFeature("jpeg_dnl", "the number of lines comes later (DNL)")
    if columns == 0 or count == 0 or not 2 <= precision <= 16:
        raise FormatError(
            "jpeg_frame_header",
            f"{columns} columns, {count} components, {precision} bits",
            offset=segment.start,
        )
    identifiers = tuple(body[6 + 3 * n] for n in range(count))
    if len(set(identifiers)) != count:
        raise FormatError("jpeg_frame_header", "a component twice", offset=segment.start)
    sampling = {body[7 + 3 * n] for n in range(count)}
    if count > 1 and len(sampling) > 1:
        raise UnsupportedFeature("jpeg_subsampling", "components of different size")
    return JpegHeader(segment.marker - 0xC0, precision, rows, columns, identifiers)


def read_scan_header(data: Buffer, segment: Segment, frame: JpegHeader) -> ScanHeader:
    """SOS of a lossless scan."""
    body = data[segment.start : segment.end]
    if len(body) < 1 or len(body) != 4 + 2 * body[0] or not 1 <= body[0] <= 4:
        raise FormatError("jpeg_scan_header", "wrong length", offset=segment.start)
    parts = []
    for n in range(body[0]):
        identifier, table = body[1 + 2 * n], body[2 + 2 * n] >> 4
        if identifier not in frame.components or table > 3:
            raise FormatError(
                "jpeg_scan_header", "unknown component or table", offset=segment.start
            )
        parts.append((frame.components.index(identifier), table))
    if len({component for component, _ in parts}) != len(parts):
        raise FormatError("jpeg_scan_header", "a component twice", offset=segment.start)
    predictor, point_transform = body[-3], body[-1] & 15
    if not 1 <= predictor <= 7 or point_transform >= frame.precision:
        raise FormatError(
            "jpeg_scan_header",
            f"predictor {predictor}, point transform {point_transform}",
            offset=segment.start,
        )
    return ScanHeader(tuple(parts), predictor, point_transform)
