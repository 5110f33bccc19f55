"""A JPEG-LS stream becomes samples: lossless and near-lossless, every interleave mode (T.87; PS3.5
A.4.3 and 8.2.3)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg import markers
from imaging.codecs.jpeg.conformance import extend_sign
from imaging.codecs.jpeg_ls.decode_kernels import DONE, decode_lines, decode_samples
from imaging.codecs.jpeg_ls.headers import BY_SAMPLE, JpegLsFrame, Scan, read_scan
from imaging.codecs.jpeg_ls.parameters import coding_for, gradient_regions
from imaging.codecs.jpeg_ls.stream import Stream
from imaging.errors import FormatError, Incomplete


def read_header(data: Buffer) -> JpegLsFrame:
    """Everything up to the first scan, checked; no pixel is touched."""
    stream = Stream(data, markers.find_start(data))
    segment = stream.read_to_scan()
    if segment is None or stream.frame is None:
        raise FormatError("jpegls_no_scan", "the stream holds no scan")
    scan = read_scan(data, segment, stream.frame)
    coding_for(stream.preset, stream.frame.precision, scan.near)
    return stream.frame


def decode(data: Buffer, out: NDArray[Any]) -> None:
    """Fill `out` (rows, columns, components), uint8 or uint16, C order."""
    stream, seen = Stream(data, markers.find_start(data)), set[int]()
    while len(seen) < out.shape[2]:
        segment = stream.read_to_scan()
        if segment is None or stream.frame is None:
            raise FormatError("jpegls_no_scan", f"{len(seen)} of {out.shape[2]} components found")
        _check_shape(stream.frame, out)
        scan = read_scan(data, segment, stream.frame)
        if not seen.isdisjoint(scan.parts):  # a flat scan costs nothing and may be a whole picture
            raise FormatError(
                "jpegls_scan_header", "a component in two scans", offset=segment.start
            )
        seen.update(scan.parts)
        try:
            _decode_scan(stream, stream.frame, scan, out)
        except Incomplete as error:
            if len(seen) < out.shape[2] or any(scan.mappings):
                error.rows = 0  # of the other components there is nothing
            raise
        _map_values(stream, scan, out)


def settle(data: Buffer, out: NDArray[Any], bits_stored: int, is_signed: bool) -> None:
    """Give signed samples their sign, in place; `data` does not know of it."""
    if is_signed:
        extend_sign(out, bits_stored)


def _check_shape(frame: JpegLsFrame, out: NDArray[Any]) -> None:
    if (frame.rows, frame.columns, len(frame.components)) != out.shape:
        raise FormatError(
            "jpegls_size",
            f"the stream holds {frame.rows}x{frame.columns}x{len(frame.components)}, "
            f"the data set says {'x'.join(map(str, out.shape))}",
        )
    if out.dtype not in (np.uint8, np.uint16) or frame.precision > 8 * out.dtype.itemsize:
        raise FormatError("jpegls_size", f"{frame.precision} bits do not fit {out.dtype}")


def _decode_scan(stream: Stream, frame: JpegLsFrame, scan: Scan, out: NDArray[Any]) -> None:
    coding = coding_for(stream.preset, frame.precision, scan.near)
    rows_per_interval = stream.restart_rows or frame.rows
    room = 3 * (frame.columns + 4) * len(scan.parts)
    offset = stream.position
    words, intervals = stream.split(-(-frame.rows // rows_per_interval), room)
    decode_scan = decode_samples if scan.interleave == BY_SAMPLE else decode_lines
    status = decode_scan(
        words, intervals, rows_per_interval, gradient_regions(coding), coding.numbers(),
        np.array(scan.parts, np.int64), out,
    )  # fmt: skip
    if status == DONE:
        return
    row = status >> 1
    interval = min(row // rows_per_interval, len(intervals) - 1)
    at = int(intervals[interval, 2]) if interval else offset
    if status & 1:
        raise FormatError("jpegls_bad_code", f"no code fits, in line {row}", offset=at)
    raise Incomplete(
        "jpegls_truncated", f"the scan ends in line {row}",
        rows=row, is_cut=markers.is_at_end(stream.data, stream.position), offset=at,
    )  # fmt: skip


def _map_values(stream: Stream, scan: Scan, out: NDArray[Any]) -> None:
    for part, number in zip(scan.parts, scan.mappings, strict=True):
        if number:
            table = stream.mapping(number, out.dtype)
            if int(out[:, :, part].max()) >= table.size:
                raise FormatError("jpegls_mapping", f"a value beyond table {number}")
            out[:, :, part] = table[out[:, :, part]]
