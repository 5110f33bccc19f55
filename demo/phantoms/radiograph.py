"""A chest radiograph: the chest phantom seen from the front by a beam of X-rays."""

import numpy as np
from numpy.typing import NDArray

from demo.phantoms.grid import Volume, soften


def radiograph(
    chest: Volume, spacing_mm: tuple[float, float, float], *, size: tuple[int, int] = (2048, 2048)
) -> NDArray[np.uint16]:
    """12-bit MONOCHROME1-like film density turned so that bone is bright (MONOCHROME2).

    `chest` is the ideal volume (slices, rows, columns) in HU, the table left out by the caller.
    Beer-Lambert along y, then a logarithmic detector and a little edge enhancement.
    """
    density = np.clip(chest.astype(np.float32) / 1000 + 1, 0, 2.2)
    path = density.sum(1) * spacing_mm[1] * 0.0195  # mu of water at 70 keV, 1/mm
    picture = np.flipud(path)
    picture = _resize(picture.astype(np.float32), size)
    blurred = picture
    for _ in range(24):
        blurred = soften(blurred)
    sharp = picture + 0.6 * (picture - blurred)
    low, high = np.percentile(sharp, (2, 99.6))
    random = np.random.default_rng(3)
    out = 300 + 3300 * np.clip((sharp - low) / (high - low), 0, 1.15)
    out += soften(random.standard_normal(size, np.float32)) * 34
    film: NDArray[np.uint16] = np.clip(np.rint(out), 0, 4095).astype(np.uint16)
    return film


def _resize(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Smooth interpolation (cosine-eased between neighbours) to rows x columns."""
    for axis, n in enumerate(size):
        place = np.linspace(0, image.shape[axis] - 1, n)
        low = np.minimum(place.astype(int), image.shape[axis] - 2)
        t = (place - low).astype(np.float32)
        t = t.reshape((-1, 1) if axis == 0 else (1, -1))
        first = np.take(image, low, axis)
        image = first + (np.take(image, low + 1, axis) - first) * t
    return image
