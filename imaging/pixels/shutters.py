"""What a display shutter leaves visible (PS3.3 C.7.6.11, C.7.6.15): rectangle, circle, polygon, or
all but the set bits of an overlay plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset
from imaging.pixels.overlays import Overlay

MAX_VERTICES = 4096


@dataclass(frozen=True, slots=True)
class Shutter:
    """`visible` is (rows, columns); the rest takes `grey` (0..255)."""

    visible: NDArray[np.bool_]
    grey: int

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of a grey or RGB picture of the same size, shuttered."""
        out = picture.copy()
        out[~self.visible] = self.grey
        return out


def read_shutter(
    dataset: Dataset, rows: int, columns: int, bitmap: Overlay | None = None
) -> Shutter | None:
    """The shapes of the data set together: a pixel is seen when every shape lets it through. None
    when there is no shape, or none that makes sense. `bitmap` is the plane of `bitmap_group`."""
    shapes = [
        shape
        for kind in dataset.texts("ShutterShape")
        if (shape := _SHAPES.get(kind.upper(), _nothing)(dataset, rows, columns)) is not None
    ]
    if bitmap is not None:
        hidden = bitmap.draw(np.zeros((rows, columns), np.uint8))
        shapes.append(hidden == 0)
    if not shapes:
        return None
    visible = np.logical_and.reduce(shapes)
    value = dataset.integer("ShutterPresentationValue", 0) or 0
    return Shutter(visible, min(max(value, 0), 65535) >> 8)  # a P-value of 16 bits (C.7.6.11.1)


def bitmap_group(dataset: Dataset) -> int | None:
    """The group of the overlay whose set bits are hidden (C.7.6.15); None where there is none."""
    if "BITMAP" not in (kind.upper() for kind in dataset.texts("ShutterShape")):
        return None
    return dataset.integer("ShutterOverlayGroup")


def _nothing(dataset: Dataset, rows: int, columns: int) -> NDArray[np.bool_] | None:
    return None


def _rectangle(dataset: Dataset, rows: int, columns: int) -> NDArray[np.bool_] | None:
    edges = [
        dataset.integer(f"Shutter{side}Edge")
        for side in ("UpperHorizontal", "LowerHorizontal", "LeftVertical", "RightVertical")
    ]
    upper, lower, left, right = edges
    if upper is None or lower is None or left is None or right is None:
        return None
    visible = np.zeros((rows, columns), np.bool_)
    visible[max(upper - 1, 0) : max(lower, 0), max(left - 1, 0) : max(right, 0)] = True
    return visible


def _circle(dataset: Dataset, rows: int, columns: int) -> NDArray[np.bool_] | None:
    center, radius = (
        dataset.numbers("CenterOfCircularShutter"),
        dataset.number("RadiusOfCircularShutter"),
    )
    if len(center) != 2 or radius is None:
        return None
    row, column = np.ogrid[1 : rows + 1, 1 : columns + 1]
    visible: NDArray[np.bool_] = (row - center[0]) ** 2 + (column - center[1]) ** 2 <= radius**2
    return visible


def _polygon(dataset: Dataset, rows: int, columns: int) -> NDArray[np.bool_] | None:
    """Vertices as row, column pairs; inside by the even-odd rule at the centres of the pixels."""
    flat = dataset.numbers("VerticesOfThePolygonalShutter")
    points = list(zip(flat[0::2], flat[1::2], strict=False))
    if not 3 <= len(points) <= MAX_VERTICES:
        return None
    odd = np.zeros((rows, columns + 1), np.uint8)  # edges of the polygon that end a run here
    row = np.arange(1, rows + 1)
    for (r1, c1), (r2, c2) in zip(points, points[1:] + points[:1], strict=True):
        crossed = row[(r1 > row) != (r2 > row)]
        if crossed.size:
            at = c1 + (crossed - r1) * (c2 - c1) / (
                r2 - r1
            )  # columns left of it are beyond an edge
            odd[crossed - 1, np.clip(np.ceil(at) - 1, 0, columns).astype(np.int64)] ^= 1
    beyond = np.bitwise_xor.accumulate(odd[:, ::-1], axis=1)[:, ::-1]
    visible: NDArray[np.bool_] = beyond[:, 1:] != 0
    return visible


_SHAPES = {"RECTANGULAR": _rectangle, "CIRCULAR": _circle, "POLYGONAL": _polygon}
