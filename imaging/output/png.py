"""8-bit grey or RGB pixels become a PNG file (ISO/IEC 15948), for thumbnails."""

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB = 0, 2
UP = 2  # filter type (clause 9.2): each row as its difference to the row above


def encode_png(pixels: NDArray[Any]) -> bytes:
    """(rows, columns) or (rows, columns, 3) uint8."""
    rows, columns = pixels.shape[:2]
    kind = RGB if pixels.ndim == 3 else GREY
    flat = np.ascontiguousarray(pixels, np.uint8).reshape(rows, -1)
    lines = np.empty((rows, flat.shape[1] + 1), np.uint8)
    lines[:, 0] = UP
    lines[0, 1:] = flat[0]
    lines[1:, 1:] = flat[1:] - flat[:-1]
    head = struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), 6)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
