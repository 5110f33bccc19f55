"""Progressive DCT scans (T.81 annex G): bits become coefficients, in zigzag order.

The coefficients of all components lie one behind another in one int16 array. Parts have one row a
component: row of its table, blocks of an MCU across and down, its first block, blocks in a row.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_dct.huffman_kernels import END, FAST_BITS, LONG, long_entry
from imaging.codecs.jpeg_dct.scan_kernels import BITS, WORD
from imaging.codecs.jpeg_dct.tables import ZIGZAG
from imaging.codecs.jpeg_dct.transform_kernels import inverse_block
from imaging.kernel import Int, kernel

TABLE, H, V, FIRST_BLOCK, BLOCKS_ACROSS = range(5)  # columns of the parts
TRUNCATED, BAD_CODE = 0, 1
BAD_RUN = -1
Words = NDArray[np.uint32]
_WORDS = "Array(uint32, 1, 'C', True)"
_TABLE = "Array(int32, 1, 'C', True)"


@kernel(f"int64({_WORDS}, int64)")
def peek(words: Words, position: Int) -> Int:
    """The 32 bits from bit `position` on."""
    index = position >> 5
    pair = (np.uint64(words[index]) << np.uint64(32)) | np.uint64(words[index + 1])
    return np.int64((pair << np.uint64(position & 31)) >> np.uint64(32))


@kernel(f"UniTuple(int64, 3)({_WORDS}, int64, {_TABLE}, int64)")
def read_value(
    words: Words, position: Int, table: NDArray[np.int32], kind: Int
) -> tuple[Int, Int, Int]:
    """Run, value and the position behind them. The run is END for an end of band, whose value is
    then the category of its length, and BAD_RUN when no code begins so."""
    bits = peek(words, position)
    entry = np.int64(table[bits >> (32 - FAST_BITS)])
    if entry & 31 == LONG:
        entry = long_entry(table, bits >> 16, kind)
    length = entry & 31
    if length == 0:
        return BAD_RUN, 0, position
    run = (entry >> 9) & 127
    category = (entry >> 5) & 15
    position += length
    if category == 0:
        return run, entry >> 16, position
    value = peek(words, position) >> (32 - category)
    if value < np.int64(1) << (category - 1):
        value += 1 - (np.int64(1) << category)
    return run, value, position + category


@kernel(
    f"int64({_WORDS}, int64[:,::1], int64, int32[:,::1], int64[:,::1], int16[::1], "
    "int64, int64, int64, int64)"
)
def decode_dc(
    words: Words, intervals: NDArray[np.int64], mcus_per_interval: Int, tables: NDArray[np.int32],
    parts: NDArray[np.int64], coefficients: NDArray[np.int16], mcu_rows: Int, mcu_columns: Int,
    high: Int, low: Int,
) -> Int:  # fmt: skip
    """A DC scan, first (G.1.2.1) or refining; returns -1, or 2 * MCU + status."""
    predictions = np.zeros(parts.shape[0], np.int64)
    position = np.int64(intervals[0, WORD]) * 32
    end = position + intervals[0, BITS]
    interval = np.int64(0)
    left = mcus_per_interval
    for mcu in range(mcu_rows * mcu_columns):
        if left == 0:
            interval += 1
            if interval >= intervals.shape[0]:
                return 2 * mcu + TRUNCATED
            position = np.int64(intervals[interval, WORD]) * 32
            end = position + intervals[interval, BITS]
            left = mcus_per_interval
            predictions[:] = 0
        left -= 1
        mcu_row = mcu // mcu_columns
        mcu_column = mcu - mcu_row * mcu_columns
        for part in range(parts.shape[0]):
            across = parts[part, H]
            for unit in range(across * parts[part, V]):
                row = mcu_row * parts[part, V] + unit // across
                column = mcu_column * across + unit % across
                block = parts[part, FIRST_BLOCK] + row * parts[part, BLOCKS_ACROSS] + column
                if high == 0:
                    run, value, position = read_value(
                        words, position, tables[parts[part, TABLE]], 0
                    )
                    if run == BAD_RUN:
                        return 2 * mcu + (BAD_CODE if position < end else TRUNCATED)
                    predictions[part] += value
                    coefficients[64 * block] = predictions[part] << low
                else:
                    bit = peek(words, position) >> 31
                    coefficients[64 * block] |= bit << low
                    position += 1
                if position > end:
                    return 2 * mcu + TRUNCATED
    return -1


@kernel(f"int64({_WORDS}, int64, int16[::1], int64, int64, int64)")
def refine(
    words: Words, position: Int, coefficients: NDArray[np.int16], start: Int, stop: Int, step: Int
) -> Int:
    """Read a bit for each coefficient that is not zero (G.1.2.3); returns the position."""
    for k in range(start, stop):
        value = np.int64(coefficients[k])
        if value != 0:
            if peek(words, position) >> 31 != 0:
                coefficients[k] = value + (step if value > 0 else -step)
            position += 1
    return position


@kernel(
    f"int64({_WORDS}, int64[:,::1], int64, {_TABLE}, int16[::1], "
    "int64, int64, int64, int64, int64, int64, int64, int64)"
)
def decode_ac(
    words: Words, intervals: NDArray[np.int64], blocks_per_interval: Int,
    table: NDArray[np.int32], coefficients: NDArray[np.int16],
    block_rows: Int, block_columns: Int, first_block: Int, blocks_across: Int,
    first: Int, last: Int, high: Int, low: Int,
) -> Int:  # fmt: skip
    """An AC scan of one component, first (G.1.2.2) or refining (G.1.2.3); returns -1, or
    2 * block + status."""
    step = np.int64(1) << low
    position = np.int64(intervals[0, WORD]) * 32
    end = position + intervals[0, BITS]
    interval = np.int64(0)
    left = blocks_per_interval
    band = np.int64(0)  # blocks that still belong to an end of band run
    for number in range(block_rows * block_columns):
        if left == 0:
            interval += 1
            if interval >= intervals.shape[0]:
                return 2 * number + TRUNCATED
            position = np.int64(intervals[interval, WORD]) * 32
            end = position + intervals[interval, BITS]
            left = blocks_per_interval
            band = np.int64(0)
        left -= 1
        row = number // block_columns
        block = 64 * (first_block + row * blocks_across + number - row * block_columns)
        k = block + first
        stop = block + last + 1
        while band == 0 and k < stop:
            run, value, position = read_value(words, position, table, 1)
            if run == BAD_RUN or (high > 0 and run != END and abs(value) > 1):
                return 2 * number + (BAD_CODE if position < end else TRUNCATED)
            if run == END:
                band = np.int64(1) << value
                if value > 0:
                    band += peek(words, position) >> (32 - value)
                    position += value
                break
            if high == 0:
                k += run
                if k >= stop:
                    return 2 * number + (BAD_CODE if position <= end else TRUNCATED)
                coefficients[k] = value << low
            else:
                while k < stop and (run > 0 or coefficients[k] != 0):
                    if coefficients[k] == 0:
                        run -= 1
                    else:
                        position = refine(words, position, coefficients, k, k + 1, step)
                    k += 1
                if k < stop and value != 0:
                    coefficients[k] = value * step
            k += 1
            if position > end:
                return 2 * number + TRUNCATED
        if band > 0:
            if high > 0:
                position = refine(words, position, coefficients, k, stop, step)
            band -= 1
        if position > end:
            return 2 * number + TRUNCATED
    return -1


@kernel(*(
    f"void(int16[::1], int64, int64, int64, float32[::1], {out}[::1], int64, int64)"
    for out in ("uint8", "uint16")
))  # fmt: skip
def inverse_plane(
    coefficients: NDArray[np.int16], first_block: Int, block_rows: Int, blocks_across: Int,
    steps: NDArray[np.float32], samples: NDArray[np.uint8], plane: Int, precision: Int,
) -> None:  # fmt: skip
    """All blocks of one component become the samples of its plane. `steps` as in
    `sequential_kernels`."""
    level = np.float32(1 << (precision - 1))
    largest = np.float32((1 << precision) - 1)
    block = np.zeros(64, np.float32)
    work = np.zeros(64, np.float32)
    stride = 8 * blocks_across
    for row in range(block_rows):
        for column in range(blocks_across):
            start = 64 * (first_block + row * blocks_across + column)
            seen = np.int64(0)
            block[:] = np.float32(0)
            for k in range(64):
                value = coefficients[start + k]
                if value != 0:
                    place = ZIGZAG[k]
                    block[place] = np.float32(value) * steps[k]
                    seen |= place
            at = plane + 8 * (row * stride + column)
            inverse_block(block, work, samples, at, stride, seen, level, largest)
