"""Pixels, patient and reference lines (PS3.3 C.7.6.2.1.1)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.volume.planes import ImagePlane, make_plane, reference_line

AXIAL = make_plane((-100, -100, 50), (1, 0, 0, 0, 1, 0), (0.5, 1.0), (400, 200))
SAGITTAL = make_plane((0, -100, 150), (0, 1, 0, 0, 0, -1), (1.0, 1.0), (200, 200))
CORONAL = make_plane((-100, 20, 150), (1, 0, 0, 0, 0, -1), (1.0, 1.0), (200, 200))


def plane(found: ImagePlane | None) -> ImagePlane:
    assert found is not None
    return found


def test_the_equation_of_the_standard() -> None:
    axial = plane(AXIAL)
    assert axial.to_patient(0, 0) == (-100, -100, 50)
    assert axial.to_patient(10, 20) == (-90, -90, 50)
    assert axial.to_pixel((-90, -90, 53)) == pytest.approx((10, 20, 3))
    assert axial.normal == (0, 0, 1)


def test_an_axial_cut_on_a_sagittal_picture() -> None:
    line = reference_line(plane(SAGITTAL), plane(AXIAL))
    assert line is not None
    assert {round(point[1], 6) for point in line} == {100}  # 50 mm is 100 mm below 150 mm
    assert sorted(round(point[0], 3) for point in line) == [-0.25, 199.5]


def test_a_coronal_cut_on_an_axial_picture() -> None:
    line = reference_line(plane(AXIAL), plane(CORONAL))
    assert line is not None
    assert {round(point[1], 6) for point in line} == {240}  # (20 + 100) / 0.5
    assert sorted(round(point[0], 3) for point in line) == [-0.5, 199.5]


def test_parallel_and_distant_planes_do_not_meet() -> None:
    axial = plane(AXIAL)
    above = plane(make_plane((-100, -100, 60), (1, 0, 0, 0, 1, 0), (0.5, 1.0), (400, 200)))
    far = plane(make_plane((900, -100, 150), (0, 1, 0, 0, 0, -1), (1.0, 1.0), (200, 200)))
    low = plane(make_plane((0, -100, 20), (0, 1, 0, 0, 0, -1), (1.0, 1.0), (20, 200)))
    assert reference_line(axial, above) is None
    assert reference_line(axial, axial) is None
    assert reference_line(axial, far) is None
    assert reference_line(low, axial) is None


@pytest.mark.parametrize(
    ("position", "orientation", "spacing"),
    [
        (None, (1, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, 0), None, (1, 1)),
        ((0, 0, 0), (1, 0, 0, 0, 1, 0), None),
        ((0, 0, 0), (0, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, 0), (1, 0, 0, 1, 0, 0), (1, 1)),
        ((0, 0, 0), (1, 0, 0, 0, 1, 0), (0, 1)),
        ((0, 0, 0), (math.nan, 0, 0, 0, 1, 0), (1, 1)),
    ],
)
def test_what_makes_no_plane(position: object, orientation: object, spacing: object) -> None:
    assert make_plane(position, orientation, spacing, (4, 4)) is None  # type: ignore[arg-type]


ANGLES = st.floats(-3.1, 3.1)
PLACES = st.floats(-80, 80)


def turned(a: float, b: float, c: float, position: tuple[float, float, float]) -> ImagePlane:
    """An oblique plane by three angles."""
    sa, ca, sb, cb, sc, cc = (f(x) for x in (a, b, c) for f in (math.sin, math.cos))
    row = (ca * cb, sa * cb, -sb)
    column = (ca * sb * sc - sa * cc, sa * sb * sc + ca * cc, cb * sc)
    return plane(make_plane(position, (*row, *column), (0.7, 0.9), (128, 256)))


@given(ANGLES, ANGLES, ANGLES, PLACES, PLACES, PLACES, st.floats(-10, 300), st.floats(-10, 300))
def test_there_and_back(
    a: float, b: float, c: float, x: float, y: float, z: float, column: float, row: float
) -> None:
    made = turned(a, b, c, (x, y, z))
    assert made.to_pixel(made.to_patient(column, row)) == pytest.approx((column, row, 0), abs=1e-6)


@given(ANGLES, ANGLES, ANGLES, PLACES, PLACES, PLACES)
def test_a_reference_line_lies_in_both_planes(
    a: float, b: float, c: float, x: float, y: float, z: float
) -> None:
    on, of = plane(AXIAL), turned(a, b, c, (x, y, z))
    line = reference_line(on, of)
    for column, row in line or ():
        assert -0.51 <= column <= 199.51 and -0.51 <= row <= 399.51
        other = of.to_pixel(on.to_patient(column, row))
        assert abs(other[2]) < 1e-3
        assert -0.51 <= other[0] <= 255.51 and -0.51 <= other[1] <= 127.51
