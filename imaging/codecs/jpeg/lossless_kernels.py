"""The inner loops of lossless JPEG (T.81 annex H, F.2.2) on plain arrays.

What makes them quick: stuffed bytes are taken out first, into big-endian words, so that a refill
is one load; one look-up of 16 bits mostly answers with the finished difference; the predictor of
the common case stays in a register. Every function returns a status, none raises.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import BYTES, Int, kernel

Bytes = NDArray[np.uint8]

TOO_MANY_CODES = -1
BAD_CODE = -2
_INVALID = 31 << 5
_LOOKUP = "Array(int32, 1, 'C', True)"
_LOOKUPS = "Array(int32, 2, 'C', True)"


@kernel(f"int64({BYTES}, {BYTES}, int32[::1])")
def fill_lookup(bits: Bytes, values: Bytes, table: NDArray[np.int32]) -> int:
    """See `huffman`. Codes are given out as in T.81 C.2; extra bits mean F.2.2.1's EXTEND."""
    table[:] = _INVALID
    code = np.int64(0)
    k = 0
    for length in range(1, 17):
        for _ in range(bits[length - 1]):
            if code >= np.int64(1) << length:
                return TOO_MANY_CODES
            category = np.int64(values[k])
            k += 1
            first = code << (16 - length)
            for index in range(first, first + (np.int64(1) << (16 - length))):
                if category == 0:
                    table[index] = length
                elif category == 16:  # 32768, without extra bits (H.1.2.2)
                    table[index] = (np.int64(-32768) << 16) | length
                elif length + category <= 16:
                    extra = (index >> (16 - length - category)) & ((1 << category) - 1)
                    if extra < np.int64(1) << (category - 1):
                        extra += 1 - (np.int64(1) << category)
                    table[index] = (extra << 16) | (length + category)
                else:
                    table[index] = (category << 5) | length
            code += 1
        code <<= 1
    return 0


@kernel(f"UniTuple(int64, 2)({BYTES}, int64, uint8[::1])")
def unstuff(data: Bytes, position: int, out: Bytes) -> tuple[int, int]:
    """Copy entropy-coded bytes up to the next marker, without stuffing (B.1.1.5).

    Returns how many bytes were written and where the marker (or the end of `data`) is.
    """
    written = 0
    end = data.size
    while position < end:
        value = data[position]
        out[written] = value
        if value == 255:
            if position + 1 < end and data[position + 1] == 255:
                position += 1  # fill before a marker
                continue
            if position + 1 >= end or data[position + 1] != 0:
                return written, position
            position += 1
        written += 1
        position += 1
    return written, position


@kernel(*(
    f"int64(Array(uint32, 1, 'C', True), {_LOOKUP}, {out}[:,::1], int64, int64, int64)"
    for out in ("uint8", "uint16")
))  # fmt: skip
def decode_left(
    words: NDArray[np.uint32], table: NDArray[np.int32], out: Bytes, start: int, shift: int,
    bit_count: int,
) -> Int:  # fmt: skip
    """One component, predictor 1 (selection value of .70), one restart interval.

    `words` must hold columns + 2 words more than the data. Returns the number of rows decoded,
    fewer than `out` has when the bits run out, or BAD_CODE.
    """
    rows, columns = out.shape
    buffer = np.uint64(0)
    held = np.int64(0)
    word = np.int64(0)
    above = np.int64(start)
    for row in range(rows):
        value = above
        for column in range(columns):
            if held < 32:
                buffer |= np.uint64(words[word]) << np.uint64(32 - held)
                word += 1
                held += 32
            entry = np.int64(table[np.int64(buffer >> np.uint64(48))])
            length = entry & 31
            category = (entry >> 5) & 31
            buffer <<= np.uint64(length)
            held -= length
            if category == 0:
                value += entry >> 16
            else:
                if category == 31:
                    return BAD_CODE if word * 32 - held <= bit_count else row
                extra = np.int64(buffer >> np.uint64(64 - category))
                buffer <<= np.uint64(category)
                held -= category
                if extra < np.int64(1) << (category - 1):
                    extra += 1 - (np.int64(1) << category)
                value += extra
            value &= 65535
            out[row, column] = value << shift
            if column == 0:
                above = value
        if word * 32 - held > bit_count:
            return row
    return rows


@kernel(*(
    f"int64(Array(uint32, 1, 'C', True), {_LOOKUPS}, {out}[:,:,::1], int64[::1], int64[::1], "
    "int64, int64, int64, int64)"
    for out in ("uint8", "uint16")
))  # fmt: skip
def decode_any(
    words: NDArray[np.uint32], tables: NDArray[np.int32], out: Bytes,
    parts: NDArray[np.int64], table_of: NDArray[np.int64],
    predictor: int, start: int, shift: int, bit_count: int,
) -> Int:  # fmt: skip
    """Any predictor (table H.1) and any components, interleaved, one restart interval.

    The `parts` of `out` are filled; two rows of them are kept as 16-bit values, because the point
    transform has taken bits away from `out`. Returns as `decode_left`.
    """
    rows, columns, _ = out.shape
    count = parts.size
    lines = np.zeros((2, count, columns), np.int64)
    buffer = np.uint64(0)
    held = np.int64(0)
    word = np.int64(0)
    for row in range(rows):
        now = lines[row & 1]
        before = lines[1 - (row & 1)]
        for column in range(columns):
            for part in range(count):
                if held < 32:
                    buffer |= np.uint64(words[word]) << np.uint64(32 - held)
                    word += 1
                    held += 32
                entry = np.int64(tables[table_of[part], np.int64(buffer >> np.uint64(48))])
                length = entry & 31
                category = (entry >> 5) & 31
                buffer <<= np.uint64(length)
                held -= length
                if category == 0:
                    difference = entry >> 16
                else:
                    if category == 31:
                        return BAD_CODE if word * 32 - held <= bit_count else row
                    difference = np.int64(buffer >> np.uint64(64 - category))
                    buffer <<= np.uint64(category)
                    held -= category
                    if difference < np.int64(1) << (category - 1):
                        difference += 1 - (np.int64(1) << category)
                if row == 0:
                    predicted = np.int64(start) if column == 0 else now[part, column - 1]
                elif column == 0:
                    predicted = before[part, 0]
                else:
                    a = now[part, column - 1]
                    b = before[part, column]
                    c = before[part, column - 1]
                    if predictor == 1:
                        predicted = a
                    elif predictor == 2:
                        predicted = b
                    elif predictor == 3:
                        predicted = c
                    elif predictor == 4:
                        predicted = a + b - c
                    elif predictor == 5:
                        predicted = a + ((b - c) >> 1)
                    elif predictor == 6:
                        predicted = b + ((a - c) >> 1)
                    else:
                        predicted = (a + b) >> 1
                value = (predicted + difference) & 65535
                now[part, column] = value
                out[row, column, parts[part]] = value << shift
        if word * 32 - held > bit_count:
            return row
    return rows
