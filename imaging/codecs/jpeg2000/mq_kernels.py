"""The MQ decoder (T.800 annex C) on plain arrays.

It keeps d = min(A - 0x8000, C) and what A and C are above it: the usual step, an MPS without
renormalisation, lowers both by Qe, so it is one subtraction and one test of a sign.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.mq_tables import MQ_STATES
from imaging.kernel import BYTES, Int, inlined, kernel

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
MqState = tuple[Int, Int, Int, Int, Int]

_HALF, _QUARTER = 0x8000 << 32, 0x4000 << 32  # A and C have 32 bits behind the point


@inlined(f"UniTuple(int64, 3)({BYTES}, int64, int64, int64)")
def fill(data: Bytes, c: Int, bits: Int, position: Int) -> tuple[Int, Int, Int]:
    """BYTEIN (figure C.19) until C has more than 24 bits beyond its integer part: C, how many,
    and the position. What the standard adds byte by byte may be added early, because C is a
    sum. Data ends with FF FF."""
    while bits <= 24:
        if data[position] != 255:
            position += 1
            c += np.int64(data[position]) << (24 - bits)
            bits += 8
        elif data[position + 1] > 0x8F:
            c += np.int64(255) << (24 - bits)
            bits += 8
        else:
            position += 1
            c += np.int64(data[position]) << (25 - bits)
            bits += 7
    return c, bits, position


@kernel(f"UniTuple(int64, 5)({BYTES}, int64)")
def start_mq(data: Bytes, position: Int) -> MqState:
    """INITDEC (figure C.20): d, A above d, C above d, bits beyond the integer part, position."""
    c, bits, position = fill(data, np.int64(data[position]) << 32, np.int64(0), position)
    c <<= 7
    bits -= 7
    c, bits, position = fill(data, c, bits, position)
    d = min(np.int64(0), c)
    return d, _HALF - d, c - d, bits, position


@inlined(f"UniTuple(int64, 6)({BYTES}, int64[::1], int64, int64, int64, int64, int64, int64)")
def decide(
    data: Bytes, contexts: Numbers, context: Int, d: Int, above_a: Int, above_c: Int, bits: Int,
    position: Int,
) -> tuple[Int, Int, Int, Int, Int, Int]:  # fmt: skip
    """DECODE (figure C.15): one decision and the new state."""
    entry: Int = contexts[context]
    q = entry & 0xFFFF00000000
    decision = entry & 1
    d -= q
    if d >= 0:
        return decision, d, above_a, above_c, bits, position
    # figures C.16 and C.17 without branches, which nothing could foresee
    a = above_a + d
    c = above_c + d
    is_low = c >> 63  # all ones in the lower interval, that of the LPS
    is_flipped = np.int64(a < q) ^ (is_low & 1)
    shift = 1 + np.int64(a < _QUARTER)
    shift += (((entry >> 16) & 15) - shift) & is_low
    c += q & is_low
    a += (q - a) & is_low
    decision ^= is_flipped
    contexts[context] = MQ_STATES[(entry >> (8 - 7 * is_flipped)) & 127]
    a <<= shift
    c <<= shift
    bits -= shift
    if bits < 16:
        c, bits, position = fill(data, c, bits, position)
    d = min(a - _HALF, c)
    return decision, d, a - d, c - d, bits, position
