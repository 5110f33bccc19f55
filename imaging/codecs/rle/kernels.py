"""PackBits of PS3.5 G.3.1 and G.3.2 on plain arrays."""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import BYTES, Int, kernel

Bytes = NDArray[np.uint8]

TRUNCATED = -1
OVERRUN = -2


@kernel(f"int64({BYTES}, int64, int64, uint8[::1], int64, int64, int64)")
def unpack(
    data: Bytes, start: int, end: int, out: Bytes, offset: int, stride: int, count: int
) -> Int:
    """Unpack data[start:end] into `count` bytes at out[offset], out[offset + stride], ...

    Returns the position after the last code used, TRUNCATED when the segment ends first,
    OVERRUN when a run goes past the end of the frame. Code -128 is skipped (G.3.2).
    """
    if start < 0 or end > data.size or count < 0:
        return TRUNCATED
    if count > 0 and (offset < 0 or stride < 1 or offset + (count - 1) * stride >= out.size):
        return OVERRUN
    position: Int = start
    target: Int = offset
    limit = offset + count * stride
    while target < limit:
        if position >= end:
            return TRUNCATED
        code = np.int64(data[position])
        position += 1
        if code < 128:
            length = code + 1
            if position + length > end:
                return TRUNCATED
            if target + (length - 1) * stride >= limit:
                return OVERRUN
            for k in range(length):
                out[target] = data[position + k]
                target += stride
            position += length
        elif code > 128:
            length = 257 - code
            if position >= end:
                return TRUNCATED
            if target + (length - 1) * stride >= limit:
                return OVERRUN
            value = data[position]
            position += 1
            for _ in range(length):
                out[target] = value
                target += stride
    return position


@kernel(f"int64({BYTES}, int64, int64, int64, int64, int64, uint8[::1], int64)")
def _flush(
    data: Bytes, offset: int, stride: int, start: int, end: int, limit: int, out: Bytes, at: int
) -> int:
    """Write data[start:end] as literals of at most `limit` bytes."""
    while start < end:
        length = min(limit, end - start)
        out[at] = length - 1
        at += 1
        for k in range(length):
            out[at + k] = data[offset + (start + k) * stride]
        at += length
        start += length
    return at


@kernel(f"int64({BYTES}, int64, int64, int64, int64, uint8[::1], int64)")
def pack_row(
    data: Bytes, offset: int, stride: int, count: int, literal_limit: int, out: Bytes, at: int
) -> int:
    """Pack `count` bytes from data[offset] by `stride` into `out` from `at`; returns the end.

    Two equal bytes inside a literal stay literal (G.3.1's advice). `out` needs count + count/128
    + 2 bytes.
    """
    position = 0
    literal = 0  # where the open literal began
    while position < count:
        value = data[offset + position * stride]
        run = 1
        while (
            run < 128
            and position + run < count
            and data[offset + (position + run) * stride] == value
        ):
            run += 1
        if run >= 3 or (run == 2 and position == literal):
            at = _flush(data, offset, stride, literal, position, literal_limit, out, at)
            out[at] = 257 - run
            out[at + 1] = value
            at += 2
            position += run
            literal = position
        else:
            position += run
    return _flush(data, offset, stride, literal, count, literal_limit, out, at)
