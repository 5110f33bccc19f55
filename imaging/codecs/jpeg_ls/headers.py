"""Frame and scan headers of JPEG-LS (T.87 C.2.2, C.2.3), every value checked."""

from dataclasses import dataclass

from imaging.codecs import Buffer
from imaging.codecs.jpeg.markers import Segment
from imaging.errors import FormatError, UnsupportedFeature

SOF55, LSE = 0xF7, 0xF8
MAX_COMPONENTS = 4
BY_PLANE, BY_LINE, BY_SAMPLE = range(3)  # ILV


@dataclass(frozen=True, slots=True)
class JpegLsFrame:
    """`components` are the component identifiers in order."""

    precision: int
    rows: int
    columns: int
    components: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """`parts` are indices of components; `mappings` the number of the mapping table of each, 0
    for none; `near` the largest difference to the original."""

    parts: tuple[int, ...]
    mappings: tuple[int, ...]
    near: int
    interleave: int


def read_frame(data: Buffer, segment: Segment) -> JpegLsFrame:
    """SOF55."""
    body, at = data[segment.start : segment.end], segment.start
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise FormatError("jpegls_frame_header", "wrong length", offset=at)
    precision, count = body[0], body[5]
    rows, columns = body[1] << 8 | body[2], body[3] << 8 | body[4]
    if count == 0 or not 2 <= precision <= 16:
        raise FormatError(
            "jpegls_frame_header", f"{count} components of {precision} bits", offset=at
        )
    if rows == 0 or columns == 0:
        raise UnsupportedFeature("jpegls_size_later", f"{rows} rows, {columns} columns for now")
    if count > MAX_COMPONENTS:
        raise UnsupportedFeature("jpegls_components", f"{count} components")
    identifiers = tuple(body[6 + 3 * n] for n in range(count))
    if len(set(identifiers)) != count:
        raise FormatError("jpegls_frame_header", "a component twice", offset=at)
    if len({body[7 + 3 * n] for n in range(count)}) > 1:
        raise UnsupportedFeature("jpegls_subsampling", "components of different size")
    return JpegLsFrame(precision, rows, columns, identifiers)


def read_scan(data: Buffer, segment: Segment, frame: JpegLsFrame) -> Scan:
    """SOS."""
    body, at = data[segment.start : segment.end], segment.start
    if len(body) < 1 or len(body) != 4 + 2 * body[0] or not 1 <= body[0] <= 4:
        raise FormatError("jpegls_scan_header", "wrong length", offset=at)
    parts = []
    for n in range(body[0]):
        if body[1 + 2 * n] not in frame.components:
            raise FormatError("jpegls_scan_header", "unknown component", offset=at)
        parts.append(frame.components.index(body[1 + 2 * n]))
    if len(set(parts)) != len(parts):
        raise FormatError("jpegls_scan_header", "a component twice", offset=at)
    near, interleave, shift = body[-3:]
    if interleave > BY_SAMPLE or (interleave == BY_PLANE and len(parts) > 1):
        raise FormatError(
            "jpegls_scan_header", f"interleave {interleave} of {len(parts)}", offset=at
        )
    if shift:
        raise UnsupportedFeature("jpegls_point_transform", f"by {shift} bits")
    mappings = tuple(body[2 + 2 * n] for n in range(body[0]))
    return Scan(tuple(parts), mappings, near, interleave if len(parts) > 1 else BY_PLANE)
