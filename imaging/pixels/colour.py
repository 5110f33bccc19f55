"""Colour as stored becomes RGB (PS3.3 C.7.6.3.1.2), 8 bits a sample."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.pixels.layout import PixelLayout

_TO_RGB = np.array(
    [
        [1.0, 1.0, 1.0],
        [0.0, -0.114 * 1.772 / 0.587, 1.772],
        [1.402, -0.299 * 1.402 / 0.587, 0.0],
    ],
    np.float32,
)
_PIECE_ROWS = 256


def ybr_to_rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """YBR_FULL (rows, columns, 3), 8 bits: the inverse of C.7.6.3.1.2, rounded and clamped."""
    out = np.empty_like(pixels)
    for row in range(0, pixels.shape[0], _PIECE_ROWS):  # a band at a time: floats are large
        piece = pixels[row : row + _PIECE_ROWS].astype(np.float32)
        piece -= np.array([0, 128, 128], np.float32)
        piece = piece @ _TO_RGB
        np.floor(piece + np.float32(0.5), out=piece)
        out[row : row + _PIECE_ROWS] = np.clip(piece, 0, 255)
    return out


def is_ybr(layout: PixelLayout) -> bool:
    """Whether decoded samples are still luminance and chroma. The JPEG 2000 transforms (YBR_ICT,
    YBR_RCT) are undone by their codec."""
    return layout.photometric in ("YBR_FULL", "YBR_FULL_422") and layout.bits_allocated == 8


def to_rgb8(pixels: NDArray[Any], layout: PixelLayout) -> NDArray[np.uint8]:
    """Three-sample pixels, masked, as 8-bit RGB; deeper samples lose their low bits."""
    if is_ybr(layout):
        return ybr_to_rgb(pixels)
    if layout.bits_stored > 8:
        pixels = pixels >> (layout.bits_stored - 8)
    elif layout.bits_stored < 8:
        pixels = pixels << (8 - layout.bits_stored)
    return np.ascontiguousarray(pixels, np.uint8)
