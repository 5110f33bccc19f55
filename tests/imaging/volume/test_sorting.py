"""The display order of frames: by place, in passes, in groups, and by number when nothing else."""

import itertools
import random

from imaging.volume.sorting import SliceKey, display_order

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
TILTED = (1.0, 0.0, 0.0, 0.0, 0.9483237, -0.3173047)


def key(
    z: float | None,
    number: int | None,
    orientation: tuple[float, ...] | None = AXIAL,
    frame: int = 0,
) -> SliceKey:
    position = None if z is None else (1.0, 2.0, z)
    return SliceKey(position, orientation, number, frame, f"1.2.{number}")


def ordered(keys: list[SliceKey]) -> list[int | None]:
    return [keys[n].instance_number for n in display_order(keys)]


def test_slices_go_along_the_normal_whatever_their_numbers() -> None:
    keys = [key(z, number) for number, z in enumerate((30.0, 10.0, 20.0, -5.0))]
    assert ordered(keys) == [3, 1, 2, 0]


def test_a_tilted_gantry_is_measured_along_its_own_normal() -> None:
    keys = [
        SliceKey((0.0, 0.317 * n, 0.948 * n), TILTED, 10 - n, 0, str(n)) for n in range(5)
    ]  # fmt: skip
    assert ordered(keys) == [10, 9, 8, 7, 6]


def test_sagittal_slices_go_along_x() -> None:
    keys = [SliceKey((x, 0.0, 0.0), SAGITTAL, n, 0, str(n)) for n, x in enumerate((3.0, 1.0, 2.0))]
    assert ordered(keys) == [0, 2, 1]  # their normal points to -x


def test_the_order_of_arrival_does_not_matter() -> None:
    keys = [key(float(n % 7), n) for n in range(21)]
    expected = ordered(keys)
    for seed in range(5):
        shuffled = keys[:]
        random.Random(seed).shuffle(shuffled)
        assert ordered(shuffled) == expected


def test_phases_become_whole_passes() -> None:
    keys = [key(float(z), 10 * phase + z) for z, phase in itertools.product(range(4), range(3))]
    assert ordered(keys) == [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]


def test_a_single_duplicate_stays_beside_its_twin() -> None:
    keys = [key(1.0, 1), key(2.0, 2), key(3.0, 3), key(2.0, 9)]
    assert ordered(keys) == [1, 2, 9, 3]


def test_a_localizer_stands_before_the_stack_it_was_taken_before() -> None:
    keys = [key(float(n), n) for n in range(3, 8)]
    keys += [SliceKey((0.0, 0.0, 0.0), SAGITTAL, 1, 0, "1")]
    assert ordered(keys) == [1, 3, 4, 5, 6, 7]


def test_without_positions_the_instance_number_counts_and_none_comes_last() -> None:
    keys = [key(None, 3), key(None, None), key(None, 1), key(5.0, 2)]
    assert ordered(keys) == [1, 2, 3, None]


def test_a_rotating_acquisition_keeps_its_numbers() -> None:
    import math

    keys = [
        SliceKey((0.0, 0.0, 0.0), (math.cos(a), math.sin(a), 0.0, 0.0, 0.0, -1.0), n, 0, str(n))
        for n, a in enumerate(k * math.pi / 20 for k in range(20))
    ]
    assert ordered(keys) == list(range(20))


def test_frames_of_one_file_without_positions_keep_their_order() -> None:
    keys = [key(None, 1, None, frame) for frame in (3, 0, 2, 1)]
    assert [keys[n].frame for n in display_order(keys)] == [0, 1, 2, 3]


def test_nothing_is_no_frames() -> None:
    assert display_order([]) == []


def test_a_direction_of_length_zero_does_not_divide_by_zero() -> None:
    keys = [
        key(1.0, 2, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)),
        key(0.0, 1, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)),
    ]
    assert sorted(display_order(keys)) == [0, 1]
