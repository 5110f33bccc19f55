"""Huffman tables (T.81 B.2.4.2, annex C) become look-up tables that decode a whole difference.

An entry answers for the next 16 bits of the stream:
bits 0-4 the length to skip; bits 5-9 the category whose extra bits must still be read, 0 when the
difference is finished, 31 when no code begins so; bits 16-31 the finished difference, signed.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg.lossless_kernels import fill_lookup
from imaging.codecs.jpeg.markers import Segment
from imaging.errors import FormatError

MAX_CATEGORY = 16  # of lossless processes (table H.2)


def read_tables(data: Buffer, segment: Segment) -> dict[int, tuple[bytes, bytes]]:
    """DHT: the table's number -> (BITS, HUFFVAL). AC tables (class 1) do not occur here."""
    tables: dict[int, tuple[bytes, bytes]] = {}
    position = segment.start
    while position < segment.end:
        if segment.end - position < 17:
            raise FormatError("jpeg_huffman", "a table is cut off", offset=position)
        number = data[position]
        bits = bytes(data[position + 1 : position + 17])
        total = sum(bits)
        position += 17
        if total > 256 or total > segment.end - position:
            raise FormatError("jpeg_huffman", "a table is cut off", offset=position)
        if number >> 4 > 1 or number & 15 > 3:
            raise FormatError("jpeg_huffman", f"table {number:#x}", offset=position)
        if number >> 4 == 0:
            tables[number & 15] = (bits, bytes(data[position : position + total]))
        position += total
    return tables


@lru_cache(maxsize=16)
def lookup_of(bits: bytes, values: bytes) -> NDArray[np.int32]:
    """The look-up table of 65536 entries; the slices of a series mostly share one."""
    if any(value > MAX_CATEGORY for value in values):
        raise FormatError("jpeg_huffman", "a category beyond 16")
    table = np.empty(1 << 16, np.int32)
    if fill_lookup(np.frombuffer(bits, np.uint8), np.frombuffer(values, np.uint8), table) < 0:
        raise FormatError("jpeg_huffman", "more codes than bits")
    table.flags.writeable = False
    return table
