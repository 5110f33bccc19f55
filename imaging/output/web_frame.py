"""Samples become the frame body of docs/web-format.md, and the body becomes the gzip member that
is stored and streamed as it is."""

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.output.frame_kernels import write_plane, write_planes

MAGIC = b"CFF1"
HEADER_BYTES = 16
# Z_RLE: residuals have no repeats worth searching for, only runs of zeros, and the entropy code
# does the rest. Both smaller and four times as fast as level 6 (docs/decisions/0004).
GZIP_WINDOW, MEMORY_LEVEL = 31, 8


def encode_frame(pixels: NDArray[Any], bits_stored: int, layers: bytes = b"") -> bytearray:
    """(rows, columns) of (u)int8 or (u)int16, or (rows, columns, 3) uint8 -> the frame body, with
    what lies over the pixels at its end."""
    rows, columns = pixels.shape[:2]
    samples, size = pixels[0, 0].size, pixels.dtype.itemsize
    is_signed = pixels.dtype.kind == "i"
    end = HEADER_BYTES + rows * columns * samples * size
    body = bytearray(end + len(layers))
    struct.pack_into(
        "<4sBBBBHHI", body, 0, MAGIC, is_signed, samples, size, bits_stored, rows, columns,
        len(layers),
    )  # fmt: skip
    body[end:] = layers
    out = np.frombuffer(body, np.uint8)
    write_residuals(pixels, out, HEADER_BYTES)
    return body


def write_residuals(pixels: NDArray[Any], out: NDArray[np.uint8], at: int) -> None:
    """The planes of one picture into `out` from `at`."""
    if pixels.ndim == 3:
        for component in green_first(pixels):
            write_plane(np.ascontiguousarray(component), 0, out, at)
            at += component.size
        return
    is_signed = pixels.dtype.kind == "i"
    size = pixels.dtype.itemsize
    pattern = np.ascontiguousarray(pixels).view(f"u{size}")
    flip = 1 << (8 * size - 1) if is_signed else 0
    if size == 1:
        write_plane(pattern, flip, out, at)
    else:
        write_planes(pattern, flip, out, at)


def green_first(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """G, R-G, B-G modulo 256."""
    red, green, blue = pixels[:, :, 0], pixels[:, :, 1], pixels[:, :, 2]
    return [green, red - green, blue - green]


def pack(body: bytes | bytearray) -> bytes:
    """One gzip member, the same for the same body."""
    engine = zlib.compressobj(1, zlib.DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, zlib.Z_RLE)
    return engine.compress(body) + engine.flush()
