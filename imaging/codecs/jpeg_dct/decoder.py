"""A DCT coded JPEG stream becomes samples: baseline, extended sequential and progressive, Huffman
coded, 8 and 12 bits (T.81 annexes F and G; PS3.5 A.4.1 and 8.2.1).

Samples come out as coded: whether they are RGB or YBR says the data set, or `colour_facts`. An
entropy-coded segment that is cut or damaged is an error: a picture with an invented lower half is
worse than none. Of a sequential frame that is cut the upper rows are there (`Incomplete`). Bytes
behind the picture, and a missing EOI, do no harm.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg import markers
from imaging.codecs.jpeg_dct import progressive, sequential
from imaging.codecs.jpeg_dct.headers import PROGRESSIVE, JpegFrame, read_scan
from imaging.codecs.jpeg_dct.planes import gather, lay_out, total_blocks
from imaging.codecs.jpeg_dct.stream import Stream, find_lines
from imaging.errors import FormatError, Incomplete


def read_header(data: Buffer) -> JpegFrame:
    """Everything up to the first scan, checked; no pixel is touched. `rows` is the truth even
    where DNL gives it."""
    stream = Stream(data, markers.find_start(data))
    segment = stream.read_to_scan()
    if segment is None:
        raise FormatError("jpeg_no_scan", "the stream holds no scan")
    if stream.frame is None:
        raise FormatError("jpeg_no_frame", "a scan before its frame", offset=segment.start)
    scan = read_scan(data, segment, stream.frame)
    sequential.check_tables(stream, stream.frame, scan)
    if stream.frame.rows == 0:
        return replace(stream.frame, rows=find_lines(data, segment.end))
    return stream.frame


def decode(data: Buffer, out: NDArray[Any]) -> None:
    """Fill `out` (rows, columns, components), uint8 or uint16, C order."""
    frame = read_header(data)
    _check_shape(frame, out)
    planes = lay_out(frame)
    dtype = np.uint8 if frame.precision == 8 else np.uint16
    samples = np.empty(64 * total_blocks(planes), dtype)
    stream = Stream(data, markers.find_start(data))
    if frame.process == PROGRESSIVE:
        progressive.decode_scans(stream, frame, planes, samples)
    else:
        try:
            sequential.decode_scans(stream, frame, planes, samples)
        except Incomplete:
            gather(frame, planes, samples, out)
            raise
    gather(frame, planes, samples, out)


def _check_shape(frame: JpegFrame, out: NDArray[Any]) -> None:
    if (frame.rows, frame.columns, len(frame.components)) != out.shape:
        raise FormatError(
            "jpeg_size",
            f"the stream holds {frame.rows}x{frame.columns}x{len(frame.components)}, "
            f"the data set says {'x'.join(map(str, out.shape))}",
        )
    if out.dtype not in (np.uint8, np.uint16) or frame.precision > 8 * out.dtype.itemsize:
        raise FormatError("jpeg_size", f"{frame.precision} bits do not fit {out.dtype}")
