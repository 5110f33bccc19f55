"""Where everything of a tile lies, by its headers alone: geometry, the tables of the kernels and
the order of its packets. The frames of a series share it, so the last few are kept."""

from collections import OrderedDict
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.geometry import TileGeometry, lay_out_tile
from imaging.codecs.jpeg2000.parameters import ImageSize, Parameters
from imaging.codecs.jpeg2000.progression import packet_order

MOST_KEPT, MOST_BLOCKS = 16, 1 << 14
"""Layouts that are kept, and the code-blocks and packets that one of these may have."""

Numbers = NDArray[np.int64]


class TileLayout:
    """Shared between threads: nothing in it is changed after it was made."""

    def __init__(self, size: ImageSize, index: int, parameters: Parameters) -> None:
        self._size, self._parameters = size, parameters
        self.geometry: TileGeometry = lay_out_tile(size, index, parameters)
        resolutions = self.geometry.resolutions
        self.precincts = sum(one.precincts for one in resolutions)
        self.slots = sum(one.precincts * len(one.bands) for one in resolutions)
        self.packets = self.precincts * parameters.tile_coding().layers

    @cached_property
    def order(self) -> tuple[Numbers, Numbers]:
        """The precinct and the layer of each packet."""
        return packet_order(self.geometry, self._size, self._parameters)

    @cached_property
    def tables(self) -> tuple[Numbers, Numbers, Numbers, Numbers, NDArray[np.float64]]:
        """Resolutions, bands, their styles, kinds and steps."""
        geometry = self.geometry
        kinds = geometry.kinds()
        return (
            np.array(geometry.resolution_rows, np.int64),
            np.array(geometry.band_rows, np.int64),
            np.ascontiguousarray(kinds[:, 4]),
            kinds,
            np.array(geometry.steps),
        )


_kept: OrderedDict[object, TileLayout] = OrderedDict()
_lock = Lock()


def tile_layout(size: ImageSize, index: int, parameters: Parameters) -> TileLayout:
    """FormatError where the headers contradict each other."""
    key = size, index, parameters.signature()
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    found = TileLayout(size, index, parameters)
    if max(found.geometry.blocks, found.packets) <= MOST_BLOCKS:
        with _lock:
            _kept[key] = found
            if len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return found
