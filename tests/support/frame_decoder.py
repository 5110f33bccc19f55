"""A second reading of docs/web-format.md: what the viewer does, in plain numpy and loops of its
own, so that a mistake of the encoder cannot hide in the decoder."""

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Decoded:
    pixels: NDArray[Any]
    bits_stored: int
    layers: bytes = b""


def unzip(data: bytes) -> bytes:
    engine = zlib.decompressobj(31)
    plain = engine.decompress(data)
    assert engine.eof
    assert not engine.unused_data
    return plain


def decode_residuals(zigzag: NDArray[Any], rows: int, columns: int, bits: int) -> NDArray[Any]:
    """Undo zigzag and the median edge prediction, pixel by pixel."""
    mask = (1 << bits) - 1
    z = zigzag.astype(np.int64).reshape(rows, columns)
    residual = ((z >> 1) ^ -(z & 1)).tolist()
    out = [[0] * columns for _ in range(rows)]
    for y in range(rows):
        line, above = out[y], out[y - 1]
        for x in range(columns):
            if x == 0:
                p = above[0] if y else 0
            elif y == 0:
                p = line[x - 1]
            else:
                a, b, c = line[x - 1], above[x], above[x - 1]
                p = min(a, b) if c >= max(a, b) else max(a, b) if c <= min(a, b) else a + b - c
            line[x] = (p + residual[y][x]) & mask
    return np.array(out, np.uint16 if bits == 16 else np.uint8)


def decode_frame(body: bytes) -> Decoded:
    magic, flags, samples, size, bits, rows, columns, over = struct.unpack_from("<4sBBBBHHI", body)
    assert magic == b"CFF1"
    count = rows * columns
    assert len(body) == 16 + count * samples * size + over
    layers = body[len(body) - over :]
    planes = np.frombuffer(body, np.uint8, count * samples * size, 16)
    if samples == 3:
        return Decoded(decode_colour(planes, rows, columns), bits, layers)
    z = planes[:count].astype(np.uint16) << 8 | planes[count:] if size == 2 else planes
    pattern = decode_residuals(z, rows, columns, 8 * size)
    if flags & 1:
        pattern = (pattern ^ pattern.dtype.type(1 << (8 * size - 1))).view(f"i{size}")
    return Decoded(pattern, bits, layers)


def draw_layers(layers: bytes, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What they say laid over a grey picture of the frame's size, bit by bit."""
    out = picture.copy()
    at = 1
    for _ in range(layers[0] if layers else 0):
        _, grey, top, left, rows, columns = struct.unpack_from("<BBHHHH", layers, at)
        at += 10
        for bit in range(rows * columns):
            if layers[at + bit // 8] >> bit % 8 & 1:
                out[top + bit // columns, left + bit % columns] = grey
        at += (rows * columns + 7) // 8
    assert at == max(len(layers), 1)
    return out


def decode_colour(planes: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    count = rows * columns
    green, red, blue = (
        decode_residuals(planes[n * count : (n + 1) * count], rows, columns, 8) for n in range(3)
    )
    return np.stack([red + green, green, blue + green], axis=2)


def decode_preview(body: bytes) -> dict[int, NDArray[np.uint8]]:
    """Pictures by frame index, in the order in which they came."""
    magic, count, rows, columns, samples = struct.unpack_from("<4sHHHB", body)
    assert magic == b"CFP1"
    size = rows * columns * samples
    pictures = {}
    for n in range(count):
        at = 16 + n * (2 + size)
        index = struct.unpack_from("<H", body, at)[0]
        planes = np.frombuffer(body, np.uint8, size, at + 2)
        pictures[index] = (
            decode_colour(planes, rows, columns)
            if samples == 3
            else decode_residuals(planes, rows, columns, 8)
        )
    assert len(body) == 16 + count * (2 + size)
    return pictures
