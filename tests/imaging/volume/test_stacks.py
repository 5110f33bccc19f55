"""Stacks: order, gaps, tilt, duplicates, directions that differ."""

import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.dicom.reader import read_file
from imaging.pixels.functional_groups import FrameGroups
from imaging.volume.sorting import SliceKey
from imaging.volume.stacks import Stack, make_stacks

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def key(
    z: float, number: int, orientation: Any = AXIAL, x: float = 0.0, y: float = 0.0
) -> SliceKey:
    return SliceKey((x, y, z), orientation, number, 1, f"1.{number}")


def test_even_slices_make_one_regular_stack() -> None:
    keys = [key(2.5 * n, 100 - n) for n in range(20)]
    (stack,) = make_stacks(random.Random(1).sample(keys, 20))
    assert stack.step_mm == 2.5
    assert stack.places_mm == tuple(2.5 * n for n in range(20))
    assert stack.is_regular and stack.gaps == () and stack.tilt_degrees == 0


def test_a_missing_slice_is_a_gap() -> None:
    (stack,) = make_stacks([key(z, n) for n, z in enumerate((0, 1, 2, 4, 5, 6, 9))])
    assert stack.gaps == (2, 5)
    assert not stack.is_regular


def test_uneven_slices_are_not_regular_and_have_no_gap() -> None:
    (stack,) = make_stacks([key(z, n) for n, z in enumerate((0, 1, 2.2, 3, 4))])
    assert stack.gaps == () and not stack.is_regular


def test_a_tilted_gantry() -> None:
    tilt = math.radians(18.5)
    orientation = (1.0, 0.0, 0.0, 0.0, math.cos(tilt), -math.sin(tilt))
    (stack,) = make_stacks([key(5.0 * n, n, orientation) for n in range(10)])
    assert stack.tilt_degrees == pytest.approx(18.5)
    assert stack.step_mm == pytest.approx(5 * math.cos(tilt))
    assert not stack.is_regular


def test_two_slices_at_a_place_make_two_stacks_by_number() -> None:
    keys = [key(float(n % 5), n) for n in range(10)]
    first, second = make_stacks(keys)
    assert first.members == (0, 1, 2, 3, 4)
    assert second.members == (5, 6, 7, 8, 9)
    (first, second) = make_stacks([*keys[:5], key(2, 99)])
    assert (first.members, second.members) == ((0, 1, 2, 3, 4), (5,))
    assert first.is_regular and not second.is_regular


def test_directions_are_kept_apart() -> None:
    keys = [key(float(n), n) for n in range(4)]
    keys += [key(0, 10 + n, SAGITTAL, x=float(n)) for n in range(3)]
    keys += [key(float(n), 20 + n, (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0)) for n in range(2)]
    axial, sagittal, turned = make_stacks(keys)
    assert [len(s.members) for s in (axial, sagittal, turned)] == [4, 3, 2]
    assert sagittal.step_mm == 1


def test_slices_without_a_place_come_last() -> None:
    lost = SliceKey(None, AXIAL, 7, 1, "1.7")
    flat = SliceKey((0.0, 0.0, 0.0), (0.0,) * 6, 8, 1, "1.8")
    stacks = make_stacks([lost, key(0, 1), flat])
    assert [s.members for s in stacks] == [(1,), (0, 2)]
    assert stacks[1].normal is None and not stacks[1].is_regular
    assert make_stacks([]) == []


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 2)), max_size=30))
def test_every_slice_is_in_exactly_one_stack(slices: list[tuple[int, int]]) -> None:
    directions = [AXIAL, SAGITTAL, None]
    keys = [key(float(z), n, directions[d]) for n, (z, d) in enumerate(slices)]
    members = [n for stack in make_stacks(keys) for n in stack.members]
    assert sorted(members) == list(range(len(keys)))
    for stack in make_stacks(keys):
        assert list(stack.places_mm) == sorted(stack.places_mm)


def series(folder: Path) -> Stack:
    keys = []
    for path in sorted(folder.iterdir()):
        dataset = read_file(path, stop_before_pixels=True).dataset
        facts = FrameGroups(dataset).facts(0)
        number = dataset.integer("InstanceNumber")
        keys.append(
            SliceKey(facts.position, facts.orientation, number, 1, dataset.text("SOPInstanceUID"))
        )
    (stack,) = make_stacks(keys)
    assert stack.members == tuple(range(len(keys)))  # files are named in this order
    return stack


@pytest.mark.parametrize(
    ("name", "step", "is_regular", "tilt"),
    [
        ("ct_chest_lidc0314_jpll", 1.0, True, 0.0),
        ("ct_head_tilt_ge_jls", 4.0019, False, 18.5),
        ("mr_signa_implicit_raw", 2.0, True, 0.0),
        ("mr_t1w_sagittal_j2k", 0.6667, True, 0.0),
    ],
)
def test_real_series(
    shared_dicom: Path, name: str, step: float, is_regular: bool, tilt: float
) -> None:
    stack = series(shared_dicom / "series" / name)
    assert stack.step_mm == pytest.approx(step, abs=1e-3)
    assert stack.is_regular == is_regular
    assert stack.tilt_degrees == pytest.approx(tilt, abs=0.2)
