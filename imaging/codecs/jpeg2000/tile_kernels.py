"""All code-blocks of a tile become its bands (T.800 annexes D, E and H) on plain arrays."""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.htj2k.cleanup_kernels import decode_cleanup
from imaging.codecs.htj2k.refinement_kernels import (
    mark_significant,
    propagate_significance,
    refine_magnitudes,
)
from imaging.codecs.jpeg2000.block_kernels import CAUSAL, HIGH_THROUGHPUT, decode_block
from imaging.codecs.jpeg2000.mq_tables import CONTEXTS
from imaging.codecs.jpeg2000.packet_kernels import (
    BAND,
    FIRST,
    HEIGHT,
    LEFT,
    MISSING,
    PASSES,
    PLACEHOLDERS,
    TOP,
    WIDTH,
    room_of,
)
from imaging.kernel import BYTES, Int, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Numbers = NDArray[np.int64]
Table = NDArray[np.int32]

BAD_PASSES, MANY_SETS = -10, -11
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


@kernel(f"int64({BYTES}, int64[:,::1], int64, int64, int64, uint8[::1], int64[:,::1])")
def gather(
    data: Bytes, pieces: Numbers, piece: Int, style: Int, placeholders: Int, out: Bytes,
    segments: Numbers,
) -> Int:  # fmt: skip
    """Put the pieces of one block behind each other, FF FF after each segment; returns how many
    segments, each (start in `out`, passes, length)."""
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
            room = room_of(style, done, placeholders)
            segments[count, 0] = size
            segments[count, 1] = 0
            segments[count, 2] = 0
            count += 1
        start, length, passes = pieces[piece, 1], pieces[piece, 2], pieces[piece, 3]
        out[size : size + length] = data[start : start + length]
        size += length
        segments[count - 1, 1] += passes
        segments[count - 1, 2] += length
        room -= passes
        done += passes
        piece = pieces[piece, 0]
    out[size] = 255
    out[size + 1] = 255
    return count


@kernel("void(uint32[::1], int64, int64, int64)")
def bring_down(values: Words, count: Int, mask: Int, shift: Int) -> None:
    """Where a region of interest was shifted up, the magnitudes (the bits of `mask`) come down
    again (H.1). Everything outside it is below 2 ** shift (H.2.1); an encoder that shifts whole
    components by less leaves no other non-zero value below that either."""
    for index in range(count):
        magnitude = np.int64(values[index]) & mask
        if magnitude >= np.int64(2) << shift:
            sign = np.int64(values[index]) & ~mask
            values[index] = np.uint32(sign | (magnitude >> shift) | 1)


@kernel(
    "void(uint32[::1], uint32[::1], int64, int64, int64, boolean, float32, int32[::1], "
    "float32[::1], int64)"
)
def place_block(
    values: Words, signs: Words, width: Int, height: Int, pitch: Int, is_real: Int, half_step: Int,
    ints: NDArray[np.int32], reals: NDArray[np.float32], target: Int,
) -> None:  # fmt: skip
    """Magnitudes and signs of a block become coefficients from `target` on: whole ones, or times
    the step (E.1)."""
    for row in range(height):
        source = 4 * (row >> 2) * width + (row & 3)
        sign_row = ((row >> 2) + 1) * (width + 2) + 1
        place = np.uint32(3 * (row & 3) + 4)
        line = target + row * pitch
        line_of_signs = signs[sign_row : sign_row + width]
        line_of_values = values[source:]
        if is_real:
            line_of_reals = reals[line : line + width]
            for column in range(width):
                sign = -np.int32((line_of_signs[column] >> place) & np.uint32(1))
                value = np.int32(line_of_values[4 * column])
                line_of_reals[column] = np.float32((value ^ sign) - sign) * half_step
        else:
            line_of_ints = ints[line : line + width]
            for column in range(width):
                sign = -np.int32((line_of_signs[column] >> place) & np.uint32(1))
                value = np.int32(line_of_values[4 * column] >> np.uint32(1))
                line_of_ints[column] = np.int32((value ^ sign) - sign)


@kernel(
    "void(uint32[:,::1], int64, int64, int64, boolean, float32, int32[::1], float32[::1], int64)"
)
def place_samples(
    values: Words, width: Int, height: Int, pitch: Int, is_real: Int, half_step: Int,
    ints: NDArray[np.int32], reals: NDArray[np.float32], target: Int,
) -> None:  # fmt: skip
    """The same for magnitudes whose sign is their highest bit, row by row."""
    for row in range(height):
        source = values[row, :width]
        line = target + row * pitch
        if is_real:
            line_of_reals = reals[line : line + width]
            for column in range(width):
                raw = source[column]
                sign = -np.int32(raw >> np.uint32(31))
                value = np.int32(raw & np.uint32(0x7FFFFFFF))
                line_of_reals[column] = np.float32((value ^ sign) - sign) * half_step
        else:
            line_of_ints = ints[line : line + width]
            for column in range(width):
                raw = source[column]
                sign = -np.int32(raw >> np.uint32(31))
                value = np.int32((raw & np.uint32(0x7FFFFFFF)) >> np.uint32(1))
                line_of_ints[column] = np.int32((value ^ sign) - sign)


