"""Deflated image frames (PS3.5 A.4.14) become samples: raw deflate of one native frame."""

import zlib
from typing import Any

from numpy.typing import NDArray

from imaging.codecs import Buffer, native
from imaging.errors import FormatError


def inflate(data: Buffer, needed: int) -> bytes:
    """At most `needed` bytes, so that a bomb costs no more than the frame it claims to be."""
    engine = zlib.decompressobj(-15)
    try:
        plain = engine.decompress(data, needed)
    except zlib.error as error:
        raise FormatError("deflate_broken", str(error)) from error
    if len(plain) < needed:
        raise FormatError("pixels_truncated", f"{len(plain)} of {needed} bytes")
    return plain


def decode(data: Buffer, out: NDArray[Any]) -> None:
    """Fill `out` (rows, columns, samples)."""
    native.decode(inflate(data, out.nbytes), out)


def decode_bits(data: Buffer, out: NDArray[Any]) -> None:
    """One frame of 1-bit samples."""
    native.decode_bits(inflate(data, (out.size + 7) // 8), out)
