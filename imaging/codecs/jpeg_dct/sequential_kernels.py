"""Sequential DCT scans (T.81 F.2): bits become samples, block by block, in one pass."""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_dct.huffman_kernels import END, FAST_BITS, LONG, long_entry
from imaging.codecs.jpeg_dct.scan_kernels import BITS, WORD
from imaging.codecs.jpeg_dct.tables import ZIGZAG
from imaging.codecs.jpeg_dct.transform_kernels import inverse_block
from imaging.kernel import Int, kernel

DC_TABLE, AC_TABLE, H, V, PLANE, STRIDE = range(6)  # columns of the parts
TRUNCATED, BAD_CODE = 0, 1
_SIGNATURE = (
    "int64(Array(uint32, 1, 'C', True), int64[:,::1], int64, int32[:,::1], int64[:,::1], "
    "float32[:,::1], {out}[::1], int64, int64, int64)"
)


@kernel(*(_SIGNATURE.format(out=out) for out in ("uint8", "uint16")))
def decode_sequential(
    words: NDArray[np.uint32], intervals: NDArray[np.int64], mcus_per_interval: Int,
    tables: NDArray[np.int32], parts: NDArray[np.int64], steps: NDArray[np.float32],
    samples: NDArray[np.uint8], mcu_rows: Int, mcu_columns: Int, precision: Int,
) -> Int:  # fmt: skip
    """Decode one scan into the planes that `samples` holds one behind another.

    `parts`, one row a component: row of its DC and AC table in `tables`, blocks of an MCU across
    and down, where its plane begins, samples in a row of it. `steps`: its quantisation in zigzag
    order, divided by eight. Returns -1, or 2 * MCU + status for the MCU that could not be decoded.
    """
    level = np.float32(1 << (precision - 1))
    largest = np.float32((1 << precision) - 1)
    block = np.zeros(64, np.float32)
    work = np.zeros(64, np.float32)
    predictions = np.zeros(parts.shape[0], np.int64)
    buffer = np.uint64(0)
    held = np.int64(0)
    word = np.int64(intervals[0, WORD])
    end = word * 32 + intervals[0, BITS]
    interval = np.int64(0)
    left = mcus_per_interval
    for mcu in range(mcu_rows * mcu_columns):
        if left == 0:
            interval += 1
            if interval >= intervals.shape[0]:
                return 2 * mcu + TRUNCATED
            buffer = np.uint64(0)
            held = np.int64(0)
            word = np.int64(intervals[interval, WORD])
            end = word * 32 + intervals[interval, BITS]
            left = mcus_per_interval
            predictions[:] = 0
        left -= 1
        mcu_row = mcu // mcu_columns
        mcu_column = mcu - mcu_row * mcu_columns
        for part in range(parts.shape[0]):
            dc_table = tables[parts[part, DC_TABLE]]
            ac_table = tables[parts[part, AC_TABLE]]
            own_steps = steps[part]
            across = parts[part, H]
            stride = parts[part, STRIDE]
            first = parts[part, PLANE] + mcu_row * parts[part, V] * 8 * stride
            first += mcu_column * across * 8
            for unit in range(across * parts[part, V]):
                down = unit // across
                block[:] = np.float32(0)
                if held < 32:
                    buffer |= np.uint64(words[np.uint64(word)]) << np.uint64(32 - held)
                    word += 1
                    held += 32
                entry = np.int64(dc_table[buffer >> np.uint64(64 - FAST_BITS)])
                length = entry & 31
                if length == LONG:
                    entry = long_entry(dc_table, np.int64(buffer >> np.uint64(48)), 0)
                    length = entry & 31
                if length == 0:
                    return 2 * mcu + (BAD_CODE if word * 32 - held < end else TRUNCATED)
                buffer <<= np.uint64(length)
                held -= length
                category = (entry >> 5) & 15
                value = entry >> 16
                if category > 0:
                    value = np.int64(buffer >> np.uint64(64 - category))
                    buffer <<= np.uint64(category)
                    held -= category
                    if value < np.int64(1) << (category - 1):
                        value += 1 - (np.int64(1) << category)
                predictions[part] += value
                block[0] = np.float32(predictions[part]) * own_steps[0]
                seen = np.int64(0)
                k = np.int64(1)
                while k < 64:
                    if held < 32:
                        buffer |= np.uint64(words[np.uint64(word)]) << np.uint64(32 - held)
                        word += 1
                        held += 32
                    entry = np.int64(ac_table[buffer >> np.uint64(64 - FAST_BITS)])
                    length = entry & 31
                    if length == LONG:
                        entry = long_entry(ac_table, np.int64(buffer >> np.uint64(48)), 1)
                        length = entry & 31
                    if length == 0:
                        return 2 * mcu + (BAD_CODE if word * 32 - held < end else TRUNCATED)
                    buffer <<= np.uint64(length)
                    held -= length
                    run = (entry >> 9) & 127
                    k += run
                    if k > 63:
                        if run != END or entry >> 16 != 0:  # EOBn is for progressive scans
                            return 2 * mcu + (BAD_CODE if word * 32 - held <= end else TRUNCATED)
                        break
                    value = entry >> 16
                    category = (entry >> 5) & 15
                    if category > 0:
                        value = np.int64(buffer >> np.uint64(64 - category))
                        buffer <<= np.uint64(category)
                        held -= category
                        if value < np.int64(1) << (category - 1):
                            value += 1 - (np.int64(1) << category)
                    place = ZIGZAG[np.uint64(k)]
                    block[np.uint64(place)] = np.float32(value) * own_steps[np.uint64(k)]
                    seen |= place
                    k += 1
                if word * 32 - held > end:
                    return 2 * mcu + TRUNCATED
                at = first + 8 * (down * stride + unit - down * across)
                inverse_block(block, work, samples, at, stride, seen, level, largest)
    return -1
