"""Passes whose bits bypass the MQ coder (T.800 D.6) on plain arrays, for `block_kernels`."""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.stripe_kernels import OWN, set_significant, window_of
from imaging.kernel import BYTES, Int, inlined, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]


@inlined(f"UniTuple(int64, 4)({BYTES}, int64, int64, int64)")
def raw_bit(data: Bytes, held: Int, bits: Int, position: Int) -> tuple[Int, Int, Int, Int]:
    """One bit of a segment that bypasses the MQ coder (D.6): bit, byte held, bits left, position.
    After FF a byte has seven bits; FF FF is the end and gives ones."""
    if bits == 0:
        if held == 255 and data[position] > 0x8F:
            bits = np.int64(8)
        else:
            bits = np.int64(7 if held == 255 else 8)
            held = np.int64(data[position])
            position += 1
    bits -= 1
    return (held >> bits) & 1, held, bits, position


@kernel(
    f"UniTuple(int64, 3)({BYTES}, uint32[::1], uint32[::1], uint32[::1], int64, int64, int64, "
    "int64, UniTuple(int64, 3))"
)
def raw_significance_pass(
    data: Bytes, flags: Words, signs: Words, values: Words, width: Int, height: Int,
    is_causal: Int, plane: Int, state: tuple[Int, Int, Int],
) -> tuple[Int, Int, Int]:  # fmt: skip
    """D.3.1 with bits as they are (D.6)."""
    held, bits, position = state
    pitch = width + 2
    value = np.uint32(np.int64(3) << plane)
    for stripe in range((height + 3) >> 2):
        count = min(4, height - 4 * stripe)
        for column in range(width):
            at = (stripe + 1) * pitch + 1 + column
            word = np.int64(flags[at])
            for k in range(count):
                window = window_of(word, k, is_causal)
                if window == 0 or window & 16:
                    continue
                decision, held, bits, position = raw_bit(data, held, bits, position)
                if decision:
                    sign, held, bits, position = raw_bit(data, held, bits, position)
                    word = set_significant(flags, signs, at, pitch, k, word, sign)
                    values[4 * (stripe * width + column) + k] = value
                word |= np.int64(0x40000) << (3 * k)
            flags[at] = np.uint32(word)
    return held, bits, position


@kernel(
    f"UniTuple(int64, 3)({BYTES}, uint32[::1], uint32[::1], int64, int64, int64, "
    "UniTuple(int64, 3))"
)
def raw_refinement_pass(
    data: Bytes, flags: Words, values: Words, width: Int, height: Int, plane: Int,
    state: tuple[Int, Int, Int],
) -> tuple[Int, Int, Int]:  # fmt: skip
    """D.3.3 with bits as they are (D.6)."""
    held, bits, position = state
    half = np.uint32(np.int64(1) << plane)
    for stripe in range((height + 3) >> 2):
        for column in range(width):
            at = (stripe + 1) * (width + 2) + 1 + column
            word = np.int64(flags[at])
            todo = word & ~(word >> 14) & OWN
            for k in range(4):
                if (todo >> (3 * k)) & 16:
                    decision, held, bits, position = raw_bit(data, held, bits, position)
                    if decision:
                        values[4 * (stripe * width + column) + k] += half
                    else:
                        values[4 * (stripe * width + column) + k] -= half
            flags[at] = np.uint32(word | (todo << 15))
    return held, bits, position
