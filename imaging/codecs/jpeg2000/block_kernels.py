"""A code-block's bits become coefficients (T.800 annexes C and D) on plain arrays.

State of a stripe column (four samples) is one word. Bits 0 to 17 are the significance of three
columns by six rows around it, bit 3 * row + column; so the window of sample k is nine bits from
3 * k, with the sample itself in the middle. Bits 18 + 3k say that a sample was coded in this
plane's significance pass, bits 19 + 3k that it was refined before. A second array has the signs
in the same places. Around both lies a border of one word.

The MQ decoder keeps d = min(A - 0x8000, C) and what A and C are above it: the usual step, an MPS
without renormalisation, lowers both by Qe, so it is one subtraction and one test of a sign.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.mq_tables import (
    FIRST_STATES,
    MQ_STATES,
    REFINE_CONTEXT,
    RUN_CONTEXT,
    SIGN_CONTEXTS,
    UNIFORM_CONTEXT,
    ZERO_CONTEXTS,
)
from imaging.kernel import BYTES, Int, bit_length, inlined, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Numbers = NDArray[np.int64]
MqState = tuple[Int, Int, Int, Int, Int]

_OWN = 0x2490  # the four samples themselves
_CODED = 0x09240000  # coded in this plane's significance pass
_SEEN_CAUSAL = 0x0FFC7FFF  # all but the row below the stripe

_HALF, _QUARTER = 0x8000 << 32, 0x4000 << 32  # A and C have 32 bits behind the point
_SYMBOL = 10  # 1010, the segmentation symbol (D.5)


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


@kernel(
    f"UniTuple(int64, 5)({BYTES}, int64[::1], uint32[::1], uint32[::1], uint32[::1], int64, int64, "
    "int64, int64, int64, UniTuple(int64, 5))"
)
def significance_pass(
    data: Bytes, contexts: Numbers, flags: Words, signs: Words, values: Words, width: Int,
    height: Int, orientation: Int, is_causal: Int, plane: Int, state: MqState,
) -> MqState:  # fmt: skip
    """D.3.1: insignificant samples with a significant neighbour."""
    d, above_a, above_c, bits, position = state
    pitch = width + 2
    labels = ZERO_CONTEXTS[512 * orientation : 512 * orientation + 512]
    value = np.uint32(np.int64(3) << plane)
    for stripe in range((height + 3) >> 2):
        present = rows_present(height - 4 * stripe)
        row = (stripe + 1) * pitch + 1
        for column in range(width):
            at = row + column
            word = np.int64(flags[at])
            if word & 0x3FFFF == 0:
                continue
            todo = beside_significant(word, is_causal) & present
            while todo:
                place = bit_length(todo & -todo) - 1
                todo &= todo - 1
                k = (11 * place) >> 5
                decision, d, above_a, above_c, bits, position = decide(
                    data, contexts, np.int64(labels[window_of(word, k, is_causal)]), d, above_a,
                    above_c, bits, position,
                )  # fmt: skip
                word |= np.int64(0x40000) << place
                if decision:
                    label = np.int64(
                        SIGN_CONTEXTS[sign_index(word, np.int64(signs[at]), k, is_causal)]
                    )
                    decision, d, above_a, above_c, bits, position = decide(
                        data, contexts, label & 31, d, above_a, above_c, bits, position
                    )
                    word = set_significant(
                        flags, signs, at, pitch, k, word, decision ^ (label >> 7)
                    )
                    values[4 * (stripe * width + column) + k] = value
                    todo |= (np.int64(8) << place) & ~(word >> 4) & present
            flags[at] = np.uint32(word)
    return d, above_a, above_c, bits, position


@kernel(
    f"UniTuple(int64, 5)({BYTES}, int64[::1], uint32[::1], uint32[::1], int64, int64, int64, int64,"
    " UniTuple(int64, 5))"
)
def refinement_pass(
    data: Bytes, contexts: Numbers, flags: Words, values: Words, width: Int, height: Int,
    is_causal: Int, plane: Int, state: MqState,
) -> MqState:  # fmt: skip
    """D.3.3: one more bit of samples that were significant before this plane."""
    d, above_a, above_c, bits, position = state
    half = np.int64(1) << plane
    for stripe in range((height + 3) >> 2):
        row = (stripe + 1) * (width + 2) + 1
        for column in range(width):
            word = np.int64(flags[row + column])
            todo = word & ~(word >> 14) & _OWN
            if todo == 0:
                continue
            base = 4 * (stripe * width + column)
            rest = todo >> 4
            while rest:
                place = bit_length(rest & -rest) - 1
                rest &= rest - 1
                k = (11 * place) >> 5
                if (word >> place) & 0x80000:
                    context = REFINE_CONTEXT + 2
                elif window_of(word, k, is_causal) & 0x1EF:
                    context = REFINE_CONTEXT + 1
                else:
                    context = REFINE_CONTEXT
                decision, d, above_a, above_c, bits, position = decide(
                    data, contexts, np.int64(context), d, above_a, above_c, bits, position
                )
                values[base + k] += np.uint32(half * (2 * decision - 1))
            flags[row + column] = np.uint32(word | (todo << 15))
    return d, above_a, above_c, bits, position


@kernel(
    f"UniTuple(int64, 5)({BYTES}, int64[::1], uint32[::1], uint32[::1], uint32[::1], int64, int64, "
    "int64, int64, int64, UniTuple(int64, 5))"
)
def cleanup_pass(
    data: Bytes, contexts: Numbers, flags: Words, signs: Words, values: Words, width: Int,
    height: Int, orientation: Int, is_causal: Int, plane: Int, state: MqState,
) -> MqState:  # fmt: skip
    """D.3.4: all samples that the other passes left, columns without neighbours by a run."""
    d, above_a, above_c, bits, position = state
    pitch = width + 2
    labels = ZERO_CONTEXTS[512 * orientation : 512 * orientation + 512]
    value = np.uint32(np.int64(3) << plane)
    seen = np.int64(_SEEN_CAUSAL if is_causal else 0xFFFFFFFF)
    for stripe in range((height + 3) >> 2):
        present = rows_present(height - 4 * stripe)
        row = (stripe + 1) * pitch + 1
        for column in range(width):
            at = row + column
            word = np.int64(flags[at])
            todo = ~((word >> 4) | (word >> 18)) & present
            is_found = False
            if word & seen == 0 and present == 0x249:
                decision, d, above_a, above_c, bits, position = decide(
                    data, contexts, np.int64(RUN_CONTEXT), d, above_a, above_c, bits, position
                )
                if decision == 0:
                    continue
                high, d, above_a, above_c, bits, position = decide(
                    data, contexts, np.int64(UNIFORM_CONTEXT), d, above_a, above_c, bits, position
                )
                low, d, above_a, above_c, bits, position = decide(
                    data, contexts, np.int64(UNIFORM_CONTEXT), d, above_a, above_c, bits, position
                )
                todo &= np.int64(0x249) << (3 * (2 * high + low))
                is_found = True
            while todo:
                place = bit_length(todo & -todo) - 1
                todo &= todo - 1
                k = (11 * place) >> 5
                decision = np.int64(1)
                if not is_found:
                    label = np.int64(labels[window_of(word, k, is_causal)])
                    decision, d, above_a, above_c, bits, position = decide(
                        data, contexts, label, d, above_a, above_c, bits, position
                    )
                is_found = False
                if decision:
                    label = np.int64(
                        SIGN_CONTEXTS[sign_index(word, np.int64(signs[at]), k, is_causal)]
                    )
                    decision, d, above_a, above_c, bits, position = decide(
                        data, contexts, label & 31, d, above_a, above_c, bits, position
                    )
                    word = set_significant(
                        flags, signs, at, pitch, k, word, decision ^ (label >> 7)
                    )
                    values[4 * (stripe * width + column) + k] = value
            flags[at] = np.uint32(word & ~np.int64(_CODED))
    return d, above_a, above_c, bits, position


@kernel(f"UniTuple(int64, 6)({BYTES}, int64[::1], UniTuple(int64, 5))")
def read_symbol(
    data: Bytes, contexts: Numbers, state: MqState
) -> tuple[Int, Int, Int, Int, Int, Int]:
    """Whether the segmentation symbol follows (D.5), and the new state."""
    d, above_a, above_c, bits, position = state
    symbol = np.int64(0)
    for _ in range(4):
        decision, d, above_a, above_c, bits, position = decide(
            data, contexts, np.int64(UNIFORM_CONTEXT), d, above_a, above_c, bits, position
        )
        symbol = 2 * symbol + decision
    return np.int64(symbol == _SYMBOL), d, above_a, above_c, bits, position


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
            todo = word & ~(word >> 14) & _OWN
            for k in range(4):
                if (todo >> (3 * k)) & 16:
                    decision, held, bits, position = raw_bit(data, held, bits, position)
                    if decision:
                        values[4 * (stripe * width + column) + k] += half
                    else:
                        values[4 * (stripe * width + column) + k] -= half
            flags[at] = np.uint32(word | (todo << 15))
    return held, bits, position


BYPASS, RESET, TERMINATE, CAUSAL, PREDICTABLE, SYMBOLS, HIGH_THROUGHPUT, MIXED = (
    1, 2, 4, 8, 16, 32, 64, 128,
)  # fmt: skip
"""Bits of the code-block style (table A.19, and T.814 table A.4)."""

BAD_SYMBOL = -1


@inlined("int64(int64, int64)")
def segment_room(style: Int, done: Int) -> Int:
    """How many passes the codeword segment that pass `done` belongs to still holds (D.4, D.6)."""
    if style & TERMINATE:
        return np.int64(1)
    if style & BYPASS == 0:
        return np.int64(1 << 20)
    if done < 10:
        return np.int64(10 - done)
    turn = (done - 10) % 3
    return np.int64(2 - turn if turn < 2 else 1)


@kernel(
    f"int64({BYTES}, int64[:,::1], int64, int64, int64, int64, int64, int64, uint32[::1], "
    "uint32[::1], uint32[::1], int64[::1])"
)
def decode_block(
    data: Bytes, segments: Numbers, count: Int, width: Int, height: Int, planes: Int,
    orientation: Int, style: Int, flags: Words, signs: Words, values: Words, contexts: Numbers,
) -> Int:  # fmt: skip
    """All passes of one code-block.

    `segments[:count]` are (start in `data`, passes); each ends with FF FF. `flags` and `signs`
    hold (width + 2) * (stripes + 2) words, `values` four words a stripe column: magnitudes with
    half of the last step as their lowest bit. Returns 0 or BAD_SYMBOL.
    """
    pitch = width + 2
    size = pitch * (((height + 3) >> 2) + 2)
    flags[:size] = 0
    signs[:size] = 0
    values[: width * (((height + 3) >> 2) << 2)] = 0
    contexts[:] = FIRST_STATES
    is_causal = np.int64(style & CAUSAL != 0)
    number = np.int64(2)  # passes are counted from the missing two of the first plane
    state = (np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0))
    raw = (np.int64(0), np.int64(0), np.int64(0))
    for index in range(count):
        start = segments[index, 0]
        is_raw = style & BYPASS != 0 and number >= 12 and number % 3 != 2
        if is_raw:
            raw = (np.int64(0), np.int64(0), start)
        else:
            state = start_mq(data, start)
        for _ in range(segments[index, 1]):
            plane = planes - 1 - number // 3
            kind = number % 3
            if kind == 0:
                if is_raw:
                    raw = raw_significance_pass(
                        data, flags, signs, values, width, height, is_causal, plane, raw
                    )
                else:
                    state = significance_pass(
                        data, contexts, flags, signs, values, width, height, orientation,
                        is_causal, plane, state,
                    )  # fmt: skip
            elif kind == 1:
                if is_raw:
                    raw = raw_refinement_pass(data, flags, values, width, height, plane, raw)
                else:
                    state = refinement_pass(
                        data, contexts, flags, values, width, height, is_causal, plane, state
                    )
            else:
                state = cleanup_pass(
                    data, contexts, flags, signs, values, width, height, orientation,
                    is_causal, plane, state,
                )  # fmt: skip
                if style & SYMBOLS:
                    is_good, d, above_a, above_c, bits, position = read_symbol(
                        data, contexts, state
                    )
                    if not is_good:
                        return BAD_SYMBOL
                    state = (d, above_a, above_c, bits, position)
            if style & RESET:
                contexts[:] = FIRST_STATES
            number += 1
    return np.int64(0)
