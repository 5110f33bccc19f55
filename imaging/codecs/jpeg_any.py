"""A JPEG stream by what it is, not by the transfer syntax that somebody gave it: lossless processes
under a baseline label and the other way round are found in every large archive."""

from typing import Any

from numpy.typing import NDArray

from imaging.codecs import Buffer, jpeg, jpeg_dct
from imaging.codecs.jpeg import markers
from imaging.codecs.jpeg.conformance import clamp, extend_sign
from imaging.codecs.jpeg_dct import coded_colour
from imaging.errors import FormatError

__all__ = ["coded_colour", "decode", "settle"]


def decode(data: Buffer, out: NDArray[Any]) -> None:
    """Fill `out` (rows, columns, components), uint8 or uint16, C order."""
    codec = jpeg if _frame_marker(data) == markers.SOF3 else jpeg_dct
    codec.decode(data, out)


def settle(data: Buffer, out: NDArray[Any], bits_stored: int, is_signed: bool) -> None:
    """Signs where there are signs; lossy values no larger than Bits Stored allows."""
    if is_signed:
        extend_sign(out, bits_stored)
    elif _frame_marker(data) != markers.SOF3:
        clamp(out, bits_stored)


def _frame_marker(data: Buffer) -> int:
    """SOFn of the first frame; 0 when the stream is broken before it."""
    try:
        segment = markers.next_segment(data, markers.find_start(data))
        while segment.marker not in (markers.SOS, markers.EOI):
            if segment.marker in markers.FRAME_MARKERS:
                return segment.marker
            segment = markers.next_segment(data, segment.end)
    except FormatError:
        return 0  # whoever decodes it will say so
    return 0
