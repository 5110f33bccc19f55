"""A picture becomes a smaller one by area average, aspect kept, never enlarged."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def fit(rows: int, columns: int, longest: int) -> tuple[int, int]:
    """The size of a picture whose longest side is at most `longest`."""
    largest = max(rows, columns)
    if largest <= longest:
        return rows, columns
    return max(1, round(rows * longest / largest)), max(1, round(columns * longest / largest))


def area_average(pixels: NDArray[Any], rows: int, columns: int) -> NDArray[np.float32]:
    """(h, w) or (h, w, 3) -> (rows, columns[, 3]): cell i covers rows i*h//rows..(i+1)*h//rows."""
    height, width = pixels.shape[:2]
    if (height, width) == (rows, columns):
        return pixels.astype(np.float32)
    row_edges = np.arange(rows) * height // rows
    column_edges = np.arange(columns) * width // columns
    sums = np.add.reduceat(pixels, row_edges, axis=0, dtype=np.float32)
    sums = np.add.reduceat(sums, column_edges, axis=1)
    areas = np.outer(_spans(row_edges, height), _spans(column_edges, width)).astype(np.float32)
    sums /= areas if pixels.ndim == 2 else areas[:, :, None]
    result: NDArray[np.float32] = sums
    return result


def nearest(pixels: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Stretched or shrunk to exactly this size, for the odd frame of a series of mixed sizes."""
    height, width = pixels.shape[:2]
    picked: NDArray[Any] = pixels[np.arange(rows) * height // rows]
    return picked[:, np.arange(columns) * width // columns]


def _spans(edges: NDArray[np.int64], end: int) -> NDArray[np.int64]:
    return np.diff(edges, append=end)
