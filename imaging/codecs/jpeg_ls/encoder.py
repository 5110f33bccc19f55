"""Samples become a JPEG-LS stream, lossless or near-lossless (T.87): transfer syntaxes .80 and
.81. Components are interleaved by line."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg.markers import ended
from imaging.codecs.jpeg_ls.encode_kernels import encode_lines, stuff
from imaging.codecs.jpeg_ls.headers import BY_LINE, BY_PLANE, MAX_COMPONENTS
from imaging.codecs.jpeg_ls.parameters import Preset, coding_for, gradient_regions
from imaging.errors import FormatError


def encode(pixels: NDArray[Any], precision: int, near: int = 0) -> bytes:
    """One frame of (rows, columns) or (rows, columns, samples), unsigned patterns of 2 to 16 bits,
    each decoded within `near` of its value. FormatError when they do not fit."""
    samples = np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[:, :, None], np.uint16)
    rows, columns, parts = samples.shape
    if not 2 <= precision <= 16 or int(samples.max()) >> precision:
        raise FormatError("jpegls_precision", f"samples do not fit {precision} bits")
    if parts > MAX_COMPONENTS or not 0 <= near <= 255:
        raise FormatError("jpegls_precision", f"{parts} samples, near {near}")
    coding = coding_for(Preset(), precision, near)
    words = np.empty(samples.size * coding.limit // 16 + 4, np.uint32)
    bits = encode_lines(samples, gradient_regions(coding), coding.numbers(), words)
    scan = np.empty(bits // 7 + 3, np.uint8)
    size = stuff(words, bits, scan)
    frame = struct.pack(">BHHB", precision, rows, columns, parts)
    frame += b"".join(bytes((n + 1, 0x11, 0)) for n in range(parts))
    scan_head = bytes((parts, *(v for n in range(parts) for v in (n + 1, 0))))
    scan_head += bytes((near, BY_LINE if parts > 1 else BY_PLANE, 0))
    stream = b"".join((
        b"\xff\xd8",
        _segment(0xF7, frame),
        _segment(0xDA, scan_head),
        scan[:size].tobytes(),
    ))  # fmt: skip
    return ended(stream)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
