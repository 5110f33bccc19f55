"""Samples become a baseline JPEG stream (T.81 annex F), 8 bits: transfer syntax .50. Huffman tables
are made for the picture, quantisation tables are those of annex K.1, scaled."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg.encoder import huffman_codes, huffman_table
from imaging.codecs.jpeg.markers import ended
from imaging.codecs.jpeg_dct.encode_kernels import (
    MAX_TOKENS,
    forward_plane,
    tokenise,
    write_tokens,
)
from imaging.codecs.jpeg_dct.headers import BASELINE, Component, JpegFrame
from imaging.codecs.jpeg_dct.planes import Plane, lay_out, total_blocks
from imaging.codecs.jpeg_dct.tables import ZIGZAG
from imaging.errors import FormatError

_LUMINANCE = np.array([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
], np.int64)  # fmt: skip
_CHROMINANCE = np.array([
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    *[99] * 32,
], np.int64)  # fmt: skip
_LARGEST = 65535


def encode(
    pixels: NDArray[Any], quality: int = 90, *, is_422: bool = False, is_ybr: bool = True
) -> bytes:
    """One frame of (rows, columns) or (rows, columns, 3), uint8.

    Three samples are written as they are: YBR, or RGB when `is_ybr` is false; the Adobe segment
    says which. `is_422` halves the chroma across. Quality 50 is annex K.1, 100 steps of one.
    """
    samples = pixels if pixels.ndim == 3 else pixels[:, :, None]
    rows, columns, parts = samples.shape
    if samples.dtype != np.uint8 or parts not in (1, 3) or not 1 <= quality <= 100:
        raise FormatError("jpeg_precision", f"{parts} samples of {samples.dtype}")
    if max(rows, columns) > _LARGEST:
        raise FormatError("jpeg_size", f"{rows}x{columns}")
    h = 2 if is_422 and parts == 3 else 1
    components = tuple(
        Component(n + 1, 1 if n else h, 1, int(n > 0 and is_ybr)) for n in range(parts)
    )
    frame = JpegFrame(BASELINE, 8, rows, columns, components)
    tables = [scaled(_LUMINANCE, quality), scaled(_CHROMINANCE, quality)]
    tables = tables[: 1 + max(component.quantisation for component in components)]
    planes = lay_out(frame)
    coefficients = _transform(samples, frame, planes, tables)
    tokens = _tokens(frame, planes, coefficients)
    codes, lengths, definitions = _huffman(tokens)
    scan = np.empty(8 * tokens.size + 2, np.uint8)
    size = write_tokens(tokens, codes, lengths, scan)
    adobe = b"Adobe" + struct.pack(">HHHB", 100, 0, 0, int(is_ybr))
    stream = b"".join((
        b"\xff\xd8",
        _segment(0xEE, adobe) if parts == 3 else b"",
        *(_segment(0xDB, bytes((n, *table[ZIGZAG].tolist()))) for n, table in enumerate(tables)),
        _segment(0xC0, _frame_header(frame)),
        definitions,
        _segment(0xDA, _scan_header(frame)),
        scan[:size].tobytes(),
    ))  # fmt: skip
    return ended(stream)


def scaled(table: NDArray[np.int64], quality: int) -> NDArray[np.int64]:
    """A table of K.1 for this quality: linear down to steps of one, hyperbolic the other way."""
    percent = 200 - 2 * quality if quality >= 50 else 5000 // quality
    return np.clip((table * percent + 50) // 100, 1, 255)


def _transform(
    samples: NDArray[np.uint8], frame: JpegFrame, planes: tuple[Plane, ...],
    tables: list[NDArray[np.int64]],
) -> NDArray[np.int16]:  # fmt: skip
    coefficients = np.empty(64 * total_blocks(planes), np.int16)
    for n, (component, plane) in enumerate(zip(frame.components, planes, strict=True)):
        own = np.ascontiguousarray(samples[:, :, n])
        if plane.columns != frame.columns:
            own = halve_columns(own)
        steps = (8 * tables[component.quantisation][ZIGZAG]).astype(np.float32)
        forward_plane(
            own, plane.first_block, plane.block_rows, plane.blocks_across, steps, coefficients
        )
    return coefficients


def halve_columns(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mean of each pair across, rounded half up; a last single column stays."""
    wide = np.pad(plane, ((0, 0), (0, plane.shape[1] % 2)), mode="edge").astype(np.uint16)
    return ((wide[:, 0::2] + wide[:, 1::2] + 1) >> 1).astype(np.uint8)


def _tokens(
    frame: JpegFrame, planes: tuple[Plane, ...], coefficients: NDArray[np.int16]
) -> NDArray[np.uint32]:
    rows = []
    for component, plane in zip(frame.components, planes, strict=True):
        table = 2 * component.quantisation
        rows.append(
            (table, table + 1, component.h, component.v, plane.first_block, plane.blocks_across)
        )
    mcu_rows, mcu_columns = frame.mcus()
    out = np.empty(MAX_TOKENS * total_blocks(planes), np.uint32)
    count = tokenise(coefficients, np.array(rows, np.int64), mcu_rows, mcu_columns, out)
    return out[:count]


def _huffman(tokens: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64], bytes]:
    """Codes and lengths by table and symbol, and the DHT segments."""
    counts = np.bincount(tokens >> 16, minlength=1024).reshape(4, 256)
    codes, lengths = np.zeros((4, 256), np.int64), np.zeros((4, 256), np.int64)
    definitions = []
    for table in range(4):
        if counts[table].any():
            bits, values = huffman_table(counts[table].tolist())
            codes[table], lengths[table] = huffman_codes(bits, values, 256)
            number = bytes(((table & 1) << 4 | table >> 1,))  # class, destination
            definitions.append(_segment(0xC4, number + bytes(bits) + bytes(values)))
    return codes.reshape(-1), lengths.reshape(-1), b"".join(definitions)


def _frame_header(frame: JpegFrame) -> bytes:
    parts = ((c.identifier, c.h << 4 | c.v, c.quantisation) for c in frame.components)
    head = struct.pack(">BHHB", 8, frame.rows, frame.columns, len(frame.components))
    return head + b"".join(bytes(part) for part in parts)


def _scan_header(frame: JpegFrame) -> bytes:
    parts = ((c.identifier, c.quantisation << 4 | c.quantisation) for c in frame.components)
    return bytes((len(frame.components), *(v for part in parts for v in part), 0, 63, 0))


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
