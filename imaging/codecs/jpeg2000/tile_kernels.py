"""All code-blocks of a tile become its bands (T.800 annexes D, E and H) on plain arrays."""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.block_kernels import BAD_SYMBOL, decode_block, segment_room
from imaging.codecs.jpeg2000.mq_tables import CONTEXTS
from imaging.codecs.jpeg2000.packet_kernels import (
    BAND,
    FIRST,
    HEIGHT,
    LEFT,
    MISSING,
    PASSES,
    TOP,
    WIDTH,
)
from imaging.kernel import BYTES, Int, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Numbers = NDArray[np.int64]
Table = NDArray[np.int32]

BAD_PASSES = -10
MAX_BLOCK = 4096
MAX_SEGMENTS = 512


# columns of `kinds`
OFFSET, PITCH, PLANES, ORIENTATION, STYLE, SHIFT, IS_REAL = range(7)
KIND_COLUMNS = 7


@kernel("int64(int32[:,::1], int64[:,::1])")
def longest_block(blocks: Table, pieces: Numbers) -> Int:
    """The most bytes that one code-block has."""
    longest = np.int64(0)
    for block in range(blocks.shape[0]):
        total = np.int64(0)
        piece = np.int64(blocks[block, FIRST])
        while piece >= 0:
            total += pieces[piece, 2]
            piece = pieces[piece, 0]
        longest = max(longest, total)
    return longest


@kernel(f"int64({BYTES}, int64[:,::1], int64, int64, uint8[::1], int64[:,::1])")
def gather(
    data: Bytes, pieces: Numbers, piece: Int, style: Int, out: Bytes, segments: Numbers
) -> Int:
    """Put the pieces of one block behind each other, FF FF after each segment; returns how many
    segments, each (start in `out`, passes)."""
    count = np.int64(0)
    done = np.int64(0)
    size = np.int64(0)
    room = np.int64(0)
    while piece >= 0:
        if room == 0:
            if count > 0:
                out[size] = 255
                out[size + 1] = 255
                size += 2
            room = segment_room(style, done)
            segments[count, 0] = size
            segments[count, 1] = 0
            count += 1
        start, length, passes = pieces[piece, 1], pieces[piece, 2], pieces[piece, 3]
        for index in range(length):
            out[size + index] = data[start + index]
        size += length
        segments[count - 1, 1] += passes
        room -= passes
        done += passes
        piece = pieces[piece, 0]
    out[size] = 255
    out[size + 1] = 255
    return count


@kernel(
    "void(uint32[::1], uint32[::1], int64, int64, int64[::1], float64, int32[::1], float32[::1], "
    "int64)"
)
def place_block(
    values: Words, signs: Words, width: Int, height: Int, kind: Numbers, step: float,
    ints: NDArray[np.int32], reals: NDArray[np.float32], target: Int,
) -> None:  # fmt: skip
    """Magnitudes and signs become coefficients: whole ones, or times the step (E.1). Where a
    region of interest was shifted up, it comes down again (H.1)."""
    pitch = kind[PITCH]
    shift = kind[SHIFT]
    limit = np.int64(2) << kind[PLANES]
    half_step = np.float32(0.5 * step)
    for row in range(height):
        stripe = row >> 2
        source = 4 * stripe * width + (row & 3)
        sign_row = (stripe + 1) * (width + 2) + 1
        place = np.uint32(3 * (row & 3) + 4)
        line = target + row * pitch
        for column in range(width):
            value = np.int64(values[source + 4 * column])
            if shift > 0 and value >= limit:
                value = (value >> shift) | 1
            sign = -np.int64((signs[sign_row + column] >> place) & np.uint32(1))
            if kind[IS_REAL]:
                reals[line + column] = np.float32((value ^ sign) - sign) * half_step
            else:
                ints[line + column] = np.int32(((value >> 1) ^ sign) - sign)


@kernel(
    f"int64({BYTES}, int32[:,::1], int64[:,::1], int64[:,::1], float64[::1], int64, int32[::1], "
    "float32[::1])"
)
def decode_blocks(
    data: Bytes, blocks: Table, pieces: Numbers, kinds: Numbers, steps: NDArray[np.float64],
    longest: Int, ints: NDArray[np.int32], reals: NDArray[np.float32],
) -> Int:  # fmt: skip
    """Every block of a tile into the bands, which lie one after the other in `ints` or `reals`
    (zeros before). `kinds` has a row a band, see the names above; `steps` their step sizes.

    Returns 0, or BAD_SYMBOL or BAD_PASSES.
    """
    flags = np.empty(2 * MAX_BLOCK + 1024, np.uint32)
    signs = np.empty(2 * MAX_BLOCK + 1024, np.uint32)
    values = np.empty(4 * MAX_BLOCK, np.uint32)
    contexts = np.empty(CONTEXTS, np.int64)
    scratch = np.empty(longest + 2 * MAX_SEGMENTS, np.uint8)
    segments = np.empty((MAX_SEGMENTS, 2), np.int64)
    for block in range(blocks.shape[0]):
        if blocks[block, FIRST] < 0:
            continue
        kind = kinds[blocks[block, BAND]]
        planes = kind[PLANES] + kind[SHIFT] - blocks[block, MISSING]
        if blocks[block, PASSES] > 3 * planes - 2:
            return np.int64(BAD_PASSES)
        width, height = np.int64(blocks[block, WIDTH]), np.int64(blocks[block, HEIGHT])
        count = gather(data, pieces, np.int64(blocks[block, FIRST]), kind[STYLE], scratch, segments)
        status = decode_block(
            scratch, segments, count, width, height, planes, kind[ORIENTATION], kind[STYLE],
            flags, signs, values, contexts,
        )  # fmt: skip
        if status == BAD_SYMBOL:
            return status
        target = kind[OFFSET] + blocks[block, TOP] * kind[PITCH] + blocks[block, LEFT]
        place_block(
            values, signs, width, height, kind, steps[blocks[block, BAND]], ints, reals, target
        )
    return np.int64(0)
