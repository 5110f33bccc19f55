"""Which stored values are no image at all: Pixel Padding Value and Range Limit (PS3.3 C.7.5.1.1.2).
They are left out when a window is made from the data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset


def is_padding(pixels: NDArray[Any], dataset: Dataset) -> NDArray[np.bool_] | None:
    """A mask of the same shape; None when the file names no padding. Both elements are read with
    the sign of the pixels, whatever VR they were written with."""
    first = _value(dataset, "PixelPaddingValue", pixels.dtype)
    if first is None:
        return None
    last = _value(dataset, "PixelPaddingRangeLimit", pixels.dtype)
    low, high = sorted((first, first if last is None else last))
    mask: NDArray[np.bool_] = (pixels >= low) & (pixels <= high)
    return mask


def _value(dataset: Dataset, key: str, dtype: np.dtype[Any]) -> int | None:
    number = dataset.integer(key)
    if number is None or dtype.kind not in "iu":
        return None
    if dtype.kind == "i" and number >= 32768 and dtype.itemsize <= 2:
        number -= 65536  # written as US although the pixels are signed
    limits = np.iinfo(dtype)
    return min(max(number, int(limits.min)), int(limits.max))
