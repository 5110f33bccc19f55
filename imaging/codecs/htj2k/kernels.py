"""A high-throughput code-block becomes coefficients (T.814 clause 7) on plain arrays.

Bits are unstuffed first, into words whose lowest bit comes first, so that a refill is one load.
Then the quads (two by two samples) get their significance and exponents, row by row, and then the
samples their magnitudes. Sample n of a quad is bit n of its four-bit numbers: top left, bottom
left, top right, bottom right.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.htj2k.vlc_tables import LOOKUP
from imaging.kernel import BYTES, Int, bit_length, inlined, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Numbers = NDArray[np.int64]

DAMAGED = -1
MAX_BLOCK = 4096
_MEL_EXPONENTS = np.array((0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5), np.int64)  # table 2
_SIGN = 0x80000000


@kernel(f"int64({BYTES}, int64, int64, uint32[::1], int64)")
def unstuff_forward(data: Bytes, start: Int, end: Int, words: Words, filler: Int) -> Int:
    """The MagSgn or SigProp bits of data[start:end] (7.1.2, 7.1.4): after FF a byte has seven.
    The last word is filled up with ones or zeros. Returns the number of words."""
    held = np.int64(0)
    bits = np.int64(0)
    count = np.int64(0)
    is_stuffed = False
    for position in range(start, end):
        value = np.int64(data[position])
        held |= (value & 127 if is_stuffed else value) << bits
        bits += 7 if is_stuffed else 8
        is_stuffed = value == 255
        if bits >= 32:
            words[count] = np.uint32(held & 0xFFFFFFFF)
            count += 1
            held >>= 32
            bits -= 32
    words[count] = np.uint32((held | (filler << bits)) & 0xFFFFFFFF)
    return count + 1


@kernel(f"int64({BYTES}, int64, int64, int64, int64, int64, uint32[::1])")
def unstuff_backward(
    data: Bytes, start: Int, end: Int, last: Int, held: Int, bits: Int, words: Words
) -> Int:
    """The VLC or MagRef bits of data[start:end] from the end (7.1.3, 7.1.5), after `bits` bits in
    `held`: before a byte above 8F, one whose low seven bits are ones has only those. Returns the
    number of bits."""
    count = np.int64(0)
    total = bits
    for position in range(end - 1, start - 1, -1):
        value = np.int64(data[position])
        width = 7 if last > 0x8F and value & 127 == 127 else 8
        held |= (value & 127 if width == 7 else value) << bits
        bits += width
        total += width
        last = value
        if bits >= 32:
            words[count] = np.uint32(held & 0xFFFFFFFF)
            count += 1
            held >>= 32
            bits -= 32
    words[count] = np.uint32(held)
    return total


@inlined("UniTuple(int64, 3)(uint32[::1], int64, int64, int64, int64, int64)")
def refill(
    words: Words, limit: Int, filler: Int, held: Int, bits: Int, word: Int
) -> tuple[Int, Int, Int]:
    """32 bits or more in `held`, beyond `limit` words the filler."""
    if bits < 32:
        following = np.int64(words[word]) if word < limit else filler
        held |= following << bits
        bits += 32
        word += 1
    return held, bits, word


@inlined(f"UniTuple(int64, 4)({BYTES}, int64, int64, int64, int64)")
def mel_bit(
    data: Bytes, end: Int, position: Int, held: Int, bits: Int
) -> tuple[Int, Int, Int, Int]:
    """One bit of the MEL stream (7.1.3, 7.1.1), highest first; ones beyond its end."""
    if bits == 0:
        bits = np.int64(7 if held == 255 else 8)
        held = np.int64(255)
        if position < end - 2:
            held = np.int64(data[position])
        elif position == end - 2:
            held = np.int64(data[position]) | 15
        position += 1
    bits -= 1
    return (held >> bits) & 1, position, held, bits


@kernel(f"UniTuple(int64, 5)({BYTES}, int64, int64, int64, int64, int64)")
def next_run(
    data: Bytes, end: Int, position: Int, held: Int, bits: Int, state: Int
) -> tuple[Int, Int, Int, Int, Int]:
    """The next run of the adaptive run-length code (7.3.3): twice the number of zeros, and 1 more
    when a one follows; then the reader's position, held byte, bits left, and the state."""
    exponent = _MEL_EXPONENTS[state]
    bit, position, held, bits = mel_bit(data, end, position, held, bits)
    if bit:
        return np.int64(2) << exponent, position, held, bits, min(np.int64(12), state + 1)
    number = np.int64(0)
    for _ in range(exponent):
        bit, position, held, bits = mel_bit(data, end, position, held, bits)
        number = 2 * number + bit
    return 2 * number + 1, position, held, bits, max(np.int64(0), state - 1)


