"""The cleanup pass of a high-throughput code-block (T.814 7.3) on plain arrays.

First the quads (two by two samples) get their significance and exponents, row by row, then the
samples their magnitudes. Sample n of a quad is bit n of its four-bit numbers: top left, bottom
left, top right, bottom right.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.htj2k.bit_kernels import (
    bits_at,
    mel_event,
    unstuff_backward,
    unstuff_forward,
)
from imaging.codecs.htj2k.vlc_tables import LOOKUP, OFFSETS
from imaging.kernel import BYTES, Int, bit_length, inlined, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Numbers = NDArray[np.int64]

DAMAGED = -1
LANES = np.array(
    [sum((n >> lane & 1) << 16 * lane for lane in range(4)) for n in range(16)], np.int64
)
"""Bit n of a number as lowest bit of the nth of four lanes of 16 bits."""


@inlined("UniTuple(int64, 3)(uint32[::1], int64, int64, int64, int64)")
def read_offsets(
    words: Words, limit: Int, place: Int, held: Int, kind: Int
) -> tuple[Int, Int, Int]:
    """The exponent offsets of a pair of quads (7.3.6) from the VLC bits at `place`, 16 or more of
    which are in `held`; and the place behind them."""
    entry = np.int64(OFFSETS[(kind << 6) | (held & 63)])
    used = entry & 7
    held >>= used
    first_length = (entry >> 3) & 7
    first = held & ((np.int64(1) << first_length) - 1)
    held >>= first_length
    second_length = (entry >> 6) & 7
    second = held & ((np.int64(1) << second_length) - 1)
    place += used + first_length + second_length
    if max(first, second) >= 28:
        held = bits_at(words, limit, place)
        if first >= 28:
            first += 4 * (held & 15)
            held >>= 4
            place += 4
        if second >= 28:
            second += 4 * (held & 15)
            place += 4
    return first + ((entry >> 9) & 7), second + (entry >> 12), place


@inlined("int64(int32[:,::1], int64, int64, int64)")
def context_of(quads: NDArray[np.int32], row: Int, column: Int, left: Int) -> Int:
    """The context of a quad (7.3.5), by the significance of the one to the left and, below the
    first row, of the three above."""
    if row == 1:
        return ((left | (left >> 1)) & 1) | ((left >> 1) & 6)
    north = np.int64(quads[row - 1, column]) >> 3
    return (
        (((np.int64(quads[row - 1, column - 1]) >> 6) | (north >> 1)) & 1)
        | (((left >> 1) | (left >> 2)) & 2)
        | (((north >> 1) | (np.int64(quads[row - 1, column + 1]) >> 2)) & 4)
    )


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
    place = np.int64(0)
    position, mel_held, mel_bits, state = start, np.int64(0), np.int64(0), np.int64(0)
    run = np.int64(0)
    quads[0, : across + 3] = 0
    for row in range(1, down + 1):
        quads[row, 0] = 0
        base = np.int64(0 if row == 1 else 1 << 10)
        left = np.int64(0)
        for pair in range(1, across + 1, 2):
            held = bits_at(words, limit, place)
            context = context_of(quads, row, pair, left)
            is_coded = np.int64(1)
            if context == 0:
                is_coded, run, position, mel_held, mel_bits, state = mel_event(
                    data, end, run, position, mel_held, mel_bits, state
                )
            entry = np.int64(0)
            if is_coded:
                entry = np.int64(LOOKUP[base | (context << 7) | (held & 127)])
                if entry == 0:
                    return np.int64(DAMAGED)
                held >>= entry & 7
                place += entry & 7
            other = np.int64(0)
            if pair < across:
                context = context_of(quads, row, pair + 1, (entry >> 3) & 15)
                is_coded = np.int64(1)
                if context == 0:
                    is_coded, run, position, mel_held, mel_bits, state = mel_event(
                        data, end, run, position, mel_held, mel_bits, state
                    )
                if is_coded:
                    other = np.int64(LOOKUP[base | (context << 7) | (held & 127)])
                    if other == 0:
                        return np.int64(DAMAGED)
                    held >>= other & 7
                    place += other & 7
            left = (other >> 3) & 15
            offsets = ((entry >> 7) & 1) | ((other >> 6) & 2)
            if offsets:
                kind = offsets - 1
                more = np.int64(0)
                if row == 1 and offsets == 3:
                    both, run, position, mel_held, mel_bits, state = mel_event(
                        data, end, run, position, mel_held, mel_bits, state
                    )
                    kind += 1 - both
                    more = 2 * both
                first, second, place = read_offsets(words, limit, place, held, kind)
                entry |= (first + (more if offsets & 1 else 0)) << 16
                other |= (second + (more if offsets & 2 else 0)) << 16
            quads[row, pair] = entry
            quads[row, pair + 1] = other
        quads[row, across + 1] = 0
    if place > total:
        return np.int64(DAMAGED)
    return np.int64(0)


@inlined("uint32(int64, int64, int64)")
def coefficient(number: Int, is_significant: Int, plane: Int) -> Int:
    """Magnitude, half a step below it, and the sign as highest bit, of the bits of a sample."""
    value = ((number & 1) << 31) | (((number | 1) + 2) << plane)
    return np.uint32(value & -(is_significant & 1))


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
    place = np.int64(0)
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
            # four sizes side by side, then where each begins, all at once
            sizes = exponent * LANES[significance] - LANES[(entry >> 8) & 15]
            ends = sizes * LANES[15]
            total = ends >> 48
            first, second = sizes & 63, (sizes >> 16) & 63
            third, fourth = (sizes >> 32) & 63, sizes >> 48
            held = bits_at(words, limit, place)
            top_left = held & ((np.int64(1) << first) - 1)
            held >>= first
            if total > 33:  # more than were looked at
                held = bits_at(words, limit, place + first)
            bottom_left = held & ((np.int64(1) << second) - 1)
            held >>= second
            if total > 33:
                held = bits_at(words, limit, place + (ends >> 16 & 0xFFFF))
            top_right = held & ((np.int64(1) << third) - 1)
            held >>= third
            if total > 33:
                held = bits_at(words, limit, place + (ends >> 32 & 0xFFFF))
            bottom_right = held & ((np.int64(1) << fourth) - 1)
            place += total
            top_left |= ((entry >> 12) & 1) << first
            bottom_left |= ((entry >> 13) & 1) << second
            top_right |= ((entry >> 14) & 1) << third
            bottom_right |= ((entry >> 15) & 1) << fourth
            values[2 * row, x] = coefficient(top_left, entry >> 3, plane)
            values[2 * row + 1, x] = coefficient(bottom_left, entry >> 4, plane)
            values[2 * row, x + 1] = coefficient(top_right, entry >> 5, plane)
            values[2 * row + 1, x + 1] = coefficient(bottom_right, entry >> 6, plane)
            below[x + 1] = bottom_left | ((entry >> 4) & 1)
            below[x + 2] = bottom_right | ((entry >> 6) & 1)
    return np.int64(0)


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
