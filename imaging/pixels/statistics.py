"""The frames of an image become a few numbers that tell whether two decoders agree: hashes of the
stored values, their range and mean, and an 8 by 8 table of area means.

Frames are taken one by one, so that a long cine costs no more memory than one frame of it.
"""

import hashlib
import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.pixels.colour import is_ybr, ybr_to_rgb
from imaging.pixels.display_values import mask_stored
from imaging.pixels.stored import StoredFrames

CELLS = 8


@dataclass(slots=True)
class PixelFacts:
    """`sha256` is of RGB where the file stores luminance and chroma, `raw` is of what is stored,
    `masked` of the values without the bits above Bits Stored, None when there are none such.
    Bytes are hashed in C order (frames, rows, columns, samples), little endian."""

    sha256: str
    raw: str
    masked: str | None
    minimum: float
    maximum: float
    mean: float
    grid: list[Any]


@dataclass(slots=True)
class _Sums:
    low: float = np.inf
    high: float = -np.inf
    total: float = 0.0
    count: int = 0
    grid: list[Any] = field(default_factory=list)

    def add(self, frame: NDArray[Any]) -> None:
        if not self.grid:
            self.grid = area_means(frame)
        self.low = min(self.low, float(frame.min()))
        self.high = max(self.high, float(frame.max()))
        self.total += float(frame.sum(dtype=np.float64))
        self.count += frame.size


def measure(frames: StoredFrames) -> PixelFacts:
    """Decode every frame; raises what decoding raises."""
    plain, raw, masked = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    has_more_bits = False
    sums = _Sums()
    for index in range(frames.count):
        stored = frames.decode(index)
        cut = mask_stored(stored, frames.layout)
        has_more_bits = has_more_bits or (cut is not stored and not np.array_equal(cut, stored))
        shown = ybr_to_rgb(stored) if is_ybr(frames.layout) else stored
        raw.update(_bytes(stored))
        masked.update(_bytes(cut))
        plain.update(_bytes(shown))
        sums.add(shown[:, :, 0] if shown.shape[2] == 1 else shown)
    return PixelFacts(
        sha256=plain.hexdigest(),
        raw=raw.hexdigest(),
        masked=masked.hexdigest() if has_more_bits else None,
        minimum=sums.low,
        maximum=sums.high,
        mean=sums.total / max(sums.count, 1),
        grid=sums.grid,
    )


def area_means(frame: NDArray[Any]) -> list[Any]:
    """64 means in row order, of lists of three for colour; a cell of a picture smaller than the
    table is the one row or column that it begins in."""
    rows, columns = frame.shape[:2]
    cells = []
    for top, bottom in _edges(rows):
        band = frame[top:bottom].astype(np.float64)
        cells += [band[:, left:right].mean(axis=(0, 1)) for left, right in _edges(columns)]
    return [_rounded(cell.tolist()) for cell in cells]


def _rounded(cell: Any) -> Any:
    return [round(part, 3) for part in cell] if isinstance(cell, list) else round(cell, 3)


def _edges(size: int) -> list[tuple[int, int]]:
    starts = [n * size // CELLS for n in range(CELLS + 1)]
    return [(a, max(b, a + 1)) for a, b in itertools.pairwise(starts)]


def _bytes(frame: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(frame, frame.dtype.newbyteorder("<")).data
