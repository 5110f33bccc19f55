"""A picture becomes a sharper one: unsharp masking, the picture minus its blurred self."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import FormatError

MAX_AMOUNT, MAX_RADIUS = 5.0, 16


def sharpen(picture: NDArray[np.uint8], amount: float = 1.0, radius: int = 1) -> NDArray[np.uint8]:
    """(rows, columns) or (rows, columns, 3): x + amount * (x - blurred x), clamped. `radius` is
    the blur's standard deviation in pixels, roughly. FormatError for amounts outside 0..5."""
    if not 0 <= amount <= MAX_AMOUNT or not 1 <= radius <= MAX_RADIUS:
        raise FormatError("sharpen_amount", f"amount {amount}, radius {radius}")
    plain = picture.astype(np.float32)
    out = plain + np.float32(amount) * (plain - blur(plain, radius))
    return np.clip(np.floor(out + np.float32(0.5)), 0, 255).astype(np.uint8)


def blur(values: NDArray[Any], radius: int) -> NDArray[np.float32]:
    """Two box filters of 2 * radius + 1 in each direction; edges repeat."""
    out = np.asarray(values, np.float32)
    for axis in (0, 1, 0, 1):
        out = _box(out, radius, axis)
    return out


def _box(values: NDArray[np.float32], radius: int, axis: int) -> NDArray[np.float32]:
    width = 2 * radius + 1
    padding = [(0, 0)] * values.ndim
    padding[axis] = (radius + 1, radius)
    sums = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis, dtype=np.float64)
    size = values.shape[axis]
    high = np.take(sums, np.arange(width, width + size), axis=axis)
    low = np.take(sums, np.arange(size), axis=axis)
    return ((high - low) / width).astype(np.float32)
