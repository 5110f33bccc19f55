"""Samples become a lossless JPEG stream, process 14 with predictor 1 (T.81 annex H): transfer
syntax .70. The Huffman table is made for the frame (annex K.2)."""

import heapq
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg.encode_kernels import count_categories, write_scan
from imaging.codecs.jpeg.markers import ended
from imaging.errors import FormatError

MAX_LENGTH = 16


def encode(pixels: NDArray[Any], precision: int) -> bytes:
    """One frame of (rows, columns) or (rows, columns, samples), unsigned patterns, 2-16 bits."""
    samples = np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[:, :, None], np.uint16)
    rows, columns, parts = samples.shape
    if not 2 <= precision <= 16 or int(samples.max()) >> precision:
        raise FormatError("jpeg_precision", f"samples do not fit {precision} bits")
    start = 1 << (precision - 1)
    counts = np.zeros(17, np.int64)
    count_categories(samples, start, counts)
    bits, values = huffman_table(counts.tolist())
    codes, lengths = huffman_codes(bits, values, 17)
    scan = np.empty(8 * samples.size + 8, np.uint8)
    size = write_scan(samples, start, codes, lengths, scan)
    head = struct.pack(">BHHB", precision, rows, columns, parts)
    frame = head + b"".join(bytes((n + 1, 0x11, 0)) for n in range(parts))
    scan_head = bytes((parts, *(v for n in range(parts) for v in (n + 1, 0)), 1, 0, 0))
    stream = b"".join((
        b"\xff\xd8",
        _segment(0xC3, frame),
        _segment(0xC4, b"\0" + bytes(bits) + bytes(values)),
        _segment(0xDA, scan_head),
        scan[:size].tobytes(),
    ))  # fmt: skip
    return ended(stream)


def huffman_table(counts: list[int]) -> tuple[list[int], list[int]]:
    """BITS and HUFFVAL for these frequencies, no code longer than 16 (K.2)."""
    reserved = len(counts)  # no code may be all ones: a symbol that is never written gets that one
    heap: list[tuple[int, int, tuple[int, ...]]] = [
        (count, symbol, (symbol,)) for symbol, count in enumerate(counts) if count
    ]
    heap.append((0, reserved, (reserved,)))
    heapq.heapify(heap)
    depth = dict.fromkeys((symbol for _, symbol, _ in heap), 0)
    if len(heap) == 1:
        depth[reserved] = 1
    while len(heap) > 1:
        first, second = heapq.heappop(heap), heapq.heappop(heap)
        symbols = first[2] + second[2]
        for symbol in symbols:
            depth[symbol] += 1
        heapq.heappush(heap, (first[0] + second[0], max(first[1], second[1]), symbols))
    deepest = max(*depth.values(), MAX_LENGTH)
    by_length = [0] * (deepest + 1)
    for length in depth.values():
        by_length[length] += 1
    for length in range(deepest, MAX_LENGTH, -1):  # figure K.3
        while by_length[length]:
            shorter = length - 2
            while not by_length[shorter]:
                shorter -= 1
            by_length[length] -= 2
            by_length[length - 1] += 1
            by_length[shorter + 1] += 2
            by_length[shorter] -= 1
    longest = max(length for length, count in enumerate(by_length) if count)
    by_length[longest] -= 1  # the reserved symbol
    order = sorted((s for s in depth if s != reserved), key=lambda s: (depth[s], -counts[s], s))
    return by_length[1:17], order


def huffman_codes(
    bits: list[int], values: list[int], symbols: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The code and its length of each symbol below `symbols` (annex C)."""
    codes, lengths = np.zeros(symbols, np.int64), np.zeros(symbols, np.int64)
    code, written = 0, iter(values)
    for length, count in enumerate(bits, 1):
        for _ in range(count):
            symbol = next(written)
            codes[symbol], lengths[symbol] = code, length
            code += 1
        code <<= 1
    return codes, lengths


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
