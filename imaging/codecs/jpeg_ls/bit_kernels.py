"""The bit stream of JPEG-LS (T.87 A.1, A.5.3) on plain arrays: a byte after FF carries
seven bits, so that its first bit is 0 wherever no marker begins."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from imaging.kernel import BYTES, Int, inlined, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]

WORDS = "Array(uint32, 1, 'C', True)"
_GOLOMB = (
    f"Tuple((int64, uint64, int64, int64))({WORDS}, uint64, int64, int64, int64, int64, int64)"
)
WORD, BITS, OFFSET = 0, 1, 2  # columns of the intervals
BAD_CODE = -1


def _leading_zeros(typing_context: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], context.get_constant(types.boolean, 0))

    return types.int64(types.uint64), generate


leading_zeros = cast("Callable[[Any], Any]", intrinsic(_leading_zeros))
"""How many high bits of a uint64 are 0; 64 for 0."""


@kernel(f"UniTuple(int64, 2)({BYTES}, int64, uint32[::1], int64[:,::1])")
def split_scan(data: Bytes, position: Int, out: Words, intervals: NDArray[np.int64]) -> Any:
    """Pack the bits from `position` on into words, each restart interval from a word of its own.

    For each interval: the index of its first word, its number of bits, where it is in `data`. At
    most as many intervals are read as there are rows. Returns how many, and where the next marker
    is (or the end of `data`). `out` needs a word for 4 bytes of `data` and one an interval.
    """
    end = data.size
    at = np.int64(0)
    count = np.int64(0)
    while True:
        intervals[count, WORD] = at
        intervals[count, OFFSET] = position
        bits = np.int64(0)
        buffer = np.uint64(0)
        held = np.int64(0)
        while position < end:
            value = np.uint64(data[position])
            if value == 255:
                if position + 1 >= end or data[position + 1] >= 128:
                    break
                buffer = (buffer << np.uint64(15)) | np.uint64(255 << 7)
                buffer |= np.uint64(data[position + 1])
                held += 15
                bits += 15
                position += 2
            else:
                buffer = (buffer << np.uint64(8)) | value
                held += 8
                bits += 8
                position += 1
            if held >= 32:
                held -= 32
                out[at] = np.uint32((buffer >> np.uint64(held)) & np.uint64(0xFFFFFFFF))
                at += 1
        if held > 0:
            out[at] = np.uint32((buffer << np.uint64(32 - held)) & np.uint64(0xFFFFFFFF))
            at += 1
        intervals[count, BITS] = bits
        count += 1
        while position + 1 < end and data[position + 1] == 255:  # fill before a marker
            position += 1
        is_restart = position + 1 < end and data[position + 1] == 208 + ((count - 1) & 7)
        if not is_restart or count == intervals.shape[0]:
            return count, position
        position += 2


@inlined(f"Tuple((uint64, int64, int64))({WORDS}, uint64, int64, int64)")
def refill(words: Words, buffer: Int, held: Int, word: Int) -> Any:
    """At least 32 bits in the buffer, highest first."""
    if held < 32:
        buffer |= np.uint64(words[word]) << np.uint64(32 - held)
        word += 1
        held += 32
    return buffer, held, word


@kernel(_GOLOMB)
def read_long_golomb(
    words: Words, buffer: Int, held: Int, word: Int, k: Int, longest: Int, value_bits: Int
) -> Any:
    """As `read_golomb`, for codes that may be longer than the buffer."""
    zeros = np.int64(0)
    while True:
        buffer, held, word = refill(words, buffer, held, word)
        here = leading_zeros(buffer)
        if here < 32:
            break
        buffer <<= np.uint64(32)
        held -= 32
        zeros += 32
        if zeros > longest:
            return BAD_CODE, buffer, held, word
    zeros += here
    buffer <<= np.uint64(here + 1)
    held -= here + 1
    if zeros > longest:
        return BAD_CODE, buffer, held, word
    buffer, held, word = refill(words, buffer, held, word)
    count = k if zeros < longest else value_bits
    value = np.int64(buffer >> np.uint64(1) >> np.uint64(63 - count))
    buffer <<= np.uint64(count)
    held -= count
    if zeros < longest:
        value |= zeros << k
    else:
        value += 1
    return value, buffer, held, word


@inlined(
    f"Tuple((int64, uint64, int64, int64))({WORDS}, uint64, int64, int64, int64, int64, int64)"
)
def read_golomb(
    words: Words, buffer: Int, held: Int, word: Int, k: Int, longest: Int, value_bits: Int
) -> Any:
    """A limited-length Golomb code (A.5.3): `longest` zeros announce a plain value. BAD_CODE for
    more zeros than that."""
    buffer, held, word = refill(words, buffer, held, word)
    zeros = leading_zeros(buffer)
    if zeros + k < 32 and zeros < longest:
        buffer <<= np.uint64(zeros)
        low = np.int64((buffer << np.uint64(1)) >> np.uint64(1) >> np.uint64(63 - k))
        buffer <<= np.uint64(k + 1)
        return (zeros << k) | low, buffer, held - zeros - k - 1, word
    return read_long_golomb(words, buffer, held, word, k, longest, value_bits)