@kernel(
    f"int64({BYTES}, int64[:,::1], int64, int32[::1], int64[::1], uint32[::1], int32[::1], "
    "uint32[::1], uint8[::1], int64[::1])"
)
def decode_fast_block(
    data: Bytes, segments: Numbers, count: Int, block: Table, kind: Numbers, words: Words,
    quads: Table, values: Words, marks: Bytes, below: Numbers,
) -> Int:  # fmt: skip
    """A high-throughput block (T.814 clause 7): its cleanup pass and up to two refinements.

    `values` become rows of magnitudes with signs, as wide as whole quads. Returns 0 or a status.
    """
    width, height = np.int64(block[WIDTH]), np.int64(block[HEIGHT])
    missing = block[MISSING] + block[PLACEHOLDERS] // 3
    plane = kind[PLANES] + kind[SHIFT] - 1 - missing
    passes = block[PASSES] - block[PLACEHOLDERS]
    if passes > 3:
        return np.int64(MANY_SETS)
    if plane < 0 or (passes > 1 and plane < 1):
        return np.int64(BAD_PASSES)
    across, down = (width + 1) >> 1, (height + 1) >> 1
    quad_table = quads[: (down + 1) * (across + 3)].reshape(down + 1, across + 3)
    rows = values[: 4 * down * across].reshape(2 * down, 2 * across)
    if segments[0, 2] == 0:
        rows[:] = 0
        return np.int64(0)
    status = decode_cleanup(
        data, segments[0, 0], segments[0, 2], width, height, missing, plane, words, quad_table,
        rows, below,
    )  # fmt: skip
    if status < 0 or count < 2:
        return status
    start, end = segments[1, 0], segments[1, 0] + segments[1, 2]
    table = marks[: (height + 2) * (width + 2)].reshape(height + 2, width + 2)
    mark_significant(rows, width, height, table)
    is_causal = np.int64(kind[STYLE] & CAUSAL != 0)
    propagate_significance(
        data, start, end, width, height, is_causal, plane - 1, words, rows, table
    )
    if passes > 2:
        refine_magnitudes(data, start, end, width, height, plane - 1, words, rows, table)
    return np.int64(0)


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

    Returns 0, or the status of the first block that is damaged.
    """
    flags = np.empty(2 * MAX_BLOCK + 1024, np.uint32)
    signs = np.empty(2 * MAX_BLOCK + 1024, np.uint32)
    values = np.empty(4 * MAX_BLOCK, np.uint32)
    contexts = np.empty(CONTEXTS, np.int64)
    quads = np.empty(2 * MAX_BLOCK + 1024, np.int32)
    marks = np.empty(2 * MAX_BLOCK + 4096, np.uint8)
    below = np.empty(2 * 1024 + 8, np.int64)
    words = np.empty(longest // 4 + 8, np.uint32)
    scratch = np.empty(longest + 2 * MAX_SEGMENTS, np.uint8)
    segments = np.empty((MAX_SEGMENTS, 3), np.int64)
    for index in range(blocks.shape[0]):
        block = blocks[index]
        if block[FIRST] < 0:
            continue
        kind = kinds[block[BAND]]
        half_step = np.float32(0.5 * steps[block[BAND]])
        is_real = kind[IS_REAL] != 0
        planes = kind[PLANES] + kind[SHIFT] - block[MISSING]
        if block[PASSES] > 3 * planes - 2:
            return np.int64(BAD_PASSES)
        width, height = np.int64(block[WIDTH]), np.int64(block[HEIGHT])
        style = kind[STYLE]
        target = kind[OFFSET] + block[TOP] * kind[PITCH] + block[LEFT]
        count = gather(
            data, pieces, np.int64(block[FIRST]), style, np.int64(block[PLACEHOLDERS]), scratch,
            segments,
        )  # fmt: skip
        if style & HIGH_THROUGHPUT:
            status = decode_fast_block(
                scratch, segments, count, block, kind, words, quads, values, marks, below
            )
            if status < 0:
                return status
            rows = 2 * ((height + 1) >> 1)
            columns = 2 * ((width + 1) >> 1)
            if kind[SHIFT]:
                bring_down(values, rows * columns, np.int64(0x7FFFFFFF), kind[SHIFT])
            samples = values[: rows * columns].reshape(rows, columns)
            place_samples(
                samples, width, height, kind[PITCH], is_real, half_step, ints, reals, target
            )
            continue
        status = decode_block(
            scratch, segments, count, width, height, planes, kind[ORIENTATION], style,
            flags, signs, values, contexts,
        )  # fmt: skip
        if status < 0:
            return status
        if kind[SHIFT]:
            count = ((height + 3) >> 2) * 4 * width
            bring_down(values, count, np.int64(0xFFFFFFFF), kind[SHIFT])
        place_block(
            values, signs, width, height, kind[PITCH], is_real, half_step, ints, reals, target
        )
    return np.int64(0)
