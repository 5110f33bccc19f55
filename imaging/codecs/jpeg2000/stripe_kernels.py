"""The state of a stripe column of a code-block (T.800 D.1 to D.3), four samples in one word.

Bits 0 to 17 are the significance of three columns by six rows around it, bit 3 * row + column; so
the window of sample k is nine bits from 3 * k, with the sample itself in the middle. Bits 18 + 3k
say that a sample was coded in this plane's significance pass, bits 19 + 3k that it was refined
before. A second array has the signs in the same places. Around both lies a border of one word.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import Int, inlined

Words = NDArray[np.uint32]

OWN = 0x2490  # the four samples themselves
CODED = 0x09240000  # coded in this plane's significance pass
SEEN_CAUSAL = 0x0FFC7FFF  # all but the row below the stripe


@inlined("int64(uint32[::1], uint32[::1], int64, int64, int64, int64, int64)")
def set_significant(
    flags: Words, signs: Words, at: Int, pitch: Int, k: Int, word: Int, is_negative: Int
) -> Int:
    """Tell all neighbours that sample k of column `at` is significant; returns its own word."""
    place = 3 * k + 3
    own = np.uint32(2 << place)
    west = np.uint32(4 << place)
    east = np.uint32(1 << place)
    flags[at - 1] |= west
    flags[at + 1] |= east
    if k == 0:
        flags[at - pitch - 1] |= np.uint32(4 << 15)
        flags[at - pitch] |= np.uint32(2 << 15)
        flags[at - pitch + 1] |= np.uint32(1 << 15)
    elif k == 3:
        flags[at + pitch - 1] |= np.uint32(4)
        flags[at + pitch] |= np.uint32(2)
        flags[at + pitch + 1] |= np.uint32(1)
    if is_negative:
        signs[at] |= own
        signs[at - 1] |= west
        signs[at + 1] |= east
        if k == 0:
            signs[at - pitch] |= np.uint32(2 << 15)
        elif k == 3:
            signs[at + pitch] |= np.uint32(2)
    return word | np.int64(own)


@inlined("int64(int64, int64, int64)")
def window_of(word: Int, k: Int, is_causal: Int) -> Int:
    """The nine bits around sample k; without the next stripe when contexts are causal (D.7)."""
    window = (word >> (3 * k)) & 511
    if is_causal and k == 3:
        window &= 63
    return window


@inlined("int64(int64)")
def rows_present(count: Int) -> Int:
    """Bits 3k of the samples that a stripe column has, at most four."""
    return np.int64(0x249) & ((np.int64(1) << (3 * min(np.int64(4), count))) - 1)


@inlined("int64(int64, int64)")
def beside_significant(word: Int, is_causal: Int) -> Int:
    """Bits 3k of the samples that are insignificant and have a significant neighbour."""
    rows = word | (word >> 1) | (word >> 2)
    rows &= np.int64(0x1249 if is_causal else 0x9249)
    return (rows | (rows >> 3) | (rows >> 6)) & ~(word >> 4) & 0x249


@inlined("int64(int64, int64, int64, int64)")
def sign_index(word: Int, sign_word: Int, k: Int, is_causal: Int) -> Int:
    """The index of SIGN_CONTEXTS."""
    index = window_of(word, k, is_causal) & 0xAA
    return index | (((sign_word >> (3 * k)) & (index)) >> 1)
