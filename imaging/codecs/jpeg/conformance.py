"""Decoded JPEG and JPEG-LS samples are patterns of Bits Stored (PS3.5 8.2.1, 8.2.3); the data set
says what they mean."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def extend_sign(out: NDArray[Any], bits_stored: int) -> None:
    """Copy the sign of a signed image into the bits above, in place."""
    shift = 8 * out.dtype.itemsize - bits_stored
    if shift:
        signed = out.view(f"i{out.dtype.itemsize}")
        np.left_shift(signed, shift, out=signed)
        np.right_shift(signed, shift, out=signed)


def clamp(out: NDArray[Any], bits_stored: int) -> None:
    """What a lossy process shows above the largest value is overshoot, no data: in place."""
    if bits_stored < 8 * out.dtype.itemsize:
        np.minimum(out, (1 << bits_stored) - 1, out=out)
