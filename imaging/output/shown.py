"""Frames become 8-bit pictures as a reader sees them: through a window or table, MONOCHROME1
inverted (PS3.3 C.7.6.3.1.2), shuttered."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.output.reduce import area_average, fit, nearest
from imaging.output.rendering import square
from imaging.pixels.image_file import WebFrame
from imaging.pixels.layers import Layers
from imaging.pixels.shutters import Shutter
from imaging.pixels.windows import Window, apply_window

THUMBNAIL_SIDE = 256


@dataclass(frozen=True, slots=True)
class ReducedFrame:
    """Modality values (rows, columns) as float32, or RGB (rows, columns, 3) 0..255."""

    values: NDArray[np.float32]
    photometric: str
    shutter: Shutter | None = None


def reduce_frame(frame: WebFrame, longest: int, shutter: Shutter | None = None) -> ReducedFrame:
    """The frame in modality values, its longest side at most `longest`."""
    rows, columns = fit(frame.pixels.shape[0], frame.pixels.shape[1], longest)
    values = area_average(frame.pixels, rows, columns)
    if frame.samples == 1:
        values = values * np.float32(frame.slope) + np.float32(frame.intercept)
    if shutter is not None:
        shutter = Shutter(nearest(shutter.visible, rows, columns), shutter.grey)
    return ReducedFrame(values, frame.photometric, shutter)


def thumbnail(
    frame: WebFrame, window: Window | None, layers: Layers, aspect: float
) -> NDArray[np.uint8]:
    """The whole picture, shutter and overlays drawn, small and with square pixels."""
    picture = layers.draw(show(reduce_frame(frame, max(frame.pixels.shape[:2])), window))
    upright = square(picture, aspect)
    rows, columns = fit(upright.shape[0], upright.shape[1], THUMBNAIL_SIDE)
    small: NDArray[np.uint8] = (area_average(upright, rows, columns) + 0.5).astype(np.uint8)
    return small


def show(frame: ReducedFrame, window: Window | None) -> NDArray[np.uint8]:
    """Ready to be put on a screen; colour ignores the window."""
    picture: NDArray[np.uint8]
    if frame.values.ndim == 3 or window is None:
        picture = np.clip(frame.values + 0.5, 0, 255).astype(np.uint8)
    else:
        picture = apply_window(frame.values, window)
        if frame.photometric == "MONOCHROME1":
            picture = np.invert(picture)
    return picture if frame.shutter is None else frame.shutter.apply(picture)
