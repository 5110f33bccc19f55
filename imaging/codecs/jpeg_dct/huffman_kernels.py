"""Huffman codes of the DCT processes (T.81 annex C, F.2.2) on plain arrays.

A decoding table is one int32 array. Its first 2^FAST_BITS entries answer for the next bits of the
stream: bits 0-4 the length to skip (0: no code begins so; LONG: look further); bits 5-8 how many
extra bits must still be read, 0 when the value is finished; bits 9-15 how many coefficients to
pass over (END for end of block); bits 16-31 the finished value, signed. Behind them, for codes
longer than FAST_BITS: the largest code of each length, its place, and the symbols.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import BYTES, Int, kernel

Bytes = NDArray[np.uint8]
Table = NDArray[np.int32]

FAST_BITS = 11
LONG = 31
END = 127
MAX_CODE = 1 << FAST_BITS  # 17 entries, by length; -1 where there is none
PLACE = MAX_CODE + 17  # 17 entries: index of the first symbol of that length minus its code
SYMBOLS = PLACE + 17
TABLE_SIZE = SYMBOLS + 256
BAD_TABLE = -1


@kernel("int64(int64, int64)")
def entry_of(symbol: Int, kind: Int) -> Int:
    """Run and extra bits of a symbol, without its length; -1 for one that cannot be.

    A DC symbol is a category (table F.1); an AC symbol is run and category (F.1.2.2.1).
    """
    if kind == 0:
        return (symbol << 5) if symbol <= 15 else -1
    run, category = symbol >> 4, symbol & 15
    if category > 0:
        return (run << 9) | (category << 5)
    if run == 15:  # ZRL: fifteen zeros and a zero
        return run << 9
    return (END << 9) | (run << 16)  # EOB; runs above 0 only mean something in progressive scans


@kernel("void(int32[::1], int64, int64, int64)")
def fill_entries(table: Table, code: Int, length: Int, entry: Int) -> None:
    """All entries that begin with this code; values are finished where their bits are there."""
    free = FAST_BITS - length
    category = (entry >> 5) & 15
    for rest in range(np.int64(1) << free):
        index = (code << free) | rest
        if category == 0 or category > free:
            table[index] = entry | length
        else:
            value = rest >> (free - category)
            if value < np.int64(1) << (category - 1):
                value += 1 - (np.int64(1) << category)
            run = (entry >> 9) & 127
            table[index] = (value << 16) | (run << 9) | (length + category)


@kernel(f"int64({BYTES}, {BYTES}, int64, int32[::1])")
def fill_table(bits: Bytes, values: Bytes, kind: Int, table: Table) -> Int:
    """Fill a decoding table from BITS and HUFFVAL; 0, or BAD_TABLE."""
    code = np.int64(0)
    k = np.int64(0)
    table[:] = 0
    table[MAX_CODE:PLACE] = -1
    for length in range(1, 17):
        table[PLACE + length] = k - code
        for _ in range(bits[length - 1]):
            if code >= np.int64(1) << length:
                return BAD_TABLE
            entry = entry_of(np.int64(values[k]), kind)
            if entry < 0:
                return BAD_TABLE
            table[SYMBOLS + k] = values[k]
            if length <= FAST_BITS:
                fill_entries(table, code, np.int64(length), entry)
            else:
                table[code >> (length - FAST_BITS)] = LONG
            table[MAX_CODE + length] = code
            k += 1
            code += 1
        code <<= 1
    return 0


@kernel("int64(Array(int32, 1, 'C', True), int64, int64)")
def long_entry(table: Table, next_bits: Int, kind: Int) -> Int:
    """The entry of a code longer than FAST_BITS, from the next 16 bits (figure F.16); its length
    is 0 when no code begins so."""
    for length in range(FAST_BITS + 1, 17):
        code = next_bits >> (16 - length)
        if code <= table[MAX_CODE + length]:
            place = code + table[PLACE + length]
            if place < 0 or place > 255:
                return 0
            return entry_of(np.int64(table[SYMBOLS + place]), kind) | length
    return 0