@inlined("UniTuple(int64, 2)(int64)")
def offset_prefix(held: Int) -> tuple[Int, Int]:
    """An exponent offset's prefix (table 3) and its length."""
    if held & 1:
        return np.int64(1), np.int64(1)
    if held & 2:
        return np.int64(2), np.int64(2)
    return np.int64(3 if held & 4 else 5), np.int64(3)


@inlined("int64(int64)")
def suffix_length(prefix: Int) -> Int:
    """How many bits of suffix follow a prefix (table 3)."""
    return np.int64(0 if prefix < 3 else 1 if prefix == 3 else 5)


@inlined("UniTuple(int64, 3)(int64, int64, int64, int64)")
def read_offsets(held: Int, first: Int, second: Int, mode: Int) -> tuple[Int, Int, Int]:
    """The exponent offsets of a pair of quads (7.3.6) from the VLC bits `held`, and the bits used.

    `first` and `second` say which quads have one; `mode` is 0 below the first row; in it 2 when
    the MEL code says that both are above 2, else 1.
    """
    used = np.int64(0)
    first_prefix = np.int64(0)
    second_prefix = np.int64(0)
    if first:
        first_prefix, length = offset_prefix(held)
        held >>= length
        used += length
    if second:
        if mode == 1 and first and first_prefix > 2:
            second_prefix = (held & 1) + 1
            length = np.int64(1)
        else:
            second_prefix, length = offset_prefix(held)
        held >>= length
        used += length
    first_length = suffix_length(first_prefix)
    first_suffix = held & ((np.int64(1) << first_length) - 1)
    held >>= first_length
    second_length = suffix_length(second_prefix)
    second_suffix = held & ((np.int64(1) << second_length) - 1)
    held >>= second_length
    used += first_length + second_length
    first_offset = first_prefix + first_suffix
    second_offset = second_prefix + second_suffix
    if first_suffix >= 28:
        first_offset += 4 * (held & 15)
        held >>= 4
        used += 4
    if second_suffix >= 28:
        second_offset += 4 * (held & 15)
        used += 4
    if mode == 2:
        first_offset += 2
        second_offset += 2
    return first_offset, second_offset, used


@inlined(f"UniTuple(int64, 6)({BYTES}, int64, int64, int64, int64, int64, int64)")
def mel_event(
    data: Bytes, end: Int, run: Int, position: Int, held: Int, bits: Int, state: Int
) -> tuple[Int, Int, Int, Int, Int, Int]:
    """One symbol of the MEL code: the symbol, what is left of the run, and the reader's state."""
    if run == 0:
        run, position, held, bits, state = next_run(data, end, position, held, bits, state)
    if run == 1:
        return np.int64(1), np.int64(0), position, held, bits, state
    return np.int64(0), run - 2, position, held, bits, state


