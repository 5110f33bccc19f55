"""A bare JPEG-LS stream, without a DICOM object around it, becomes the facts of `inspect --json`:
the standard's own test images come so."""

import hashlib
from typing import Any

import numpy as np

from imaging.errors import LimitExceeded
from imaging.pixels.statistics import PixelFacts, area_means

START = b"\xff\xd8\xff"
MAX_RATIO = 1100


def is_codestream(data: memoryview) -> bool:
    return bytes(data[: len(START)]) == START


def measure_codestream(data: memoryview) -> tuple[dict[str, Any], PixelFacts]:
    """Header facts and pixel facts; raises ImagingErrors."""
    from imaging.codecs import jpeg_ls  # its kernels take half a second that few files need

    header = jpeg_ls.read_header(data)
    samples = len(header.components)
    size = 1 if header.precision <= 8 else 2
    if header.rows * header.columns * samples * size > len(data) * MAX_RATIO:
        raise LimitExceeded("pixels_size", "an image too large for the bytes that are there")
    out = np.empty((header.rows, header.columns, samples), f"u{size}")
    jpeg_ls.decode(data, out)
    digest = hashlib.sha256(out.data).hexdigest()
    facts = {
        "rows": header.rows, "cols": header.columns, "frames": 1, "samples": samples,
        "bits_stored": header.precision,
    }  # fmt: skip
    low, high, mean = float(out.min()), float(out.max()), float(out.mean())
    grid = area_means(out[:, :, 0] if samples == 1 else out)
    return facts, PixelFacts(digest, digest, None, low, high, mean, grid)
