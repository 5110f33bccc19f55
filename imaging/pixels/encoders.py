"""A transfer syntax and a layout become the function that encodes a frame (PS3.5 annex A.4): every
codec that we can write, and frames of single bits where their syntax allows them."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.uid import JPEG_LOSSLESS, JPEG_LOSSLESS_SV1, RLE_LOSSLESS
from imaging.errors import UnsupportedFeature
from imaging.pixels.display_values import mask_stored
from imaging.pixels.layout import PixelLayout

UNCOMPRESSED_FRAMES, DEFLATED_FRAMES = "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LS_LOSSLESS, JPEG_LS_NEAR = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"
# Lossy Image Compression Method (PS3.3 C.7.6.1.1.5.1)
LOSSY_METHODS = {JPEG_BASELINE: "ISO_10918_1", JPEG_LS_NEAR: "ISO_14495_1"}

Encode = Callable[[NDArray[Any]], bytes]


@dataclass(frozen=True, slots=True)
class Loss:
    """How much a lossy encoder may lose: JPEG's quality of 1 to 100, JPEG-LS's greatest error."""

    quality: int = 90
    near: int = 2


LITTLE_LOSS = Loss()


def encoder_for(syntax: str, layout: PixelLayout, loss: Loss = LITTLE_LOSS) -> Encode:
    """UnsupportedFeature when samples like these have no place in that syntax."""
    if layout.is_float:
        raise UnsupportedFeature("transcode_pixels", "floating samples have no codec")
    if layout.bits_allocated == 1:
        return _bit_encoder(syntax)
    if syntax in (UNCOMPRESSED_FRAMES, DEFLATED_FRAMES):
        return _deflate if syntax == DEFLATED_FRAMES else _plain
    if syntax == RLE_LOSSLESS:
        return _codec("rle")
    if layout.item_bytes > 2:
        raise UnsupportedFeature("transcode_pixels", "32-bit samples have no JPEG")
    pattern = f"u{layout.item_bytes}"
    if syntax in LOSSY_METHODS:
        return _lossy_encoder(syntax, layout, loss)
    name = "jpeg" if syntax in (JPEG_LOSSLESS, JPEG_LOSSLESS_SV1) else "jpeg_ls"
    encode, bits = _codec(name), layout.item_bytes * 8
    # every allocated bit: overlays and signs are kept too
    return lambda frame: encode(frame.view(pattern), bits)


def _lossy_encoder(syntax: str, layout: PixelLayout, loss: Loss) -> Encode:
    """Grey or colour as it is; what is near the ends of a signed range would come out at the
    other end."""
    if layout.is_signed or layout.photometric == "PALETTE COLOR":
        raise UnsupportedFeature("transcode_pixels", "signed samples and palettes only losslessly")
    if syntax == JPEG_LS_NEAR:
        near = _codec("jpeg_ls")
        return lambda frame: near(mask_stored(frame, layout), layout.bits_stored, loss.near)
    if layout.bits_allocated != 8:
        raise UnsupportedFeature("transcode_pixels", "JPEG baseline has 8 bits a sample")
    encode = _codec("jpeg_dct")
    is_ybr = layout.photometric.startswith("YBR_FULL")
    return lambda frame: encode(frame, loss.quality, is_ybr=is_ybr)


def _bit_encoder(syntax: str) -> Encode:
    if syntax == RLE_LOSSLESS:
        encode = _codec("rle")
        return lambda frame: encode(np.frombuffer(_bits(frame), np.uint8).reshape(1, -1, 1))
    if syntax == DEFLATED_FRAMES:
        return lambda frame: _raw_deflate(_bits(frame))
    if syntax == UNCOMPRESSED_FRAMES:
        return _bits
    raise UnsupportedFeature("transcode_pixels", "1-bit samples have no JPEG")


def _codec(name: str) -> Callable[..., bytes]:
    encode: Callable[..., bytes] = import_module(f"imaging.codecs.{name}").encode
    return encode


def _bits(frame: NDArray[Any]) -> bytes:
    return np.packbits(frame.reshape(-1), bitorder="little").tobytes()


def _plain(frame: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(frame, frame.dtype.newbyteorder("<")).tobytes()


def _deflate(frame: NDArray[Any]) -> bytes:
    return _raw_deflate(_plain(frame))


def _raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()
