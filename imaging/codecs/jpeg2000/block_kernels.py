"""A code-block's bits become coefficients: its coding passes (T.800 annex D) on plain arrays. The
state of the samples is that of `stripe_kernels`, that of the coder `mq_kernels`'."""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.bypass_kernels import raw_refinement_pass, raw_significance_pass
from imaging.codecs.jpeg2000.mq_kernels import MqState, decide, start_mq
from imaging.codecs.jpeg2000.mq_tables import (
    FIRST_STATES,
    REFINE_CONTEXT,
    RUN_CONTEXT,
    SIGN_CONTEXTS,
    UNIFORM_CONTEXT,
    ZERO_CONTEXTS,
)
from imaging.codecs.jpeg2000.stripe_kernels import (
    CODED,
    OWN,
    SEEN_CAUSAL,
    beside_significant,
    rows_present,
    set_significant,
    sign_index,
    window_of,
)
from imaging.kernel import BYTES, Int, bit_length, inlined, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Numbers = NDArray[np.int64]

_SYMBOL = 10  # 1010, the segmentation symbol (D.5)


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
            todo = word & ~(word >> 14) & OWN
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
    seen = np.int64(SEEN_CAUSAL if is_causal else 0xFFFFFFFF)
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
            flags[at] = np.uint32(word & ~np.int64(CODED))
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
