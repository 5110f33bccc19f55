"""An RLE frame becomes samples: one segment for each byte of each sample, most significant byte
first (PS3.5 G.2), behind a header of sixteen numbers (G.5)."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer, native
from imaging.codecs.rle.kernels import OVERRUN, SLACK, TRUNCATED, interleave, unpack
from imaging.codecs.scratch import scratch
from imaging.errors import FormatError, Incomplete

HEADER_BYTES = 64
MAX_SEGMENTS = 15


@dataclass(frozen=True, slots=True)
class RleHeader:
    """Where each segment begins and ends in the frame."""

    segments: tuple[tuple[int, int], ...]


def read_header(data: Buffer) -> RleHeader:
    """The sixteen numbers, every offset checked against the bytes that are there."""
    if len(data) < HEADER_BYTES:
        raise FormatError("rle_truncated", f"{len(data)} bytes hold no RLE header", offset=0)
    count, *offsets = struct.unpack_from("<16I", data)
    if not 1 <= count <= MAX_SEGMENTS:
        raise FormatError("rle_segments", f"{count} segments", offset=0)
    starts = offsets[:count]
    ends = [*starts[1:], len(data)]
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if not HEADER_BYTES <= start < end <= len(data):
            raise FormatError(
                "rle_offset",
                f"segment {index} is said to be {start} to {end}",
                offset=4 + 4 * index,
            )
    return RleHeader(tuple(zip(starts, ends, strict=True)))


def decode(data: Buffer, out: NDArray[Any]) -> None:
    """Fill `out` (rows, columns, samples), unsigned, C order."""
    header = read_header(data)
    samples, size = out.shape[2], out.dtype.itemsize
    if len(header.segments) != samples * size:
        raise FormatError(
            "rle_segments", f"{len(header.segments)} segments for {samples} samples of {size} bytes"
        )
    source = np.frombuffer(data, np.uint8)
    count, planes = out.shape[0] * out.shape[1], len(header.segments)
    plain = scratch("planes", planes * count + SLACK, np.uint8)
    for index, (start, end) in enumerate(header.segments):
        status = unpack(source, start, end, plain, index * count, count)
        if status == TRUNCATED:
            rows = 0
            if index == planes - 1:  # before it everything is there
                done = _whole_bytes(data, start, end)
                rows = done // out.shape[1]
                plain[index * count + done : (index + 1) * count] = 0
                interleave(plain[: planes * count].reshape(planes, count), out.reshape(-1))
            raise Incomplete(
                "rle_truncated", f"segment {index} ends too early",
                rows=rows, is_cut=False, offset=end,
            )  # fmt: skip
        if status == OVERRUN:
            raise FormatError("rle_overrun", f"segment {index} goes past the frame", offset=start)
    interleave(plain[: planes * count].reshape(planes, count), out.reshape(-1))


def _whole_bytes(data: Buffer, position: int, end: int) -> int:
    """How many bytes the whole runs of a segment give."""
    done = 0
    while position < end:
        code = data[position]
        length = code + 1 if code < 128 else 257 - code if code > 128 else 0
        position += 1 + (length if code < 128 else length > 0)
        if position > end:
            break
        done += length
    return done


def decode_bits(data: Buffer, out: NDArray[Any]) -> None:
    """One frame of 1-bit samples: its packed bytes are the only segment, and every frame begins
    with a byte of its own."""
    packed = np.empty((1, (out.size + 7) // 8, 1), np.uint8)
    decode(data, packed)
    native.decode_bits(packed.tobytes(), out)
