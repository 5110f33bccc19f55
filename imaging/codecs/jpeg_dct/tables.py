"""Quantisation and Huffman tables (T.81 B.2.4) become arrays that the kernels use."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg.markers import Segment
from imaging.codecs.jpeg_dct.huffman_kernels import TABLE_SIZE, fill_table
from imaging.errors import FormatError

HuffmanTables = dict[tuple[int, int], tuple[bytes, bytes]]
"""(class, number) -> (BITS, HUFFVAL); class 0 is for DC, 1 for AC coefficients."""

ZIGZAG = np.array([
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
], np.int64)  # fmt: skip
"""The place in the block (8 * row + column) of each coefficient of the stream (figure A.6)."""
ZIGZAG.flags.writeable = False


def read_quantisation(data: Buffer, segment: Segment) -> dict[int, NDArray[np.float32]]:
    """DQT: the table's number -> 64 steps in zigzag order."""
    tables: dict[int, NDArray[np.float32]] = {}
    position = segment.start
    while position < segment.end:
        precision, number = data[position] >> 4, data[position] & 15
        size = 64 * (precision + 1)
        position += 1
        if precision > 1 or number > 3 or segment.end - position < size:
            raise FormatError("jpeg_quantisation", f"table {number} is broken", offset=position)
        steps = np.frombuffer(data, ">u2" if precision else "u1", 64, position)
        if not steps.all():
            raise FormatError("jpeg_quantisation", "a step of zero", offset=position)
        tables[number] = steps.astype(np.float32)
        position += size
    return tables


def read_huffman(data: Buffer, segment: Segment) -> HuffmanTables:
    """DHT: every table of the segment."""
    tables: HuffmanTables = {}
    position = segment.start
    while position < segment.end:
        if segment.end - position < 17:
            raise FormatError("jpeg_huffman", "a table is cut off", offset=position)
        kind, number = data[position] >> 4, data[position] & 15
        bits = bytes(data[position + 1 : position + 17])
        total = sum(bits)
        position += 17
        if total > 256 or total > segment.end - position:
            raise FormatError("jpeg_huffman", "a table is cut off", offset=position)
        if kind > 1 or number > 3:
            raise FormatError("jpeg_huffman", f"table {kind}.{number}", offset=position)
        tables[kind, number] = (bits, bytes(data[position : position + total]))
        position += total
    return tables


@lru_cache(maxsize=64)
def decoding_table(kind: int, bits: bytes, values: bytes) -> NDArray[np.int32]:
    """The table of `huffman_kernels`; the images of a series mostly share theirs."""
    table = np.zeros(TABLE_SIZE, np.int32)
    if fill_table(np.frombuffer(bits, np.uint8), np.frombuffer(values, np.uint8), kind, table) < 0:
        raise FormatError("jpeg_huffman", "more codes than bits, or a DC category beyond 16")
    table.flags.writeable = False
    return table
