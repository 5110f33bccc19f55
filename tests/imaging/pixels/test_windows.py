"""VOI windows by the formulas of PS3.3 C.11.2, and windows that are no use."""

import numpy as np
import pytest

from imaging.dicom.dataset import Dataset, Element
from imaging.pixels.windows import (
    Window,
    apply_window,
    read_windows,
    shows_something,
    window_from_data,
)


def dataset(**values: bytes) -> Dataset:
    made = Dataset()
    for key, raw in values.items():
        made.elements[made._tag(key)] = Element("DS" if raw[:1] in b"-0123456789" else "CS",
                                                memoryview(raw))  # fmt: skip
    return made


def test_linear_follows_the_examples_of_the_standard() -> None:
    # C.11.2.1.2.1 note: c=2048, w=4096 over 12 bits is the identity; c=0, w=100 ends at -50 and 49
    values = np.array([-1, 0, 2047, 4095, 5000])
    assert apply_window(values, Window(2048, 4096)).tolist() == [0, 0, 127, 255, 255]
    assert apply_window(np.array([-50, 49]), Window(0, 100)).tolist() == [0, 255]


def test_width_1_is_a_step() -> None:
    assert apply_window(np.array([-1, -0.5, 0, 1]), Window(0, 1)).tolist() == [0, 0, 255, 255]


def test_linear_exact_and_sigmoid() -> None:
    exact = Window(0.5, 1.0, function="LINEAR_EXACT")
    assert apply_window(np.array([0.0, 0.5, 1.0]), exact).tolist() == [0, 128, 255]
    sigmoid = Window(10, 4, function="SIGMOID")
    assert apply_window(np.array([-1e30, 10, 1e30]), sigmoid).tolist() == [0, 128, 255]


def test_no_number_becomes_no_crash() -> None:
    values = np.array([np.nan, np.inf, -np.inf, 0])
    assert apply_window(values, Window(0, 100)).tolist() == [129, 255, 0, 129]


@pytest.mark.parametrize("raw", [
    {"WindowCenter": b"40", "WindowWidth": b"0"},
    {"WindowCenter": b"40", "WindowWidth": b"-400"},
    {"WindowCenter": b"40"},
    {"WindowCenter": b"nan", "WindowWidth": b"400"},
    {"WindowCenter": b"1e400", "WindowWidth": b"1"},
    {"WindowCenter": b"40,5", "WindowWidth": b"400"},
    {"WindowCenter": b"40", "WindowWidth": b"1e12"},
])  # fmt: skip
def test_absurd_windows_are_not_windows(raw: dict[str, bytes]) -> None:
    assert read_windows(dataset(**raw)) == []


def test_all_windows_come_with_their_names() -> None:
    made = dataset(
        WindowCenter=b"-500\\40 ", WindowWidth=b"1500\\400",
        WindowCenterWidthExplanation=b"LUNG\\SOFT TISSUE",
    )  # fmt: skip
    assert [(w.center, w.width, w.name) for w in read_windows(made)] == [
        (-500, 1500, "LUNG"), (40, 400, "SOFT TISSUE"),
    ]  # fmt: skip


def test_a_window_beside_the_data_shows_nothing() -> None:
    assert not shows_something(Window(5000, 100), 0, 1000)
    assert shows_something(Window(40, 400), -1000, 1000)
    assert shows_something(Window(0, 1), 7, 7)


def test_a_window_from_the_data_leaves_out_the_extremes() -> None:
    values = np.concatenate([np.arange(1000), [1_000_000]])
    window = window_from_data(values)
    assert 950 < window.width < 1000
    assert 480 < window.center < 520


@pytest.mark.parametrize("values", [[], [5, 5, 5], [np.nan], [0.0001, 0.0002]])
def test_flat_or_empty_data_still_give_a_window(values: list[float]) -> None:
    window = window_from_data(np.array(values))
    assert window.width > 0
    assert np.isfinite(window.center)
