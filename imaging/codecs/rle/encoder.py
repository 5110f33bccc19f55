"""Samples become an RLE frame (PS3.5 annex G): rows are packed one by one, as G.3.1 asks."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.rle.kernels import pack_row

LITERAL_LIMIT = 128


def encode(pixels: NDArray[Any]) -> bytes:
    """One frame of (rows, columns, samples) or (rows, columns), of 1, 2 or 4 bytes a sample."""
    rows, columns = pixels.shape[:2]
    samples, size = pixels[0, 0].size, pixels.dtype.itemsize
    plain = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).reshape(-1).view(np.uint8)
    stride = samples * size
    segments: list[bytes] = []
    packed = np.empty(rows * (columns + columns // LITERAL_LIMIT + 2), np.uint8)
    for sample in range(samples):
        for byte in reversed(range(size)):
            end = 0
            for row in range(rows):
                offset = row * columns * stride + sample * size + byte
                end = pack_row(plain, offset, stride, columns, LITERAL_LIMIT, packed, end)
            segment = packed[:end].tobytes()
            segments.append(segment + b"\0" * (len(segment) % 2))
    offsets, position = [], 64
    for segment in segments:
        offsets.append(position)
        position += len(segment)
    header = struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(segments)))
    return header + b"".join(segments)
