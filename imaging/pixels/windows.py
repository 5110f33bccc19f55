"""Modality values become grey: the VOI windows and tables of PS3.3 C.11.2.1 (linear, linear exact,
sigmoid) and a window made from the data where a file has none, or one that shows nothing."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset
from imaging.pixels.grey_table import GreyTable

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
MAX_WINDOWS = 16
_LARGEST = 1e9


@dataclass(frozen=True, slots=True)
class Window:
    """Centre and width in modality values; `name` is the file's own explanation. With a `table`
    greys are its own, and centre and width only say what it spans."""

    center: float
    width: float
    name: str = ""
    function: str = "LINEAR"
    table: GreyTable | None = None


def read_windows(dataset: Dataset) -> list[Window]:
    """The usable windows of a data set or functional group, in the file's order."""
    function = dataset.text("VOILUTFunction").upper() or "LINEAR"
    if function not in FUNCTIONS:
        function = "LINEAR"
    centers, widths = dataset.numbers("WindowCenter"), dataset.numbers("WindowWidth")
    names = dataset.texts("WindowCenterWidthExplanation")
    least = 1.0 if function == "LINEAR" else 0.0
    windows: list[Window] = []
    for n, (center, width) in enumerate(zip(centers, widths, strict=False)):
        is_usable = abs(center) < _LARGEST and least <= width < _LARGEST and width > 0
        if is_usable and len(windows) < MAX_WINDOWS:
            windows.append(Window(center, width, names[n] if n < len(names) else "", function))
    return windows


def shows_something(window: Window, low: float, high: float) -> bool:
    """Whether any value between `low` and `high` lies inside the window: a window beside the data
    makes a black or a white picture. A table always does."""
    if window.table is not None:
        return True
    half = window.width / 2
    return low == high or (window.center - half < high and window.center + half > low)


def window_from_data(values: NDArray[Any]) -> Window:
    """From the 1st to the 99th percentile of finite values, at least 1 wide."""
    flat = np.asarray(values, np.float64).reshape(-1)
    flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return Window(0.5, 1.0)
    low, high = np.percentile(flat, (1, 99))
    if high - low < 1e-9:
        low, high = flat.min(), flat.max()
    width = max(float(high - low), 1.0)
    digits = max(0, 3 - math.floor(math.log10(width)))
    return Window(round(float(low + high) / 2, digits), round(width, digits))


def apply_window(values: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """Modality values as 0..255; nothing that is no number comes out as one."""
    if window.table is not None:
        return window.table.apply(values)
    x = np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=_LARGEST, neginf=-_LARGEST)
    center, width = np.float32(window.center), np.float32(window.width)
    if window.function == "SIGMOID":  # C.11.2.1.3.1
        exponent = np.clip(-4 * (x - center) / width, -80, 80)
        grey = 255 / (1 + np.exp(exponent))
    elif window.function == "LINEAR_EXACT":  # C.11.2.1.3.2
        grey = ((x - center) / width + np.float32(0.5)) * 255
    elif width <= 1:  # C.11.2.1.2.1: a step
        grey = np.where(x <= center - np.float32(0.5), np.float32(0), np.float32(255))
    else:
        grey = ((x - (center - np.float32(0.5))) / (width - 1) + np.float32(0.5)) * 255
    result: NDArray[np.uint8] = np.clip(np.floor(grey + np.float32(0.5)), 0, 255).astype(np.uint8)
    return result
