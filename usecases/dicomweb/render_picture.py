"""A frame as a picture for consumers (PS3.18 8.3.5): our renderer's grey or colour, cut, scaled and
packed as JPEG or PNG."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import Invalid, NotFound
from imaging.codecs.jpeg_dct.encoder import encode
from imaging.dicom.reader import DicomFile
from imaging.errors import FormatError
from imaging.output.png import encode_png
from imaging.output.reduce import area_average, nearest
from imaging.output.rendering import render_frame

DEFAULT_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Asked:
    """`window` as `imaging.output.rendering` takes it; `size` (columns, rows) is a box that the
    picture fits into, 0 without one; `region` (x, y, width, height) in source pixels; a negative
    width or height mirrors."""

    frame: int = 0
    window: str = "file"
    size: tuple[int, int] = (0, 0)
    region: tuple[float, float, float, float] | None = None
    quality: int = DEFAULT_QUALITY
    is_png: bool = False


def render_picture(file: DicomFile, asked: Asked) -> bytes:
    """Invalid for a region beside the picture; raises ImagingErrors."""
    try:
        picture = render_frame(file, asked.frame, asked.window)
    except FormatError as error:
        if error.code == "frame_missing":
            raise NotFound("frame_not_found", "没有这一幅影像。") from error
        raise
    if asked.region is not None:
        picture = _cut(picture, asked.region)
    picture = _scaled(picture, asked.size)
    if asked.is_png:
        return encode_png(picture)
    if picture.ndim == 3:
        return encode(_ybr(picture), asked.quality)
    return encode(picture, asked.quality)


def _cut(
    picture: NDArray[np.uint8], region: tuple[float, float, float, float]
) -> NDArray[np.uint8]:
    x, y, width, height = (round(value) for value in region)
    rows, columns = picture.shape[:2]
    left, top, right, bottom = x, y, x + abs(width), y + abs(height)
    if not width or not height or left >= columns or top >= rows or right <= 0 or bottom <= 0:
        raise Invalid("viewport_malformed", detail="the region is beside the picture")
    part = picture[max(top, 0) : min(bottom, rows), max(left, 0) : min(right, columns)]
    if width < 0:
        part = part[:, ::-1]
    return np.ascontiguousarray(part[::-1] if height < 0 else part)


def _scaled(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Into the box, shape kept, larger or smaller."""
    if not all(size):
        return picture
    rows, columns = picture.shape[:2]
    factor = min(size[0] / columns, size[1] / rows)
    to = max(1, round(rows * factor)), max(1, round(columns * factor))
    if factor >= 1:
        larger: NDArray[np.uint8] = nearest(picture, *to)
        return larger
    smaller: NDArray[np.uint8] = np.clip(area_average(picture, *to) + 0.5, 0, 255).astype(np.uint8)
    return smaller


def _ybr(rgb: NDArray[Any]) -> NDArray[np.uint8]:
    """PS3.3 C.7.6.3.1.2."""
    r, g, b = (rgb[:, :, n].astype(np.float32) for n in range(3))
    y = 0.299 * r + 0.587 * g + 0.114 * b
    cb = (b - y) * np.float32(0.5 / 0.886) + 128
    cr = (r - y) * np.float32(0.5 / 0.701) + 128
    planes = np.stack((y, cb, cr), axis=2) + np.float32(0.5)
    return np.clip(planes, 0, 255).astype(np.uint8)
