"""The scans of a progressive frame: coefficients first, samples when all have come (T.81 annex
G)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_dct.headers import JpegFrame, Scan, read_scan
from imaging.codecs.jpeg_dct.planes import Plane, total_blocks
from imaging.codecs.jpeg_dct.progressive_kernels import decode_ac, decode_dc, inverse_plane
from imaging.codecs.jpeg_dct.sequential import check_tables, raise_damage, scaled_steps, scan_size
from imaging.codecs.jpeg_dct.stream import Stream
from imaging.codecs.jpeg_dct.tables import decoding_table
from imaging.errors import FormatError, LimitExceeded

MAX_SCANS = 256  # each one may cost a walk over the picture for a few bytes
MAX_VISITS = 16 * 64  # of a component's coefficients: each has one scan and 13 refinements at most


def decode_scans(
    stream: Stream, frame: JpegFrame, planes: tuple[Plane, ...], samples: NDArray[Any]
) -> None:
    """Decode up to EOI, or to the end of a stream that has none."""
    coefficients = np.zeros(64 * total_blocks(planes), np.int16)
    steps: dict[int, NDArray[np.float32]] = {}
    visits = [0] * len(planes)
    for count in range(MAX_SCANS + 1):
        try:
            segment = stream.read_to_scan()
        except FormatError as error:
            if len(steps) == len(planes) and error.code in ("jpeg_truncated", "jpeg_marker"):
                break  # all components are there, only EOI is not
            raise
        if segment is None:
            break
        if count == MAX_SCANS:
            raise LimitExceeded("jpeg_scans", f"more than {count} scans", offset=segment.start)
        scan = read_scan(stream.data, segment, frame)
        check_tables(stream, frame, scan)
        for part in scan.parts:
            visits[part.index] += scan.last - scan.first + 1
            if scan.first == 0:
                number = frame.components[part.index].quantisation
                steps.setdefault(part.index, scaled_steps(stream, number))
        if max(visits) > MAX_VISITS:
            raise LimitExceeded("jpeg_scans", "the same bits again", offset=segment.start)
        _decode_scan(stream, frame, scan, planes, coefficients)
    if len(steps) < len(planes):
        raise FormatError("jpeg_no_scan", f"{len(steps)} of {len(planes)} components found")
    for index, plane in enumerate(planes):
        inverse_plane(
            coefficients, plane.first_block, plane.block_rows, plane.blocks_across, steps[index],
            samples, plane.start, frame.precision,
        )  # fmt: skip


def _decode_scan(
    stream: Stream, frame: JpegFrame, scan: Scan, planes: tuple[Plane, ...],
    coefficients: NDArray[np.int16],
) -> None:  # fmt: skip
    rows, columns = scan_size(frame, scan, planes)
    per_interval = stream.restart_interval or rows * columns
    offset = stream.position
    words, intervals = stream.split(-(-rows * columns // per_interval))
    if scan.first > 0:
        part, plane = scan.parts[0], planes[scan.parts[0].index]
        status = decode_ac(
            words, intervals, per_interval,
            decoding_table(1, *stream.huffman[1, part.ac_table]), coefficients,
            rows, columns, plane.first_block, plane.blocks_across,
            scan.first, scan.last, scan.high, scan.low,
        )  # fmt: skip
    else:
        tables, parts = _dc_parts(stream, frame, scan, planes)
        status = decode_dc(
            words, intervals, per_interval, tables, parts, coefficients, rows, columns,
            scan.high, scan.low,
        )  # fmt: skip
    if status >= 0:
        at = min((status >> 1) // per_interval, len(intervals) - 1)
        raise_damage(status, columns, int(intervals[at, 2]) if at else offset)


def _dc_parts(
    stream: Stream, frame: JpegFrame, scan: Scan, planes: tuple[Plane, ...]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Tables and parts as `decode_dc` wants them; a refinement has no table."""
    tables, parts = [], np.empty((len(scan.parts), 5), np.int64)
    for row, part in enumerate(scan.parts):
        component, plane = frame.components[part.index], planes[part.index]
        h, v = (component.h, component.v) if len(scan.parts) > 1 else (1, 1)
        parts[row] = row, h, v, plane.first_block, plane.blocks_across
        named = stream.huffman.get((0, part.dc_table), (bytes(16), b""))
        tables.append(decoding_table(0, *named))
    return np.stack(tables), parts
