"""Uncompressed pixel data becomes samples (PS3.5 8.1, 8.2 and annex D): either byte order, one
bit a sample, odd lengths, colour by plane, and YBR_FULL_422 with its shared chroma (PS3.3
C.7.6.3.1.2)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.errors import FormatError, Incomplete


@dataclass(frozen=True, slots=True)
class NativeLayout:
    """How samples lie in the bytes."""

    is_big_endian: bool = False
    is_planar: bool = False  # Planar Configuration 1
    is_422: bool = False
    has_swapped_bytes: bool = False  # 8-bit samples in big endian words (OW)


def frame_bytes(shape: tuple[int, int, int], item_bytes: int, layout: NativeLayout) -> int:
    """The length of one frame of samples that fill whole bytes."""
    rows, columns, samples = shape
    return rows * columns * (2 if layout.is_422 else samples) * item_bytes


def decode(data: Buffer, out: NDArray[Any], layout: NativeLayout = NativeLayout()) -> None:
    """Fill `out` (rows, columns, samples) from one frame; a padding byte may follow it."""
    rows, columns, samples = out.shape
    needed = frame_bytes((rows, columns, samples), out.dtype.itemsize, layout)
    if len(data) < needed:
        whole = 0 if layout.is_planar and samples > 1 else len(data) * rows // needed
        if whole:
            decode(data, out[:whole], layout)
        message = f"{len(data)} of {needed} bytes"
        raise Incomplete("pixels_truncated", message, rows=whole, is_cut=False)
    dtype = out.dtype.newbyteorder(">" if layout.is_big_endian else "<")
    plain = np.frombuffer(data, dtype, needed // dtype.itemsize)
    if layout.is_422:
        _expand_422(plain, out)
    elif layout.is_planar and samples > 1:
        out[...] = plain.reshape(samples, rows, columns).transpose(1, 2, 0)
    else:
        out[...] = plain.reshape(out.shape)


def decode_bits(data: Buffer, out: NDArray[Any]) -> None:
    """One frame of 1-bit samples that begins with a byte of its own."""
    decode_bits_of(data, 0, out)


def decode_bits_of(data: Buffer, index: int, out: NDArray[Any]) -> None:
    """Frame `index` of 1-bit samples: frames follow each other without padding (8.1.1), the
    first pixel in the lowest bit."""
    count = out.size
    first, last = index * count, (index + 1) * count
    if len(data) * 8 < last:
        raise FormatError("pixels_truncated", f"{len(data)} bytes for {last} bits")
    piece = np.frombuffer(data, np.uint8)[first // 8 : (last + 7) // 8]
    bits = np.unpackbits(piece, bitorder="little")[first % 8 : first % 8 + count]
    out[...] = bits.reshape(out.shape)


def swap_pairs(data: Buffer) -> bytes:
    """Bytes of 16-bit words the other way round."""
    plain = np.frombuffer(data, np.uint8)
    even = plain[: plain.size // 2 * 2]
    return even.reshape(-1, 2)[:, ::-1].tobytes() + plain[even.size :].tobytes()


def _expand_422(plain: NDArray[Any], out: NDArray[Any]) -> None:
    """Y1 Y2 Cb Cr become two whole pixels."""
    rows, columns, samples = out.shape
    if samples != 3 or columns % 2:
        raise FormatError("pixels_422", f"{columns} columns of {samples} samples cannot be 4:2:2")
    quads = plain.reshape(rows, columns // 2, 4)
    out[:, 0::2, 0], out[:, 1::2, 0] = quads[..., 0], quads[..., 1]
    out[:, 0::2, 1:], out[:, 1::2, 1:] = quads[..., 2:], quads[..., 2:]
