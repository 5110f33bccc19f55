"""Stored values become values that can be shown: bits above Bits Stored masked off and the sign
extended (PS3.5 8.1.1), so that overlays in unused bits never reach the eye."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.pixels.layout import PixelLayout


def mask_stored(pixels: NDArray[Any], layout: PixelLayout) -> NDArray[Any]:
    """The same array when every allocated bit is used, else a masked copy."""
    shift = layout.high_bit + 1 - layout.bits_stored
    bits = layout.item_bytes * 8
    if layout.is_float or layout.bits_allocated == 1 or layout.bits_stored == bits:
        return pixels
    up = bits - layout.bits_stored - shift
    if not layout.is_signed and shift == 0:
        masked: NDArray[Any] = np.bitwise_and(pixels, (1 << layout.bits_stored) - 1)
        return masked
    # to the top and back: the right shift carries the sign where there is one
    result: NDArray[Any] = (pixels << up) >> (bits - layout.bits_stored)
    return result
