"""Reduced frames become what is looked at first: the preview of the series and its thumbnail,
through the file's own window or one made from the data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.errors import ImagingError
from imaging.output.png import encode_png
from imaging.output.preview import pack_preview
from imaging.output.shown import show, thumbnail
from imaging.pixels.aspect import pixel_aspect
from imaging.pixels.image_file import ImageFile
from imaging.pixels.windows import Window, shows_something, window_from_data
from usecases.rendering.render_instance import RenderedFrame

SAMPLED_FRAMES = 48


@dataclass(frozen=True, slots=True)
class Pictures:
    """`default_window` is None for colour."""

    preview: bytes
    preview_rows: int
    preview_columns: int
    default_window: Window | None

    def window_of(self, frame: RenderedFrame) -> Window | None:
        return frame.entry.windows[0] if frame.entry.windows else self.default_window

    def thumbnail(self, image: ImageFile, frame: RenderedFrame) -> bytes:
        """PNG of one frame, at most 256 pixels long."""
        try:
            whole = image.frame_or_part(frame.index)
        except ImagingError:
            return b""
        layers, aspect = image.layers.of(frame.index), pixel_aspect(image, frame.index)
        return encode_png(thumbnail(whole, self.window_of(frame), layers, aspect))


def draw_pictures(frames: Sequence[RenderedFrame]) -> Pictures:
    """Frames in display order. Windows that show nothing of the series are taken off them."""
    values = _sampled_values(frames)
    default = window_from_data(values) if values.size else None
    if default is not None:
        _drop_absurd_windows(frames, float(values.min()), float(values.max()))
    shown: list[NDArray[np.uint8] | None] = []
    for frame in frames:
        window = frame.entry.windows[0] if frame.entry.windows else default
        shown.append(None if frame.small is None else show(frame.small, window))
    preview, rows, columns = pack_preview(shown)
    return Pictures(preview, rows, columns, default)


def _sampled_values(frames: Sequence[RenderedFrame]) -> NDArray[np.float32]:
    """Modality values of frames spread over the series; empty when all is colour."""
    grey = [f.small.values for f in frames if f.small is not None and f.small.values.ndim == 2]
    step = max(1, len(grey) // SAMPLED_FRAMES)
    parts = [values.reshape(-1) for values in grey[::step]]
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _drop_absurd_windows(frames: Sequence[RenderedFrame], low: float, high: float) -> None:
    for frame in frames:
        usable = tuple(w for w in frame.entry.windows if shows_something(w, low, high))
        frame.entry.windows = usable
