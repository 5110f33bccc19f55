"""The inverse DCT (T.81 A.3.3) and chroma up-sampling, on plain arrays.

The transform is the definition, separated: columns first, then rows, each a product with the
cosines. 32-bit floats keep the result within 0.001 of the exact one for 12 bits, and the order of
the operations is fixed, so that every machine rounds alike. Coefficients arrive multiplied by
their quantisation step and an eighth.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import Int, kernel

Floats = NDArray[np.float32]

COSINES = np.array([
    [1.0 if u == 0 else np.sqrt(2.0) * np.cos((2 * x + 1) * u * np.pi / 16) for x in range(8)]
    for u in range(8)
]).astype(np.float32)  # fmt: skip
"""[frequency, place]: sqrt(2) C(u) cos((2x + 1) u pi / 16), so that the first row is exact."""
COSINES.flags.writeable = False

_OUT = ("uint8", "uint16")


@kernel(*(f"void(float32[::1], float32[::1], {out}[::1], int64, int64, int64, float32, float32)"
          for out in _OUT))  # fmt: skip
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
    level += half
    if seen == 0:
        flat = min(max(block[0] + level, zero), top)
        value = np.int32(flat)
        for y in range(8):
            for x in range(8):
                out[at + stride * y + x] = value
        return
    if seen & 32:
        for y in range(4):
            c0 = COSINES[0, y]
            c1 = COSINES[1, y]
            c2 = COSINES[2, y]
            c3 = COSINES[3, y]
            c4 = COSINES[4, y]
            c5 = COSINES[5, y]
            c6 = COSINES[6, y]
            c7 = COSINES[7, y]
            for u in range(8):
                even = c0 * block[u] + c2 * block[16 + u]
                even += c4 * block[32 + u] + c6 * block[48 + u]
                odd = c1 * block[8 + u] + c3 * block[24 + u]
                odd += c5 * block[40 + u] + c7 * block[56 + u]
                work[8 * y + u] = even + odd
                work[56 - 8 * y + u] = even - odd
    else:
        for y in range(4):
            c0 = COSINES[0, y]
            c1 = COSINES[1, y]
            c2 = COSINES[2, y]
            c3 = COSINES[3, y]
            for u in range(8):
                even = c0 * block[u] + c2 * block[16 + u]
                odd = c1 * block[8 + u] + c3 * block[24 + u]
                work[8 * y + u] = even + odd
                work[56 - 8 * y + u] = even - odd
    for y in range(8):
        w0 = work[8 * y] + level
        w1 = work[8 * y + 1]
        w2 = work[8 * y + 2]
        w3 = work[8 * y + 3]
        row = at + stride * y
        if seen & 4:
            w4 = work[8 * y + 4]
            w5 = work[8 * y + 5]
            w6 = work[8 * y + 6]
            w7 = work[8 * y + 7]
            for x in range(8):
                value = w0 + w1 * COSINES[1, x] + w2 * COSINES[2, x] + w3 * COSINES[3, x]
                value += w4 * COSINES[4, x] + w5 * COSINES[5, x]
                value += w6 * COSINES[6, x] + w7 * COSINES[7, x]
                out[row + x] = np.int32(min(max(value, zero), top))
        else:
            for x in range(8):
                value = w0 + w1 * COSINES[1, x] + w2 * COSINES[2, x] + w3 * COSINES[3, x]
                out[row + x] = np.int32(min(max(value, zero), top))


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
