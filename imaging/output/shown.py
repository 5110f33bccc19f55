"""Reduced frames become 8-bit pictures as a reader sees them: through a window, MONOCHROME1
inverted (PS3.3 C.7.6.3.1.2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.output.reduce import area_average, fit
from imaging.pixels.image_file import WebFrame
from imaging.pixels.windows import Window, apply_window

THUMBNAIL_SIDE = 256


@dataclass(frozen=True, slots=True)
class ReducedFrame:
    """Modality values (rows, columns) as float32, or RGB (rows, columns, 3) 0..255."""

    values: NDArray[np.float32]
    photometric: str


def reduce_frame(frame: WebFrame, longest: int) -> ReducedFrame:
    """The frame in modality values, its longest side at most `longest`."""
    rows, columns = fit(frame.pixels.shape[0], frame.pixels.shape[1], longest)
    values = area_average(frame.pixels, rows, columns)
    if frame.samples == 1:
        values = values * np.float32(frame.slope) + np.float32(frame.intercept)
    return ReducedFrame(values, frame.photometric)


def show(frame: ReducedFrame, window: Window | None) -> NDArray[np.uint8]:
    """Ready to be put on a screen; colour ignores the window."""
    if frame.values.ndim == 3 or window is None:
        rgb: NDArray[np.uint8] = np.clip(frame.values + 0.5, 0, 255).astype(np.uint8)
        return rgb
    grey: NDArray[np.uint8] = apply_window(frame.values, window)
    if frame.photometric == "MONOCHROME1":
        np.invert(grey, out=grey)
    return grey
