"""The tables of the MQ decoder (T.800 table C.2) and of the contexts (tables D.1 to D.4, D.7), laid
out for the kernels of `block_kernels`.

A window is nine bits of significance, row by row: N-W, N, N-E, W, own, E, S-W, S, S-E from bit 0.
"""

import numpy as np
from numpy.typing import NDArray

_QE = (
    0x5601, 0x3401, 0x1801, 0x0AC1, 0x0521, 0x0221, 0x5601, 0x5401, 0x4801, 0x3801, 0x3001, 0x2401,
    0x1C01, 0x1601, 0x5601, 0x5401, 0x5101, 0x4801, 0x3801, 0x3401, 0x3001, 0x2801, 0x2401, 0x2201,
    0x1C01, 0x1801, 0x1601, 0x1401, 0x1201, 0x1101, 0x0AC1, 0x09C1, 0x08A1, 0x0521, 0x0441, 0x02A1,
    0x0221, 0x0141, 0x0111, 0x0085, 0x0049, 0x0025, 0x0015, 0x0009, 0x0005, 0x0001, 0x5601,
)  # fmt: skip
_NEXT_MPS = (
    1, 2, 3, 4, 5, 38, 7, 8, 9, 10, 11, 12, 13, 29, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 45, 46,
)  # fmt: skip
_NEXT_LPS = (
    1, 6, 9, 12, 29, 33, 6, 14, 14, 14, 17, 18, 20, 21, 14, 14, 15, 16, 17, 18, 19, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 46,
)  # fmt: skip
_SWITCH = (0, 6, 14)

SIGN_CONTEXT, REFINE_CONTEXT, RUN_CONTEXT, UNIFORM_CONTEXT, CONTEXTS = 9, 14, 17, 18, 19


def _mq_states() -> NDArray[np.int64]:
    """Entry 2 * state + MPS: Qe << 32 | shift that brings Qe to 0x8000 or more << 16 |
    next after MPS << 8 | next after LPS << 1 | MPS."""
    table = np.zeros(2 * len(_QE), np.int64)
    for state, (qe, after_mps, after_lps) in enumerate(zip(_QE, _NEXT_MPS, _NEXT_LPS, strict=True)):
        for mps in (0, 1):
            swapped = mps ^ (state in _SWITCH)
            table[2 * state + mps] = (
                qe << 32
                | (16 - qe.bit_length()) << 16
                | (2 * after_mps + mps) << 8
                | (2 * after_lps + swapped) << 1
                | mps
            )
    return table


def _first_states() -> NDArray[np.int64]:
    """Where each context begins (table D.7)."""
    first = np.full(CONTEXTS, MQ_STATES[0], np.int64)
    first[0] = MQ_STATES[2 * 4]
    first[RUN_CONTEXT] = MQ_STATES[2 * 3]
    first[UNIFORM_CONTEXT] = MQ_STATES[2 * 46]
    return first


def _zero_context(horizontal: int, vertical: int, diagonal: int) -> int:
    """Table D.1, LL and LH bands; HL with the first two exchanged."""
    if horizontal == 2:
        return 8
    if horizontal == 1:
        return 7 if vertical else 6 if diagonal else 5
    if vertical:
        return 2 + vertical
    return min(diagonal, 2)


def _zero_context_hh(straight: int, diagonal: int) -> int:
    """Table D.1, HH band."""
    if diagonal >= 3:
        return 8
    if diagonal == 2:
        return 7 if straight else 6
    return 3 * diagonal + min(straight, 2)


def _zero_contexts() -> NDArray[np.uint8]:
    """[orientation * 512 + window]; orientation 0 is LL and LH, 1 HL, 2 HH."""
    table = np.zeros(3 * 512, np.uint8)
    for window in range(512):
        bits = [window >> place & 1 for place in range(9)]
        across, along = bits[3] + bits[5], bits[1] + bits[7]
        diagonal = bits[0] + bits[2] + bits[6] + bits[8]
        table[window] = _zero_context(across, along, diagonal)
        table[512 + window] = _zero_context(along, across, diagonal)
        table[1024 + window] = _zero_context_hh(across + along, diagonal)
    return table


def _sign_contexts() -> NDArray[np.uint8]:
    """Indexed by significance of N, W, E, S at bits 1, 3, 5, 7 and their signs at 0, 2, 4, 6;
    gives the context and, at bit 7, the value to exchange the sign with (tables D.2, D.3)."""
    table = np.zeros(256, np.uint8)
    for index in range(256):
        value = [
            (1 - 2 * (index >> place & 1)) * (index >> (place + 1) & 1) for place in (0, 2, 4, 6)
        ]
        north, west, east, south = value
        across = max(-1, min(1, west + east))
        along = max(-1, min(1, north + south))
        flip = across < 0 or (across == 0 and along < 0)
        if flip:
            across, along = -across, -along
        context = SIGN_CONTEXT + (3 + along if across else along)
        table[index] = context | flip << 7
    return table


MQ_STATES = _mq_states()
FIRST_STATES = _first_states()
ZERO_CONTEXTS = _zero_contexts()
SIGN_CONTEXTS = _sign_contexts()