@kernel(f"int64({BYTES}, int64, int64, int64, int64, uint32[::1], int32[:,::1])")
def read_quads(
    data: Bytes, start: Int, end: Int, across: Int, down: Int, words: Words,
    quads: NDArray[np.int32],
) -> Int:  # fmt: skip
    """Significance, known bits and exponent offset of all quads (7.3).

    The MEL bits begin at `start`, the VLC bits at `end`, backwards. Quad (row, column) becomes
    quads[row + 1, column + 1]: its entry of LOOKUP | offset << 16; around them lies a border of
    zeros. Returns 0 or DAMAGED.
    """
    last = np.int64(data[end - 2])
    width = np.int64(3 if (last >> 4) & 7 == 7 else 4)
    total = unstuff_backward(
        data, start, end - 2, last | 15, (last >> 4) & ((np.int64(1) << width) - 1), width, words
    )
    limit = (total + 31) >> 5
    held = np.int64(0)
    bits = np.int64(0)
    word = np.int64(0)
    position, mel_held, mel_bits, state = start, np.int64(0), np.int64(0), np.int64(0)
    run = np.int64(0)
    quads[0, : across + 3] = 0
    for row in range(1, down + 1):
        quads[row, 0] = 0
        base = np.int64(0 if row == 1 else 1 << 10)
        left = np.int64(0)
        for column in range(1, across + 1):
            if column & 1:
                held, bits, word = refill(words, limit, np.int64(0), held, bits, word)
            if row == 1:
                context = ((left | (left >> 1)) & 1) | ((left >> 1) & 6)
            else:
                north = np.int64(quads[row - 1, column]) >> 3
                context = (
                    (((np.int64(quads[row - 1, column - 1]) >> 6) | (north >> 1)) & 1)
                    | (((left >> 1) | (left >> 2)) & 2)
                    | (((north >> 1) | (np.int64(quads[row - 1, column + 1]) >> 2)) & 4)
                )
            is_coded = np.int64(1)
            if context == 0:
                is_coded, run, position, mel_held, mel_bits, state = mel_event(
                    data, end, run, position, mel_held, mel_bits, state
                )
            entry = np.int64(0)
            if is_coded:
                entry = np.int64(LOOKUP[base | (context << 7) | (held & 127)])
                length = entry & 7
                if length == 0:
                    return np.int64(DAMAGED)
                held >>= length
                bits -= length
            left = (entry >> 3) & 15
            quads[row, column] = entry
            if column & 1 and column < across:
                continue
            # the pair is complete: its exponent offsets follow
            first_at = column - 1 + (column & 1)
            first = (np.int64(quads[row, first_at]) >> 7) & 1
            second = np.int64(0) if column & 1 else (entry >> 7) & 1
            if first | second:
                held, bits, word = refill(words, limit, np.int64(0), held, bits, word)
                mode = np.int64(row == 1)
                if row == 1 and first & second:
                    both, run, position, mel_held, mel_bits, state = mel_event(
                        data, end, run, position, mel_held, mel_bits, state
                    )
                    mode += both
                first_offset, second_offset, used = read_offsets(held, first, second, mode)
                held >>= used
                bits -= used
                quads[row, first_at] |= first_offset << 16
                if second:
                    quads[row, column] |= second_offset << 16
        quads[row, across + 1] = 0
    if 32 * word - bits > total:
        return np.int64(DAMAGED)
    return np.int64(0)


@kernel(
    f"int64({BYTES}, int64, int64, int64, int64, int64, int64, uint32[::1], int32[:,::1], "
    "uint32[:,::1], int64[::1])"
)
def read_magnitudes(
    data: Bytes, start: Int, end: Int, across: Int, down: Int, bound: Int, plane: Int,
    words: Words, quads: NDArray[np.int32], values: Words, below: Numbers,
) -> Int:  # fmt: skip
    """The samples of all quads (7.3.7, 7.3.8) from the MagSgn bits data[start:end].

    `values` (rows, columns of whole quads) become magnitudes with half a step as lowest bit and
    the sign as highest. An exponent above `bound` is DAMAGED, else 0 is returned.
    """
    limit = unstuff_forward(data, start, end, words, np.int64(0xFFFFFFFF))
    held = np.int64(0)
    bits = np.int64(0)
    word = np.int64(0)
    below[: 2 * across + 4] = 0  # 2 * magnitude - 1 of the row above, from column -1 on
    for row in range(down):
        above = np.int64(0)  # of the column before
        for column in range(across):
            entry = np.int64(quads[row + 1, column + 1])
            significance = (entry >> 3) & 15
            x = 2 * column
            highest: Int = above | below[x + 1] | below[x + 2] | below[x + 3]
            above = below[x + 2]
            if significance == 0:
                values[2 * row, x] = 0
                values[2 * row, x + 1] = 0
                values[2 * row + 1, x] = 0
                values[2 * row + 1, x + 1] = 0
                below[x + 1] = 0
                below[x + 2] = 0
                continue
            exponent = entry >> 16
            if significance & (significance - 1) and highest > 3:
                exponent += bit_length(highest) - 1
            else:
                exponent += 1
            if exponent > bound:
                return np.int64(DAMAGED)
            for n in range(4):
                number = np.int64(0)
                value = np.int64(0)
                if (significance >> n) & 1:
                    held, bits, word = refill(words, limit, np.int64(0xFFFFFFFF), held, bits, word)
                    size = exponent - ((entry >> (8 + n)) & 1)
                    number = held & ((np.int64(1) << size) - 1)
                    held >>= size
                    bits -= size
                    number |= ((entry >> (12 + n)) & 1) << size
                    value = (number & 1) << 31
                    number |= 1
                    value |= (number + 2) << plane
                values[2 * row + (n & 1), x + (n >> 1)] = np.uint32(value)
                if n & 1:
                    below[x + 1 + (n >> 1)] = number
    return np.int64(0)


