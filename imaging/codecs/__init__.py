"""Codestreams become sample arrays. One folder a codec, its kernels apart from its API.

Every codec has `read_header(data)`: every check that needs no pixels; `decode(data, out)`: into
an array of (rows, columns, samples) whose size comes from the data set, never from the stream.
Codecs are imported when first asked for, because their kernels are compiled or loaded then.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias, cast

from numpy.typing import NDArray

from imaging.errors import UnsupportedFeature

Buffer: TypeAlias = bytes | bytearray | memoryview
Decode: TypeAlias = Callable[[Buffer, NDArray[Any]], None]

# transfer syntaxes whose frames are codestreams (PS3.5 A.4) -> the module with `decode`
_DECODERS = {
    "1.2.840.10008.1.2.1.98": "imaging.codecs.native",
    "1.2.840.10008.1.2.4.50": "imaging.codecs.jpeg_any",
    "1.2.840.10008.1.2.4.51": "imaging.codecs.jpeg_any",
    "1.2.840.10008.1.2.4.53": "imaging.codecs.jpeg_any",
    "1.2.840.10008.1.2.4.55": "imaging.codecs.jpeg_any",
    "1.2.840.10008.1.2.4.57": "imaging.codecs.jpeg_any",
    "1.2.840.10008.1.2.4.70": "imaging.codecs.jpeg_any",
    "1.2.840.10008.1.2.4.80": "imaging.codecs.jpeg_ls",
    "1.2.840.10008.1.2.4.81": "imaging.codecs.jpeg_ls",
    "1.2.840.10008.1.2.4.90": "imaging.codecs.jpeg2000",
    "1.2.840.10008.1.2.4.91": "imaging.codecs.jpeg2000",
    "1.2.840.10008.1.2.4.201": "imaging.codecs.jpeg2000",
    "1.2.840.10008.1.2.4.202": "imaging.codecs.jpeg2000",
    "1.2.840.10008.1.2.4.203": "imaging.codecs.jpeg2000",
    "1.2.840.10008.1.2.5": "imaging.codecs.rle",
    "1.2.840.10008.1.2.8.1": "imaging.codecs.deflate",
}
_KERNELS = (
    "imaging.codecs.jpeg.lossless_kernels",
    "imaging.codecs.jpeg.encode_kernels",
    "imaging.codecs.jpeg_dct.sequential_kernels",
    "imaging.codecs.jpeg_dct.progressive_kernels",
    "imaging.codecs.jpeg_dct.planes",
    "imaging.codecs.jpeg_dct.encode_kernels",
    "imaging.codecs.jpeg_ls.decode_kernels",
    "imaging.codecs.jpeg_ls.encode_kernels",
    "imaging.codecs.jpeg2000.decoder",
    "imaging.codecs.rle.kernels",
    "imaging.output.frame_kernels",
    "imaging.headers.scan_kernels",
)


def decoder_for(transfer_syntax_uid: str) -> Decode:
    """The decoder of an encapsulated syntax; UnsupportedFeature when there is none (yet)."""
    name = _DECODERS.get(transfer_syntax_uid)
    if name is None:
        raise UnsupportedFeature(
            "transfer_syntax_not_supported", f"no decoder for {transfer_syntax_uid!r}"
        )
    return cast("Decode", import_module(name).decode)


def decoder_of_bits(transfer_syntax_uid: str) -> Decode:
    """The decoder of frames of 1-bit samples; UnsupportedFeature where the codec has none."""
    decode = getattr(import_module(_DECODERS[transfer_syntax_uid]), "decode_bits", None)
    if decode is None:
        raise UnsupportedFeature("bits_allocated", "1-bit samples in this transfer syntax")
    return cast("Decode", decode)


def coded_colour(transfer_syntax_uid: str, data: Buffer) -> str:
    """ "RGB" or "YBR" when the codestream itself says which its three components are, else ""."""
    judge = getattr(import_module(_DECODERS[transfer_syntax_uid]), "coded_colour", None)
    return "" if judge is None else cast("str", judge(data))


def settle(
    transfer_syntax_uid: str, data: Buffer, out: NDArray[Any], bits_stored: int, is_signed: bool
) -> None:
    """Make decoded samples what the data set says, where the codestream says otherwise."""
    change = getattr(import_module(_DECODERS[transfer_syntax_uid]), "settle", None)
    if change is not None:
        change(data, out, bits_stored, is_signed)


def is_supported(transfer_syntax_uid: str) -> bool:
    """Whether frames of this encapsulated syntax can be decoded."""
    return transfer_syntax_uid in _DECODERS


def supported_syntaxes() -> list[str]:
    """Every encapsulated syntax that has a decoder."""
    return sorted(_DECODERS)


def warm() -> None:
    """Compile every kernel, or load it from the cache: installers call this once."""
    for name in _KERNELS:
        import_module(name)
