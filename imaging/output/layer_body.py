"""The layers of a frame become the part of its body after the planes (docs/web-format.md)."""

import struct

import numpy as np
from numpy.typing import NDArray

from imaging.pixels.layers import Layers

HIDDEN, DRAWN = 0, 1
WHITE = 255


def encode_layers(layers: Layers, rows: int, columns: int) -> bytes:
    """Empty when nothing lies over the pixels."""
    records = []
    if layers.shutter is not None:
        records.append(_record(HIDDEN, layers.shutter.grey, ~layers.shutter.visible))
    for overlay in layers.overlays:
        drawn = overlay.draw(np.zeros((rows, columns), np.uint8)) != 0
        records.append(_record(DRAWN, WHITE, drawn))
    kept = [record for record in records if record]
    return bytes([len(kept)]) + b"".join(kept) if kept else b""


def _record(kind: int, grey: int, bits: NDArray[np.bool_]) -> bytes:
    """Cut down to the rectangle that its bits need."""
    down, across = np.flatnonzero(bits.any(axis=1)), np.flatnonzero(bits.any(axis=0))
    if not down.size:
        return b""
    part = bits[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
    head = struct.pack("<BBHHHH", kind, grey, down[0], across[0], *part.shape)
    return head + np.packbits(part.reshape(-1), bitorder="little").tobytes()
