"""The inner loops of the web frame (docs/web-format.md): median edge prediction, zigzag, planes.

Every sample is predicted from samples, not from what was just written, so the inner loop has no
chain of dependences and no branch, and the compiler does several columns at once.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import Int, kernel

Bytes = NDArray[np.uint8]
_WORDS = "Array(uint16, 2, 'C', True)"
_SAMPLES = "Array(uint8, 2, 'C', True)"


@kernel("uint16(uint16, uint16)")
def zigzag_word(sample: Int, predicted: Int) -> Int:
    """The residual, small magnitudes first, in 16 bits."""
    residual = np.int16(np.uint16(sample - predicted))
    return np.uint16(np.uint16(residual << 1) ^ np.uint16(residual >> 15))


@kernel(f"void({_WORDS}, uint16, uint8[::1], int64)")
def write_planes(pixels: NDArray[np.uint16], flip: int, out: Bytes, at: int) -> None:
    """16-bit samples: all high bytes of the residuals from out[at], then all low bytes."""
    rows, columns = pixels.shape
    coded = np.empty(columns, np.uint16)
    upper = np.zeros(columns, np.uint16)
    here = np.empty(columns, np.uint16)
    for row in range(rows):
        for column in range(columns):
            here[column] = pixels[row, column] ^ flip
        coded[0] = zigzag_word(here[0], upper[0])
        if row == 0:
            for column in range(1, columns):
                coded[column] = zigzag_word(here[column], here[column - 1])
        else:
            for column in range(1, columns):
                a = np.int32(here[column - 1])
                b = np.int32(upper[column])
                c = np.int32(upper[column - 1])
                gradient = np.int32(a + b - c)
                predicted = max(min(a, b), min(max(a, b), gradient))
                coded[column] = zigzag_word(here[column], np.uint16(predicted))
        high = out[at + row * columns : at + (row + 1) * columns]
        low = out[at + (rows + row) * columns : at + (rows + row + 1) * columns]
        for column in range(columns):
            high[column] = coded[column] >> 8
            low[column] = coded[column] & 255
        upper, here = here, upper


@kernel("uint8(uint8, uint8)")
def zigzag_byte(sample: Int, predicted: Int) -> Int:
    """The residual, small magnitudes first, in 8 bits."""
    residual = np.int8(np.uint8(sample - predicted))
    return np.uint8(np.uint8(residual << 1) ^ np.uint8(residual >> 7))


@kernel(f"void({_SAMPLES}, uint8, uint8[::1], int64)")
def write_plane(pixels: Bytes, flip: int, out: Bytes, at: int) -> None:
    """8-bit samples: residuals in raster order from out[at]."""
    rows, columns = pixels.shape
    upper = np.zeros(columns, np.uint8)
    here = np.empty(columns, np.uint8)
    for row in range(rows):
        for column in range(columns):
            here[column] = pixels[row, column] ^ flip
        coded = out[at + row * columns : at + (row + 1) * columns]
        coded[0] = zigzag_byte(here[0], upper[0])
        if row == 0:
            for column in range(1, columns):
                coded[column] = zigzag_byte(here[column], here[column - 1])
        else:
            for column in range(1, columns):
                a = np.int32(here[column - 1])
                b = np.int32(upper[column])
                c = np.int32(upper[column - 1])
                gradient = np.int32(a + b - c)
                predicted = max(min(a, b), min(max(a, b), gradient))
                coded[column] = zigzag_byte(here[column], np.uint8(predicted))
        upper, here = here, upper
