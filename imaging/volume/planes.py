"""The plane of an image in the patient (PS3.3 C.7.6.2.1.1): pixels become millimetres in the
patient's coordinates and back, and two planes meet in a reference line.

Patient coordinates are x to the left, y to the back, z to the head, in mm. Pixels are (column, row)
at their centres, the first is (0, 0).
"""

import math
from dataclasses import dataclass

Vector = tuple[float, float, float]
Point = tuple[float, float]

PARALLEL = 1e-4  # sine of the angle below which planes do not meet
PERPENDICULAR = 1e-2


@dataclass(frozen=True, slots=True)
class ImagePlane:
    """`along_row` is the direction in which columns rise, `along_column` in which rows do; both of
    length 1. Spacing in mm."""

    position: Vector
    along_row: Vector
    along_column: Vector
    row_mm: float
    column_mm: float
    rows: int
    columns: int

    @property
    def normal(self) -> Vector:
        return cross(self.along_row, self.along_column)

    def to_patient(self, column: float, row: float) -> Vector:
        """Equation C.7.6.2.1-1."""
        across, down = column * self.column_mm, row * self.row_mm
        x, y, z = (
            p + a * across + b * down
            for p, a, b in zip(self.position, self.along_row, self.along_column, strict=True)
        )
        return x, y, z

    def to_pixel(self, point: Vector) -> tuple[float, float, float]:
        """Column, row, and the distance to the plane in mm along its normal."""
        offset = subtract(point, self.position)
        return (
            dot(offset, self.along_row) / self.column_mm,
            dot(offset, self.along_column) / self.row_mm,
            dot(offset, self.normal),
        )


def make_plane(
    position: tuple[float, ...] | None,
    orientation: tuple[float, ...] | None,
    spacing: tuple[float, ...] | None,
    size: tuple[int, int],
) -> ImagePlane | None:
    """From Image Position, Image Orientation, Pixel Spacing and (rows, columns); None when one is
    missing, or when the directions are not at right angles."""
    if position is None or orientation is None or spacing is None:
        return None
    a, b, c, d, e, f = orientation
    along_row, along_column = unit((a, b, c)), unit((d, e, f))
    if along_row is None or along_column is None:
        return None
    if abs(dot(along_row, along_column)) > PERPENDICULAR or min(spacing) <= 0:
        return None
    x, y, z = position
    return ImagePlane((x, y, z), along_row, along_column, spacing[0], spacing[1], *size)


def reference_line(on: ImagePlane, of: ImagePlane) -> tuple[Point, Point] | None:
    """Where the picture `of` cuts the picture `on`: two points in pixels of `on`; None when the
    planes are parallel or the pictures do not meet."""
    direction = unit(cross(on.normal, of.normal), least=PARALLEL)
    if direction is None:
        return None
    start = _meeting_point(on, of)
    spans = [_span(plane, start, direction) for plane in (on, of)]
    low = max(span[0] for span in spans)
    high = min(span[1] for span in spans)
    if not low < high:
        return None
    first, second = (on.to_pixel(_along(start, direction, t))[:2] for t in (low, high))
    return first, second


def _meeting_point(on: ImagePlane, of: ImagePlane) -> Vector:
    """A point of both planes: from `on`'s first pixel, inside `on`, straight towards `of`."""
    way = cross(on.normal, cross(on.normal, of.normal))
    distance = dot(subtract(of.position, on.position), of.normal)
    return _along(on.position, way, distance / dot(way, of.normal))


def _span(plane: ImagePlane, start: Vector, direction: Vector) -> tuple[float, float]:
    """For which t the line start + t * direction runs inside the picture's edges."""
    low, high = -math.inf, math.inf
    offset = subtract(start, plane.position)
    for axis, step, count in (
        (plane.along_row, plane.column_mm, plane.columns),
        (plane.along_column, plane.row_mm, plane.rows),
    ):
        place, slope = dot(offset, axis), dot(direction, axis)
        first, last = -0.5 * step, (count - 0.5) * step
        if abs(slope) < 1e-9:
            if not first <= place <= last:
                return 0.0, 0.0
            continue
        ends = sorted(((first - place) / slope, (last - place) / slope))
        low, high = max(low, ends[0]), min(high, ends[1])
    return low, high


def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def subtract(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def unit(vector: Vector, least: float = 1e-6) -> Vector | None:
    """Of length 1; None when it is shorter than `least`."""
    length = math.hypot(*vector)
    if length < least or not math.isfinite(length):
        return None
    return vector[0] / length, vector[1] / length, vector[2] / length


def _along(start: Vector, direction: Vector, t: float) -> Vector:
    return start[0] + direction[0] * t, start[1] + direction[1] * t, start[2] + direction[2] * t
