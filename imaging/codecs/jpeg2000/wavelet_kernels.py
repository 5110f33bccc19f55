"""Four bands become the next larger picture: one level of the inverse wavelet transforms (T.800
annex F), 5/3 on whole numbers and 9/7 on floats.

Rows are made as they come and each lifting step follows as soon as its two neighbours are ready,
so that what a step needs was written a moment ago. A mirrored edge (F.3.7) is the one neighbour
that exists, taken twice.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import Int, inlined, kernel

Ints = NDArray[np.int32]
Reals = NDArray[np.float32]

# table F.4
ALPHA = np.float32(-1.586134342059924)
BETA = np.float32(-0.052980118572961)
GAMMA = np.float32(0.882911075530934)
DELTA = np.float32(0.443506852043971)
KEEP_LOW = np.float32(1.230174104914001)
KEEP_HIGH = np.float32(1 / 1.230174104914001)

_INTS, _REALS = "int32[:,::1]", "float32[:,::1]"


@inlined(f"void(int32[::1], int32[::1], int64, int32[::1], {_INTS})")
def row_53(low: Ints, high: Ints, odd: Int, out: Ints, spare: Ints) -> None:
    """1D_SR (F.3.6) of a row; `odd` is 1 when it begins with a high-pass sample. `spare` has two
    rows. Low sample n lies between high samples n - 1 + odd and n + odd, and the other way round.
    """
    lows, highs = low.size, high.size
    if lows + highs == 1:
        out[0] = high[0] >> 1 if odd else low[0]
        return
    even = spare[0, :lows]
    uneven = spare[1, :highs]
    if odd:
        for n in range(min(lows, highs - 1)):
            even[n] = low[n] - ((high[n] + high[n + 1] + 2) >> 2)
        if lows == highs:
            even[lows - 1] = low[lows - 1] - ((2 * high[highs - 1] + 2) >> 2)
        uneven[0] = high[0] + even[0]
        for n in range(1, min(highs, lows)):
            uneven[n] = high[n] + ((even[n - 1] + even[n]) >> 1)
        if highs > lows:
            uneven[highs - 1] = high[highs - 1] + even[lows - 1]
    else:
        even[0] = low[0] - ((2 * high[0] + 2) >> 2)
        for n in range(1, min(lows, highs)):
            even[n] = low[n] - ((high[n - 1] + high[n] + 2) >> 2)
        if lows > highs:
            even[lows - 1] = low[lows - 1] - ((2 * high[highs - 1] + 2) >> 2)
        for n in range(min(highs, lows - 1)):
            uneven[n] = high[n] + ((even[n] + even[n + 1]) >> 1)
        if lows == highs:
            uneven[highs - 1] = high[highs - 1] + even[lows - 1]
    for n in range(lows):
        out[2 * n + odd] = even[n]
    for n in range(highs):
        out[2 * n + 1 - odd] = uneven[n]


@inlined(f"void({_INTS}, int64)")
def lift_low_53(out: Ints, row: Int) -> None:
    """The first step on a whole row."""
    above = row - 1 if row > 0 else 1
    below = row + 1 if row + 1 < out.shape[0] else row - 1
    line, upper, lower = out[row], out[above], out[below]
    for n in range(line.size):
        line[n] -= (upper[n] + lower[n] + 2) >> 2


@inlined(f"void({_INTS}, int64)")
def lift_high_53(out: Ints, row: Int) -> None:
    """The second step on a whole row."""
    above = row - 1 if row > 0 else 1
    below = row + 1 if row + 1 < out.shape[0] else row - 1
    line, upper, lower = out[row], out[above], out[below]
    for n in range(line.size):
        line[n] += (upper[n] + lower[n]) >> 1


@kernel(f"void({_INTS}, {_INTS}, {_INTS}, {_INTS}, int64, int64, {_INTS}, {_INTS})")
def synthesize_53(
    ll: Ints, hl: Ints, lh: Ints, hh: Ints, odd_x: Int, odd_y: Int, out: Ints, spare: Ints
) -> None:
    """2D_SR (F.3.2): `out` (rows, columns) int32 from its bands; odd_x and odd_y say whether its
    first column and row have odd coordinates. `spare` is two rows of `out`."""
    rows = out.shape[0]
    low = odd_y
    high = 1 - odd_y
    for row in range(rows):
        if (row + odd_y) & 1:
            row_53(lh[row >> 1], hh[row >> 1], odd_x, out[row], spare)
        else:
            row_53(ll[row >> 1], hl[row >> 1], odd_x, out[row], spare)
        if rows == 1:
            if odd_y:
                for n in range(out.shape[1]):
                    out[0, n] >>= 1
            return
        is_last = row == rows - 1
        while low < rows and (low < row or is_last):
            lift_low_53(out, low)
            low += 2
        while high < rows and (high + 1 < low or low >= rows):
            lift_high_53(out, high)
            high += 2


@inlined("void(float32[::1], float32[::1], int64, float32)")
def lift_row(line: Reals, other: Reals, before: Int, factor: Int) -> None:
    """One lifting step inside a row: line[n] lies between other[n - before] and the next."""
    if before:  # other[n - 1], other[n]
        line[0] -= factor * (other[0] + other[0])
        for n in range(1, min(line.size, other.size)):
            line[n] -= factor * (other[n - 1] + other[n])
        if line.size > other.size:
            line[line.size - 1] -= factor * (other[other.size - 1] + other[other.size - 1])
    else:  # other[n], other[n + 1]
        for n in range(min(line.size, other.size - 1)):
            line[n] -= factor * (other[n] + other[n + 1])
        if line.size == other.size:
            line[line.size - 1] -= factor * (other[other.size - 1] + other[other.size - 1])


@inlined(f"void(float32[::1], float32[::1], int64, float32[::1], {_REALS})")
def row_97(low: Reals, high: Reals, odd: Int, out: Reals, spare: Reals) -> None:
    """1D_SR (F.3.6, F.3.8.2) of a row, with two spare rows."""
    lows, highs = low.size, high.size
    if lows + highs == 1:
        out[0] = high[0] * np.float32(0.5) if odd else low[0]
        return
    even = spare[0, :lows]
    uneven = spare[1, :highs]
    for n in range(lows):
        even[n] = KEEP_LOW * low[n]
    for n in range(highs):
        uneven[n] = KEEP_HIGH * high[n]
    lift_row(even, uneven, 1 - odd, DELTA)
    lift_row(uneven, even, odd, GAMMA)
    lift_row(even, uneven, 1 - odd, BETA)
    lift_row(uneven, even, odd, ALPHA)
    for n in range(lows):
        out[2 * n + odd] = even[n]
    for n in range(highs):
        out[2 * n + 1 - odd] = uneven[n]


@inlined(f"void({_REALS}, int64, float32)")
def lift_97(out: Reals, row: Int, factor: Int) -> None:
    """One lifting step on a whole row."""
    above = row - 1 if row > 0 else 1
    below = row + 1 if row + 1 < out.shape[0] else row - 1
    line, upper, lower = out[row], out[above], out[below]
    for n in range(line.size):
        line[n] -= factor * (upper[n] + lower[n])


@kernel(f"void({_REALS}, {_REALS}, {_REALS}, {_REALS}, int64, int64, {_REALS}, {_REALS})")
def synthesize_97(
    ll: Reals, hl: Reals, lh: Reals, hh: Reals, odd_x: Int, odd_y: Int, out: Reals, spare: Reals
) -> None:
    """2D_SR (F.3.2) on float32; `spare` is two rows of `out`."""
    rows = out.shape[0]
    first = odd_y
    second = 1 - odd_y
    third = odd_y
    fourth = 1 - odd_y
    for row in range(rows):
        is_high = (row + odd_y) & 1
        line = out[row]
        if is_high:
            row_97(lh[row >> 1], hh[row >> 1], odd_x, line, spare)
        else:
            row_97(ll[row >> 1], hl[row >> 1], odd_x, line, spare)
        if rows == 1:
            if odd_y:
                for n in range(line.size):
                    line[n] *= np.float32(0.5)
            return
        factor = KEEP_HIGH if is_high else KEEP_LOW
        for n in range(line.size):
            line[n] *= factor
        is_last = row == rows - 1
        while first < rows and (first < row or is_last):
            lift_97(out, first, DELTA)
            first += 2
        while second < rows and (second + 1 < first or first >= rows):
            lift_97(out, second, GAMMA)
            second += 2
        while third < rows and (third + 1 < second or second >= rows):
            lift_97(out, third, BETA)
            third += 2
        while fourth < rows and (fourth + 1 < third or third >= rows):
            lift_97(out, fourth, ALPHA)
            fourth += 2
