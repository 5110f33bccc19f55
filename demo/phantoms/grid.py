"""A grid of voxels in patient space and the brushes that paint shapes into it.

Patient coordinates are DICOM's (PS3.3 C.7.6.2.1.1): x to the patient's left, y to the back,
z to the head, in millimetres. A volume is int16 (slices, rows, columns); slice 0 is the lowest.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]
Volume = NDArray[np.int16]
Mask = NDArray[np.bool_]
Axis = NDArray[np.float32]


@dataclass(slots=True)
class Grid:
    """`shape` (slices, rows, columns), `spacing_mm` (z, y, x); the origin is the centre in x and
    y and the lowest slice in z."""

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    background: int = -1000
    values: Volume = field(init=False)

    def __post_init__(self) -> None:
        self.values = np.full(self.shape, self.background, np.int16)

    def axis(self, index: int) -> NDArray[np.float32]:
        """Coordinates in mm along axis 0 (z), 1 (y) or 2 (x)."""
        n, step = self.shape[index], self.spacing_mm[index]
        start = 0.0 if index == 0 else -step * (n - 1) / 2
        axis: NDArray[np.float32] = (start + step * np.arange(n)).astype(np.float32)
        return axis

    def _window(self, index: int, low: float, high: float) -> slice:
        axis = self.axis(index)
        return slice(int(np.searchsorted(axis, low)), int(np.searchsorted(axis, high, "right")))

    def box(self, low: Point, high: Point) -> tuple[tuple[slice, slice, slice], Axis, Axis, Axis]:
        """The sub-box between two corners (x, y, z): its slices and open coordinate arrays."""
        window = (
            self._window(0, low[2], high[2]),
            self._window(1, low[1], high[1]),
            self._window(2, low[0], high[0]),
        )
        z = self.axis(0)[window[0]][:, None, None]
        y = self.axis(1)[window[1]][None, :, None]
        x = self.axis(2)[window[2]][None, None, :]
        return window, z, y, x

    def ellipsoid(
        self,
        centre: Point,
        radii: Point,
        value: int,
        *,
        power: float = 2.0,
        only: Mask | None = None,
    ) -> None:
        """Fill a (super)ellipsoid; `only` limits it to voxels that are true there."""
        low = tuple(c - r for c, r in zip(centre, radii, strict=True))
        high = tuple(c + r for c, r in zip(centre, radii, strict=True))
        window, z, y, x = self.box(low, high)  # type: ignore[arg-type]
        inside = (
            np.abs((x - centre[0]) / radii[0]) ** power
            + np.abs((y - centre[1]) / radii[1]) ** power
            + np.abs((z - centre[2]) / radii[2]) ** power
        ) <= 1
        if only is not None:
            inside &= only[window]
        self.values[window][inside] = value

    def capsule(
        self, start: Point, end: Point, radius_mm: float, value: int, *, only: Mask | None = None
    ) -> None:
        """Fill a rod with round ends."""
        a, b = np.array(start, np.float32), np.array(end, np.float32)
        low, high = np.minimum(a, b) - radius_mm, np.maximum(a, b) + radius_mm
        window, z, y, x = self.box(tuple(low), tuple(high))
        along = b - a
        length2 = float(along @ along) or 1e-6
        t = ((x - a[0]) * along[0] + (y - a[1]) * along[1] + (z - a[2]) * along[2]) / length2
        t = np.clip(t, 0, 1)
        inside = (
            (x - a[0] - t * along[0]) ** 2
            + (y - a[1] - t * along[1]) ** 2
            + (z - a[2] - t * along[2]) ** 2
        ) <= radius_mm**2
        if only is not None:
            inside &= only[window]
        self.values[window][inside] = value

    def tube(
        self, path: Iterable[Point], radius_mm: float, value: int, *, only: Mask | None = None
    ) -> None:
        """Rods along a path."""
        points = list(path)
        for start, end in pairwise(points):
            self.capsule(start, end, radius_mm, value, only=only)


def soften(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """A 3x3 binomial blur: the partial volume of a real scanner's pixel."""
    padded = np.pad(image, 1, mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    blurred: NDArray[np.float32] = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16
    return blurred


def scan(values: Volume, *, noise: float, seed: int) -> Volume:
    """What a scanner makes of ideal values: blurred a little, with correlated noise, int16."""
    random = np.random.default_rng(seed)
    out = np.empty_like(values)
    for index, ideal in enumerate(values):
        grain = soften(random.standard_normal(ideal.shape, np.float32)) * (2.67 * noise)
        out[index] = np.rint(soften(ideal.astype(np.float32)) + grain).astype(np.int16)
    return out
