"""The bit streams of a high-throughput code-block (T.814 7.1, 7.3.3) on plain arrays.

MagSgn, SigProp, VLC and MagRef bits are unstuffed first, into words whose lowest bit comes first,
so that a refill is one load. The few MEL bits are read byte by byte.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import BYTES, Int, inlined, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]

_MEL_EXPONENTS = np.array((0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5), np.int64)  # table 2


@kernel(f"int64({BYTES}, int64, int64, uint32[::1], int64)")
def unstuff_forward(data: Bytes, start: Int, end: Int, words: Words, filler: Int) -> Int:
    """The MagSgn or SigProp bits of data[start:end] (7.1.2, 7.1.4): after FF a byte has seven.
    The last word is filled up with ones or zeros, and two more follow. Returns the number of words
    without these."""
    held = np.int64(0)
    bits = np.int64(0)
    count = np.int64(0)
    is_stuffed = False
    position = start
    while position < end:
        if position + 4 <= end and not is_stuffed:
            value = (
                np.int64(data[position])
                | (np.int64(data[position + 1]) << 8)
                | (np.int64(data[position + 2]) << 16)
                | (np.int64(data[position + 3]) << 24)
            )
            flipped = value ^ 0xFFFFFFFF
            if ((flipped - 0x01010101) & value & 0x80808080) == 0:  # no byte is FF
                held |= value << bits
                words[count] = np.uint32(held & 0xFFFFFFFF)
                count += 1
                held >>= 32
                position += 4
                continue
        value = np.int64(data[position])
        held |= (value & 127 if is_stuffed else value) << bits
        bits += 7 if is_stuffed else 8
        is_stuffed = value == 255
        position += 1
        if bits >= 32:
            words[count] = np.uint32(held & 0xFFFFFFFF)
            count += 1
            held >>= 32
            bits -= 32
    words[count] = np.uint32((held | (filler << bits)) & 0xFFFFFFFF)
    words[count + 1] = np.uint32(filler)
    words[count + 2] = np.uint32(filler)
    return count + 1


@kernel(f"int64({BYTES}, int64, int64, int64, int64, int64, uint32[::1])")
def unstuff_backward(
    data: Bytes, start: Int, end: Int, last: Int, held: Int, bits: Int, words: Words
) -> Int:
    """The VLC or MagRef bits of data[start:end] from the end (7.1.3, 7.1.5), after `bits` bits in
    `held`: before a byte above 8F, one whose low seven bits are ones has only those. Two words of
    zeros follow. Returns the number of bits."""
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
    words[count + 1] = 0
    words[count + 2] = 0
    return total


@inlined("int64(uint32[::1], int64, int64)")
def bits_at(words: Words, limit: Int, position: Int) -> Int:
    """33 bits or more from `position` on; from `limit` words on there are two of filler. Nothing
    but the position is carried from one read to the next, so that reads overlap."""
    word = min(position >> 5, limit)
    pair = np.int64(words[word]) | (np.int64(words[word + 1]) << 32)
    return pair >> (position & 31)


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
