"""The scans of a sequential frame, decoded one after another (T.81 annex F)."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg import markers
from imaging.codecs.jpeg_dct.headers import JpegFrame, Scan, read_scan
from imaging.codecs.jpeg_dct.planes import Plane
from imaging.codecs.jpeg_dct.sequential_kernels import BAD_CODE, decode_sequential
from imaging.codecs.jpeg_dct.stream import Stream
from imaging.codecs.jpeg_dct.tables import decoding_table
from imaging.errors import FormatError, Incomplete

Tables = dict[tuple[int, int], int]


def decode_scans(
    stream: Stream, frame: JpegFrame, planes: tuple[Plane, ...], samples: NDArray[Any]
) -> None:
    """Decode until every component has had its scan."""
    seen = set[int]()
    while len(seen) < len(planes):
        segment = stream.read_to_scan()
        if segment is None:
            raise FormatError("jpeg_no_scan", f"{len(seen)} of {len(planes)} components found")
        scan = read_scan(stream.data, segment, frame)
        check_tables(stream, frame, scan)
        seen.update(part.index for part in scan.parts)
        try:
            _decode_scan(stream, frame, scan, planes, samples)
        except Incomplete as error:
            is_last = len(seen) == len(planes)  # of the other components there is nothing
            lines = 8 * (frame.v_max if len(scan.parts) > 1 else 1)
            # colour of a lower resolution is drawn from the lines around
            error.rows = max(0, error.rows * lines - frame.v_max + 1) if is_last else 0
            raise


def check_tables(stream: Stream, frame: JpegFrame, scan: Scan) -> None:
    """Every table that the scan names has been defined."""
    for part in scan.parts:
        if frame.components[part.index].quantisation not in stream.quantisation:
            raise FormatError("jpeg_quantisation", "a table that was never defined")
        if scan.first == 0 and scan.high == 0 and (0, part.dc_table) not in stream.huffman:
            raise FormatError("jpeg_huffman", f"table 0.{part.dc_table} was never defined")
        if scan.last > 0 and (1, part.ac_table) not in stream.huffman:
            raise FormatError("jpeg_huffman", f"table 1.{part.ac_table} was never defined")


def scaled_steps(stream: Stream, number: int) -> NDArray[np.float32]:
    """Quantisation steps as `inverse_block` wants them."""
    return stream.quantisation[number] * np.float32(0.125)


def scan_size(frame: JpegFrame, scan: Scan, planes: tuple[Plane, ...]) -> tuple[int, int]:
    """MCU rows and columns: a scan of one component counts its own blocks (A.2.2)."""
    if len(scan.parts) > 1:
        return frame.mcus()
    plane = planes[scan.parts[0].index]
    return -(-plane.rows // 8), -(-plane.columns // 8)


def raise_damage(
    status: int, columns: int, offset: int, *, is_sequential: bool = False, is_cut: bool = False
) -> NoReturn:
    """The error for the status of a kernel: 2 * MCU + kind. The rows of `Incomplete` are those of
    MCUs; a progressive scan leaves none behind."""
    row, column = divmod(status >> 1, columns)
    place = f"in MCU {column} of row {row}"
    if status & 1 == BAD_CODE:
        raise FormatError("jpeg_bad_code", f"no Huffman code fits, {place}", offset=offset)
    raise Incomplete(
        "jpeg_truncated", f"the scan ends {place}",
        rows=row if is_sequential else 0, is_cut=is_cut, offset=offset,
    )  # fmt: skip


def _decode_scan(
    stream: Stream, frame: JpegFrame, scan: Scan, planes: tuple[Plane, ...], samples: NDArray[Any]
) -> None:
    rows, columns = scan_size(frame, scan, planes)
    per_interval = stream.restart_interval or rows * columns
    offset = stream.position
    words, intervals = stream.split(-(-rows * columns // per_interval))
    tables, numbers = _stack_tables(stream, scan)
    parts = np.empty((len(scan.parts), 6), np.int64)
    steps = np.empty((len(scan.parts), 64), np.float32)
    for row, part in enumerate(scan.parts):
        component, plane = frame.components[part.index], planes[part.index]
        h, v = (component.h, component.v) if len(scan.parts) > 1 else (1, 1)
        dc, ac = numbers[0, part.dc_table], numbers[1, part.ac_table]
        parts[row] = dc, ac, h, v, plane.start, plane.stride
        steps[row] = scaled_steps(stream, component.quantisation)
    status = decode_sequential(
        words, intervals, per_interval, tables, parts, steps, samples, rows, columns,
        frame.precision,
    )  # fmt: skip
    if status >= 0:
        at = min((status >> 1) // per_interval, len(intervals) - 1)
        is_cut = markers.is_at_end(stream.data, stream.position)
        start = int(intervals[at, 2]) if at else offset
        raise_damage(status, columns, start, is_sequential=True, is_cut=is_cut)


def _stack_tables(stream: Stream, scan: Scan) -> tuple[NDArray[np.int32], Tables]:
    """The scan's decoding tables in one array, and the row of each."""
    names = {(0, part.dc_table) for part in scan.parts} | {
        (1, part.ac_table) for part in scan.parts
    }
    order = sorted(names)
    tables = np.stack([decoding_table(name[0], *stream.huffman[name]) for name in order])
    return tables, {name: row for row, name in enumerate(order)}