@kernel("void(uint32[:,::1], int64, int64, uint8[:,::1])")
def mark_significant(values: Words, width: Int, height: Int, marks: Bytes) -> None:
    """`marks` (rows + 2, columns + 2) becomes 1 where a sample is significant, 0 elsewhere."""
    marks[: height + 2, : width + 2] = 0
    for row in range(height):
        for column in range(width):
            if values[row, column] != 0:
                marks[row + 1, column + 1] = 1


@kernel(
    f"void({BYTES}, int64, int64, int64, int64, int64, int64, uint32[::1], uint32[:,::1], "
    "uint8[:,::1])"
)
def propagate_significance(
    data: Bytes, start: Int, end: Int, width: Int, height: Int, is_causal: Int, plane: Int,
    words: Words, values: Words, marks: Bytes,
) -> None:  # fmt: skip
    """The SigProp pass (7.4): insignificant samples beside significant ones, in groups of four
    columns of a stripe, whose signs follow. New ones get 2 in `marks`."""
    limit = unstuff_forward(data, start, end, words, np.int64(0))
    held = np.int64(0)
    bits = np.int64(0)
    word = np.int64(0)
    for top in range(0, height, 4):
        bottom = min(top + 4, height)
        for left in range(0, width, 4):
            right = min(left + 4, width)
            for column in range(left, right):
                for row in range(top, bottom):
                    if marks[row + 1, column + 1] != 0:
                        continue
                    near = marks[row, column] | marks[row, column + 1] | marks[row, column + 2]
                    near |= marks[row + 1, column] | marks[row + 1, column + 2]
                    if not (is_causal and row == top + 3):
                        near |= marks[row + 2, column] | marks[row + 2, column + 1]
                        near |= marks[row + 2, column + 2]
                    if near == 0:
                        continue
                    held, bits, word = refill(words, limit, np.int64(0), held, bits, word)
                    if held & 1:
                        marks[row + 1, column + 1] = 2
                    held >>= 1
                    bits -= 1
            for column in range(left, right):
                for row in range(top, bottom):
                    if marks[row + 1, column + 1] == 2:
                        held, bits, word = refill(words, limit, np.int64(0), held, bits, word)
                        values[row, column] = np.uint32((np.int64(3) << plane) | (held & 1) << 31)
                        held >>= 1
                        bits -= 1


@kernel(
    f"void({BYTES}, int64, int64, int64, int64, int64, uint32[::1], uint32[:,::1], uint8[:,::1])"
)
def refine_magnitudes(
    data: Bytes, start: Int, end: Int, width: Int, height: Int, plane: Int, words: Words,
    values: Words, marks: Bytes,
) -> None:  # fmt: skip
    """The MagRef pass (7.5): one more bit of the samples that the cleanup pass found."""
    none = np.int64(0)
    total = unstuff_backward(data, start, end, np.int64(255), none, none, words)
    limit = (total + 31) >> 5
    half = np.int64(1) << plane
    held = np.int64(0)
    bits = np.int64(0)
    word = np.int64(0)
    for top in range(0, height, 4):
        for column in range(width):
            for row in range(top, min(top + 4, height)):
                if marks[row + 1, column + 1] == 1:
                    held, bits, word = refill(words, limit, np.int64(0), held, bits, word)
                    values[row, column] = np.uint32(
                        np.int64(values[row, column]) + (2 * (held & 1) - 1) * half
                    )
                    held >>= 1
                    bits -= 1


@kernel(
    f"int64({BYTES}, int64, int64, int64, int64, int64, int64, uint32[::1], int32[:,::1], "
    "uint32[:,::1], int64[::1])"
)
def decode_cleanup(
    data: Bytes, start: Int, length: Int, width: Int, height: Int, missing: Int, plane: Int,
    words: Words, quads: NDArray[np.int32], values: Words, below: Numbers,
) -> Int:  # fmt: skip
    """The cleanup pass of one block (7.3) from data[start:start + length]; 0 or DAMAGED."""
    end = start + length
    if length < 2:
        return np.int64(DAMAGED)
    suffix = (np.int64(data[end - 1]) << 4) | (np.int64(data[end - 2]) & 15)
    if suffix < 2 or suffix > min(length, np.int64(4079)):
        return np.int64(DAMAGED)
    across, down = (width + 1) >> 1, (height + 1) >> 1
    status = read_quads(data, end - suffix, end, across, down, words, quads)
    if status < 0:
        return status
    return read_magnitudes(
        data, start, end - suffix, across, down, missing + 2, plane, words, quads, values, below
    )
