"""The inner loops that write lossless JPEG, predictor 1 (T.81 annex H, F.1.2), on plain arrays."""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import Int, kernel

Bytes = NDArray[np.uint8]
_SAMPLES = "Array(uint16, 3, 'C', True)"


@kernel(f"int64({_SAMPLES}, int64, int64, int64, int64)")
def difference_at(pixels: NDArray[np.uint16], row: int, column: int, part: int, start: int) -> Int:
    """The difference to the prediction, -32767..32768 (H.1.2.1)."""
    if column > 0:
        predicted = np.int64(pixels[row, column - 1, part])
    elif row > 0:
        predicted = np.int64(pixels[row - 1, 0, part])
    else:
        predicted = np.int64(start)
    difference = (np.int64(pixels[row, column, part]) - predicted) & 65535
    return difference - 65536 if difference > 32768 else difference


@kernel("int64(int64)")
def category_of(difference: int) -> int:
    """The number of bits of the magnitude (table H.2)."""
    magnitude = abs(difference)
    category = 0
    while magnitude > 0:
        magnitude >>= 1
        category += 1
    return category


@kernel(f"void({_SAMPLES}, int64, int64[::1])")
def count_categories(pixels: NDArray[np.uint16], start: int, counts: NDArray[np.int64]) -> None:
    """How often each category occurs, for the Huffman table."""
    rows, columns, parts = pixels.shape
    for row in range(rows):
        for column in range(columns):
            for part in range(parts):
                counts[category_of(difference_at(pixels, row, column, part, start))] += 1


@kernel(f"int64({_SAMPLES}, int64, int64[::1], int64[::1], uint8[::1])")
def write_scan(
    pixels: NDArray[np.uint16], start: int, codes: NDArray[np.int64], lengths: NDArray[np.int64],
    out: Bytes,
) -> int:  # fmt: skip
    """Write the entropy-coded data with stuffing and padding by ones; returns its length.

    `out` needs 8 bytes a sample and 8 more.
    """
    rows, columns, parts = pixels.shape
    held = np.int64(0)
    buffer = np.int64(0)
    at = 0
    for row in range(rows):
        for column in range(columns):
            for part in range(parts):
                difference = difference_at(pixels, row, column, part, start)
                category = category_of(difference)
                buffer = (buffer << lengths[category]) | codes[category]
                held += lengths[category]
                if 0 < category < 16:
                    extra = difference if difference > 0 else difference - 1
                    buffer = (buffer << category) | (extra & ((np.int64(1) << category) - 1))
                    held += category
                while held >= 8:
                    value = (buffer >> (held - 8)) & 255
                    out[at] = value
                    at += 1
                    held -= 8
                    if value == 255:
                        out[at] = 0
                        at += 1
                buffer &= (np.int64(1) << held) - 1
    if held > 0:
        value = ((buffer << (8 - held)) | ((np.int64(1) << (8 - held)) - 1)) & 255
        out[at] = value
        at += 1
        if value == 255:
            out[at] = 0
            at += 1
    return at
