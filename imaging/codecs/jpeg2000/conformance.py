"""Samples that the stream and the data set describe differently become what the data set says
(PS3.5 8.2.4 asks that they agree; files exist where they do not)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg2000.codestream import read_codestream, read_image_size


def settle(data: Buffer, out: NDArray[Any], bits_stored: int, is_signed: bool) -> None:
    """Change `out`, as `decode` filled it, in place.

    Another sign: the component's bits are taken as a pattern. More bits than Bits Stored, and a
    lossy wavelet: what lies outside is clamped, because it is an overshoot and no data.
    """
    component = read_image_size(data).components[0]
    view = out.view(f"{'i' if is_signed else 'u'}{out.dtype.itemsize}")
    if component.is_signed != is_signed:
        shift = 8 * out.dtype.itemsize - component.precision
        np.left_shift(view, shift, out=view)
        np.right_shift(view, shift, out=view)
    elif component.precision > bits_stored and not _is_reversible(data):
        half = 1 << (bits_stored - 1)
        low, high = (-half, half - 1) if is_signed else (0, 2 * half - 1)
        np.clip(view, low, high, out=view)


def _is_reversible(data: Buffer) -> bool:
    return read_codestream(data).parameters.tile_coding().blocks.is_reversible
