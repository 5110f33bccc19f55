"""A lossless JPEG stream becomes samples (T.81 annex H; PS3.5 A.4.2 and 8.2.1).

Markers are read here, bits in the kernels. One scan with all components interleaved, or a scan
for each; restart intervals of whole lines (H.1.1). Anything else is refused by name.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg import markers
from imaging.codecs.jpeg.frame_header import (
    JpegHeader,
    ScanHeader,
    read_frame_header,
    read_scan_header,
)
from imaging.codecs.jpeg.huffman import lookup_of, read_tables
from imaging.codecs.jpeg.lossless_kernels import BAD_CODE, decode_any, decode_left, unstuff
from imaging.errors import FormatError, Incomplete, UnsupportedFeature

MAX_COMPONENTS = 4


@dataclass(slots=True)
class _Stream:
    """What the markers seen so far have set."""

    data: Buffer
    view: NDArray[np.uint8]
    tables: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    restart_interval: int = 0
    frame: JpegHeader | None = None


def read_header(data: Buffer) -> JpegHeader:
    """Everything up to the first scan, checked; no pixel is touched."""
    stream = _Stream(data, np.frombuffer(data, np.uint8))
    segment = _read_to_scan(stream, markers.find_start(data))
    if segment is None or stream.frame is None:
        raise FormatError("jpeg_no_scan", "the stream holds no scan")
    _check_scan(stream, read_scan_header(data, segment, stream.frame))
    return stream.frame


def decode(data: Buffer, out: NDArray[Any]) -> None:
    """Fill `out` (rows, columns, components), uint8 or uint16, C order."""
    stream = _Stream(data, np.frombuffer(data, np.uint8))
    position, seen = markers.find_start(data), set[int]()
    while len(seen) < out.shape[2]:
        segment = _read_to_scan(stream, position)
        if segment is None or stream.frame is None:
            raise FormatError("jpeg_no_scan", f"{len(seen)} of {out.shape[2]} components found")
        _check_shape(stream.frame, out)
        scan = read_scan_header(data, segment, stream.frame)
        _check_scan(stream, scan)
        seen.update(component for component, _ in scan.parts)
        try:
            position = _decode_scan(stream, scan, segment.end, out)
        except Incomplete as error:
            if len(seen) < out.shape[2]:  # of the other components there is nothing
                error.rows = 0
            raise


def _read_to_scan(stream: _Stream, position: int) -> markers.Segment | None:
    """Read segments up to the next SOS; None when EOI comes first."""
    while True:
        segment = markers.next_segment(stream.data, position)
        position = segment.end
        if segment.marker == markers.SOS:
            if stream.frame is None:
                raise FormatError("jpeg_no_frame", "a scan before its frame", offset=segment.start)
            return segment
        if segment.marker == markers.EOI:
            return None
        if segment.marker == markers.DHT:
            stream.tables.update(read_tables(stream.data, segment))
        elif segment.marker == markers.DRI:
            if segment.end - segment.start != 2:
                raise FormatError("jpeg_restart", "DRI of a wrong length", offset=segment.start)
            high, low = stream.data[segment.start : segment.end]
            stream.restart_interval = high << 8 | low
        elif segment.marker in markers.FRAME_MARKERS:
            _read_frame(stream, segment)


def _read_frame(stream: _Stream, segment: markers.Segment) -> None:
    if segment.marker != markers.SOF3:
        raise UnsupportedFeature(
            "jpeg_process", f"SOF{segment.marker - 0xC0} is not the lossless Huffman process"
        )
    if stream.frame is not None:
        raise FormatError("jpeg_frame_header", "two frames", offset=segment.start)
    stream.frame = read_frame_header(stream.data, segment)
    if len(stream.frame.components) > MAX_COMPONENTS:
        raise UnsupportedFeature("jpeg_components", f"{len(stream.frame.components)} components")


def _check_shape(frame: JpegHeader, out: NDArray[Any]) -> None:
    if (frame.rows, frame.columns, len(frame.components)) != out.shape:
        raise FormatError(
            "jpeg_size",
            f"the stream holds {frame.rows}x{frame.columns}x{len(frame.components)}, "
            f"the data set says {'x'.join(map(str, out.shape))}",
        )
    if out.dtype not in (np.uint8, np.uint16) or frame.precision > 8 * out.dtype.itemsize:
        raise FormatError("jpeg_size", f"{frame.precision} bits do not fit {out.dtype}")


def _check_scan(stream: _Stream, scan: ScanHeader) -> None:
    for _, number in scan.parts:
        if number not in stream.tables:
            raise FormatError("jpeg_huffman", f"table {number} was never defined")
    if stream.frame is not None and stream.restart_interval % stream.frame.columns:
        raise FormatError("jpeg_restart", "a restart interval that is not whole lines (H.1.1)")


def _decode_scan(stream: _Stream, scan: ScanHeader, position: int, out: NDArray[Any]) -> int:
    """Decode all restart intervals of a scan; returns where the next marker is."""
    rows, columns = out.shape[:2]
    step = stream.restart_interval // columns or rows
    room = 4 * (columns * len(scan.parts) + 4)  # what a line may read beyond the end
    plain = np.empty((len(stream.data) - position + room + 3) // 4 * 4, np.uint8)
    for index, row in enumerate(range(0, rows, step)):
        if index:
            position = _skip_restart(stream.data, position, index - 1)
        written, position = unstuff(stream.view, position, plain)
        plain[written : written + room] = 0
        words = plain[: (written + room) // 4 * 4].view(">u4").astype(np.uint32)
        done = _decode_interval(stream, scan, words, 8 * written, out[row : row + step], row)
        if done < min(step, rows - row):
            raise Incomplete(
                "jpeg_truncated", f"the scan ends in line {row + done} of the frame",
                rows=row + done, is_cut=markers.is_at_end(stream.data, position), offset=position,
            )  # fmt: skip
    return position


def _decode_interval(
    stream: _Stream, scan: ScanHeader, words: NDArray[np.uint32], bit_count: int,
    out: NDArray[Any], first_row: int,
) -> int:  # fmt: skip
    """The number of lines, fewer than `out` has when the bits run out."""
    assert stream.frame is not None
    shift = scan.point_transform
    start = 1 << (stream.frame.precision - shift - 1)
    lookups = [lookup_of(*stream.tables[number]) for _, number in scan.parts]
    if out.shape[2] == 1 and scan.predictor == 1:
        status = decode_left(words, lookups[0], out[:, :, 0], start, shift, bit_count)
    else:
        parts = np.array([component for component, _ in scan.parts], np.int64)
        tables, table_of = _stack(lookups)
        status = decode_any(
            words, tables, out, parts, table_of, scan.predictor, start, shift, bit_count
        )
    if status == BAD_CODE:
        raise FormatError("jpeg_bad_code", f"no Huffman code fits, after line {first_row}")
    return int(status)


def _stack(
    lookups: list[NDArray[np.int32]],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Distinct tables once, and which one each part uses."""
    distinct: list[NDArray[np.int32]] = []
    table_of = []
    for lookup in lookups:
        index = next((n for n, table in enumerate(distinct) if table is lookup), len(distinct))
        if index == len(distinct):
            distinct.append(lookup)
        table_of.append(index)
    tables = distinct[0][None] if len(distinct) == 1 else np.stack(distinct)
    return tables, np.array(table_of, np.int64)


def _skip_restart(data: Buffer, position: int, number: int) -> int:
    segment = markers.next_segment(data, position)
    if segment.marker != markers.RST0 + number % 8:
        raise FormatError("jpeg_restart", f"RST{number % 8} is missing", offset=position)
    return segment.end
