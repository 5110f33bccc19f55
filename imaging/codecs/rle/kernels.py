"""PackBits of PS3.5 G.3.1 and G.3.2 on plain arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import BYTES, Int, inlined, kernel

Bytes = NDArray[np.uint8]

TRUNCATED = -1
OVERRUN = -2
SLACK = 8
"""Bytes behind the last plane, into which eight bytes at a time may be written."""


@inlined(f"uint64({BYTES}, int64)")
def load8(data: Bytes, at: Int) -> Int:
    """Eight bytes as one number: one load."""
    number = np.uint64(0)
    for k in range(8):
        number |= np.uint64(data[at + k]) << np.uint64(8 * k)
    return number


@inlined("void(uint8[::1], int64, uint64)")
def store8(out: Bytes, at: Int, number: Int) -> None:
    """Eight bytes of one number: one store."""
    for k in range(8):
        out[at + k] = np.uint8((number >> np.uint64(8 * k)) & np.uint64(255))


@kernel(f"int64({BYTES}, int64, int64, uint8[::1], int64, int64)")
def unpack(data: Bytes, start: int, end: int, out: Bytes, offset: int, count: int) -> Int:
    """Unpack data[start:end] into out[offset : offset + count], behind which SLACK bytes may be
    spoilt.

    Returns the position after the last code used, TRUNCATED when the segment ends first,
    OVERRUN when a run goes past the end of the frame. Code -128 is skipped (G.3.2).
    """
    if start < 0 or end > data.size or count < 0:
        return TRUNCATED
    if offset < 0 or offset + count + SLACK > out.size:
        return OVERRUN
    position: Int = start
    target: Int = offset
    limit = offset + count
    safe = data.size - SLACK
    while target < limit:
        if position >= end:
            return TRUNCATED
        code = np.int64(data[position])
        position += 1
        if code < 128:
            length = code + 1
            if position + length > end:
                return TRUNCATED
            if target + length > limit:
                return OVERRUN
            after = target + length
            if position + length <= safe:
                source = position
                while target < after:
                    store8(out, target, load8(data, source))
                    source += 8
                    target += 8
            else:
                for k in range(length):
                    out[target + k] = data[position + k]
            target = after
            position += length
        elif code > 128:
            length = 257 - code
            if position >= end:
                return TRUNCATED
            if target + length > limit:
                return OVERRUN
            number = np.uint64(data[position]) * np.uint64(0x0101010101010101)
            position += 1
            after = target + length
            while target < after:
                store8(out, target, number)
                target += 8
            target = after
    return position


@kernel(*(f"void(uint8[:,::1], {out}[::1])" for out in ("uint8", "uint16", "uint32")))
def interleave(planes: NDArray[np.uint8], out: NDArray[Any]) -> None:
    """One plane a byte, the first byte of each sample first, become samples that lie side by
    side."""
    size = out.itemsize
    samples = planes.shape[0] // size
    count = planes.shape[1]
    if samples == 1 and size == 2:
        high, low = planes[0], planes[1]
        for n in range(count):
            out[n] = (np.uint16(high[n]) << 8) | np.uint16(low[n])
        return
    for sample in range(samples):
        for n in range(count):
            number = np.uint32(0)
            for byte in range(size):
                number = np.uint32((number << 8) | planes[sample * size + byte, n])
            out[n * samples + sample] = number


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
