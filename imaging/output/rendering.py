"""One frame of a file becomes a picture as a reader sees it: window or VOI LUT, MONOCHROME1
inverted, shutter and overlays drawn, pseudo-colour, square pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.reader import DicomFile
from imaging.errors import FormatError
from imaging.output.reduce import nearest
from imaging.pixels.aspect import pixel_aspect
from imaging.pixels.colour_maps import colour_map
from imaging.pixels.filters import sharpen
from imaging.pixels.image_file import ImageFile, WebFrame
from imaging.pixels.padding import is_padding
from imaging.pixels.windows import (
    FUNCTIONS,
    Window,
    apply_window,
    shows_something,
    window_from_data,
)

MAX_SIDE = 16384


def render_frame(
    file: DicomFile,
    index: int,
    window: str = "file",
    *,
    palette: str = "",
    is_inverted: bool = False,
    sharpness: float = 0.0,
) -> NDArray[np.uint8]:
    """(rows, columns) grey or (rows, columns, 3) RGB. `window` is `CENTER/WIDTH`, `auto`, `file`,
    or the number (from 1) of one of the file's windows and tables."""
    image = ImageFile(file)
    frame = image.frame(index)
    picture = frame.pixels if frame.samples == 3 else _grey(image, frame, index, window)
    if frame.samples == 1:
        if (frame.photometric == "MONOCHROME1") != is_inverted:
            picture = np.invert(picture)
        if sharpness:
            picture = sharpen(picture, sharpness)
    picture = image.layers.of(index).draw(picture)
    if palette and frame.samples == 1:
        picture = colour_map(palette)[picture]
    return square(np.ascontiguousarray(picture, np.uint8), pixel_aspect(image, index))


def _grey(image: ImageFile, frame: WebFrame, index: int, spec: str) -> NDArray[np.uint8]:
    values = frame.pixels.astype(np.float32) * np.float32(frame.slope)
    values += np.float32(frame.intercept)
    padding = is_padding(frame.pixels, image.dataset) if image.modality_lut is None else None
    seen = values if padding is None or padding.all() else values[~padding]
    return apply_window(values, choose_voi(image, index, spec, seen))


def choose_voi(image: ImageFile, index: int, spec: str, values: NDArray[Any]) -> Window:
    """What `spec` asks for; FormatError when it asks for what is not there."""
    given = image.windows(image.facts(index))
    if spec == "auto":
        return window_from_data(values)
    if spec == "file":
        low, high = float(values.min()), float(values.max())
        telling = (one for one in given if shows_something(one, low, high))
        return next(telling, None) or window_from_data(values)
    if spec.isascii() and spec.isdigit():
        if not 1 <= int(spec) <= len(given):
            raise FormatError("window_missing", f"the file has {len(given)} windows and tables")
        return given[int(spec) - 1]
    return parse_window(spec)


def parse_window(spec: str) -> Window:
    """`CENTER/WIDTH`, e.g. `40/400`, with `/SIGMOID` or `/LINEAR_EXACT` where that is meant."""
    center, slash, rest = spec.partition("/")
    width, _, function = rest.partition("/")
    try:
        window = Window(float(center), float(width), function=function or "LINEAR")
    except ValueError:
        window = Window(0, -1)
    is_usable = abs(window.center) < 1e9 and 1 <= window.width < 1e9
    if not slash or not is_usable or window.function not in FUNCTIONS:
        raise FormatError("window_spec", f"{spec[:40]!r} is no CENTER/WIDTH")
    return window


def square(picture: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
    """Stretched along the longer side of a pixel, so that a circle stays one."""
    rows, columns = picture.shape[:2]
    if aspect > 1.001:
        rows = round(rows * aspect)
    elif aspect < 0.999:
        columns = round(columns / aspect)
    if max(rows, columns) > MAX_SIDE:
        return picture
    return picture if (rows, columns) == picture.shape[:2] else nearest(picture, rows, columns)
