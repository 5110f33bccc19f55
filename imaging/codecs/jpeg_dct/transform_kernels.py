"""The inverse DCT (T.81 A.3.3) and chroma up-sampling, on plain arrays.

The transform is the definition, separated: columns first, then rows, each a product with the
cosines. 32-bit floats keep the result within 0.001 of the exact one for 12 bits, and the order of
the operations is fixed, so that every machine rounds alike. Coefficients arrive multiplied by
their quantisation step and an eighth.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from imaging.kernel import Int, inlined, kernel

Floats = NDArray[np.float32]

COSINES = np.array([
    [1.0 if u == 0 else np.sqrt(2.0) * np.cos((2 * x + 1) * u * np.pi / 16) for x in range(8)]
    for u in range(8)
]).astype(np.float32)  # fmt: skip
"""[frequency, place]: sqrt(2) C(u) cos((2x + 1) u pi / 16), so that the first row is exact."""
COSINES.flags.writeable = False

_OUT = ("uint8", "uint16")
Function = TypeVar("Function", bound=Callable[..., Any])


def packed_kernel(*signatures: str) -> Callable[[Function], Function]:
    """A kernel whose neighbouring operations LLVM may do eight at a time; for straight-line
    arithmetic, which its loop vectoriser does not see."""

    def compile_now(function: Function) -> Function:
        config: Any = numba.config
        before, config.SLP_VECTORIZE = config.SLP_VECTORIZE, 1
        try:
            return kernel(*signatures)(function)
        finally:
            config.SLP_VECTORIZE = before

    return compile_now


@inlined("float32(float32[::1], uint64, float32, float32, float32, float32)")
def four_rows(work: Floats, at: Int, c0: Any, c1: Any, c2: Any, c3: Any) -> Any:
    """The products of every other row from `at` on with four cosines, summed."""
    total = c0 * work[at] + c1 * work[at + np.uint64(16)]
    return total + (c2 * work[at + np.uint64(32)] + c3 * work[at + np.uint64(48)])


@packed_kernel(*(
    f"void(float32[::1], float32[::1], {out}[::1], int64, int64, int64, float32, float32)"
    for out in _OUT
))  # fmt: skip
def inverse_block(
    block: Floats, work: Floats, out: NDArray[np.uint8], at: Int, stride: Int, seen: Int,
    level: Any, largest: Any,
) -> None:  # fmt: skip
    """Write the 8x8 samples of `block` (row-major coefficients) to out[at + stride * y + x].

    `seen` is the bitwise or of the places of all AC coefficients that are not zero; `level` is
    added and the sum rounded half up and clamped to 0..`largest`. `work` has 64 places.
    """
    half = np.float32(0.5)
    zero = np.float32(0)
    top = largest + half
    if seen == 0:
        flat = np.int32(min(max(block[0] + level + half, zero), top))
        for y in range(8):
            row = np.uint64(at + stride * y)
            for x in range(np.uint64(8)):
                out[row + x] = flat
        return
    last = 8 if seen & 32 else 4
    for v in range(8):  # along the rows
        line = np.uint64(8 * v)
        if v >= last:
            for x in range(np.uint64(8)):
                work[line + x] = zero
            continue
        b0 = block[line]
        b1 = block[line + np.uint64(1)]
        b2 = block[line + np.uint64(2)]
        b3 = block[line + np.uint64(3)]
        if seen & 4:
            b4 = block[line + np.uint64(4)]
            b5 = block[line + np.uint64(5)]
            b6 = block[line + np.uint64(6)]
            b7 = block[line + np.uint64(7)]
            for x in range(np.uint64(8)):
                value = b0 + b1 * COSINES[1, x] + b2 * COSINES[2, x] + b3 * COSINES[3, x]
                value += b4 * COSINES[4, x] + b5 * COSINES[5, x]
                work[line + x] = value + b6 * COSINES[6, x] + b7 * COSINES[7, x]
        else:
            for x in range(np.uint64(8)):
                value = b0 + b1 * COSINES[1, x] + b2 * COSINES[2, x] + b3 * COSINES[3, x]
                work[line + x] = value
    for x in range(np.uint64(8)):
        work[x] += level + half
    for y in range(4):  # down the columns: row y, and its mirror image
        e0 = COSINES[0, y]
        e2 = COSINES[2, y]
        e4 = COSINES[4, y]
        e6 = COSINES[6, y]
        o1 = COSINES[1, y]
        o3 = COSINES[3, y]
        o5 = COSINES[5, y]
        o7 = COSINES[7, y]
        above = np.uint64(at + stride * y)
        below = np.uint64(at + stride * (7 - y))
        even0 = four_rows(work, np.uint64(0), e0, e2, e4, e6)
        even1 = four_rows(work, np.uint64(1), e0, e2, e4, e6)
        even2 = four_rows(work, np.uint64(2), e0, e2, e4, e6)
        even3 = four_rows(work, np.uint64(3), e0, e2, e4, e6)
        even4 = four_rows(work, np.uint64(4), e0, e2, e4, e6)
        even5 = four_rows(work, np.uint64(5), e0, e2, e4, e6)
        even6 = four_rows(work, np.uint64(6), e0, e2, e4, e6)
        even7 = four_rows(work, np.uint64(7), e0, e2, e4, e6)
        odd0 = four_rows(work, np.uint64(8), o1, o3, o5, o7)
        odd1 = four_rows(work, np.uint64(9), o1, o3, o5, o7)
        odd2 = four_rows(work, np.uint64(10), o1, o3, o5, o7)
        odd3 = four_rows(work, np.uint64(11), o1, o3, o5, o7)
        odd4 = four_rows(work, np.uint64(12), o1, o3, o5, o7)
        odd5 = four_rows(work, np.uint64(13), o1, o3, o5, o7)
        odd6 = four_rows(work, np.uint64(14), o1, o3, o5, o7)
        odd7 = four_rows(work, np.uint64(15), o1, o3, o5, o7)
        out[above + np.uint64(0)] = np.int32(min(max(even0 + odd0, zero), top))
        out[above + np.uint64(1)] = np.int32(min(max(even1 + odd1, zero), top))
        out[above + np.uint64(2)] = np.int32(min(max(even2 + odd2, zero), top))
        out[above + np.uint64(3)] = np.int32(min(max(even3 + odd3, zero), top))
        out[above + np.uint64(4)] = np.int32(min(max(even4 + odd4, zero), top))
        out[above + np.uint64(5)] = np.int32(min(max(even5 + odd5, zero), top))
        out[above + np.uint64(6)] = np.int32(min(max(even6 + odd6, zero), top))
        out[above + np.uint64(7)] = np.int32(min(max(even7 + odd7, zero), top))
        out[below + np.uint64(0)] = np.int32(min(max(even0 - odd0, zero), top))
        out[below + np.uint64(1)] = np.int32(min(max(even1 - odd1, zero), top))
        out[below + np.uint64(2)] = np.int32(min(max(even2 - odd2, zero), top))
        out[below + np.uint64(3)] = np.int32(min(max(even3 - odd3, zero), top))
        out[below + np.uint64(4)] = np.int32(min(max(even4 - odd4, zero), top))
        out[below + np.uint64(5)] = np.int32(min(max(even5 - odd5, zero), top))
        out[below + np.uint64(6)] = np.int32(min(max(even6 - odd6, zero), top))
        out[below + np.uint64(7)] = np.int32(min(max(even7 - odd7, zero), top))


@kernel(*(
    f"void({plane}[:,::1], int64, int64, int64, int64, {out}[:,:,::1], int64)"
    for plane, out in (("uint8", "uint8"), ("uint8", "uint16"), ("uint16", "uint16"))
))  # fmt: skip
def enlarge(
    plane: NDArray[np.uint8], h: Int, h_max: Int, v: Int, v_max: Int, out: NDArray[np.uint8],
    part: Int,
) -> None:  # fmt: skip
    """Fill out[:, :, part] from a plane of the component's own size, h of h_max samples a row and
    v of v_max rows: linear interpolation between sample centres (T.871 6.1), rounded half up."""
    rows, columns, _ = out.shape
    last_row = plane.shape[0] - 1
    last_column = plane.shape[1] - 1
    line = np.empty(last_column + 1, np.float32)
    left = np.empty(columns, np.int32)
    right = np.empty(columns, np.int32)
    weight = np.empty(columns, np.float32)
    for x in range(columns):
        position = (2 * x + 1) * h - h_max  # in half samples of the fine grid
        first = position // (2 * h_max)
        left[x] = min(max(first, 0), last_column)
        right[x] = min(max(first + 1, 0), last_column)
        weight[x] = np.float32(position - first * 2 * h_max)
    whole = np.float32(2 * h_max)
    scale = np.float32(1.0 / (4 * h_max * v_max))
    half = np.float32(0.5)
    for y in range(rows):
        position = (2 * y + 1) * v - v_max
        first = position // (2 * v_max)
        above = min(max(first, 0), last_row)
        below = min(max(first + 1, 0), last_row)
        share = np.float32(position - first * 2 * v_max)
        rest = np.float32(2 * v_max) - share
        for x in range(last_column + 1):
            line[x] = rest * np.float32(plane[above, x]) + share * np.float32(plane[below, x])
        for x in range(columns):
            near = (whole - weight[x]) * line[left[x]] + weight[x] * line[right[x]]
            out[y, x, part] = np.int32(near * scale + half)
