"""In which order the packets of a tile come (T.800 B.12): five progressions, and their changes."""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.geometry import Resolution, TileGeometry
from imaging.codecs.jpeg2000.parameters import (
    CPRL,
    LRCP,
    PCRL,
    RLCP,
    RPCL,
    ImageSize,
    Parameters,
    Volume,
)

Numbers = NDArray[np.int64]

# the columns to sort by, the outermost loop first
COMPONENT, RESOLUTION, INDEX, Y, X, LAYER = range(6)
_KEYS = {
    LRCP: (LAYER, RESOLUTION, COMPONENT, INDEX),
    RLCP: (RESOLUTION, LAYER, COMPONENT, INDEX),
    RPCL: (RESOLUTION, Y, X, COMPONENT, INDEX, LAYER),
    PCRL: (Y, X, COMPONENT, RESOLUTION, INDEX, LAYER),
    CPRL: (COMPONENT, Y, X, RESOLUTION, INDEX, LAYER),
}


def packet_order(
    geometry: TileGeometry, size: ImageSize, parameters: Parameters
) -> tuple[Numbers, Numbers]:
    """The precinct and the layer of each packet, in the order of the stream."""
    coding = parameters.tile_coding()
    places = _precinct_places(geometry, size)
    volumes = parameters.volumes() or [
        Volume(coding.progression, (0, 33), (0, len(size.components)), coding.layers)
    ]
    done = np.zeros(len(places), np.int64)  # layers of each precinct that came before (A.6.6)
    orders, layers = [], []
    for volume in volumes:
        order, layer = _order_of(volume, places, done, coding.layers)
        orders.append(order)
        layers.append(layer)
    return np.concatenate(orders), np.concatenate(layers)


def _order_of(
    volume: Volume, places: Numbers, done: Numbers, layer_count: int
) -> tuple[Numbers, Numbers]:
    end = min(volume.layers, layer_count)
    is_chosen = (
        (places[:, RESOLUTION] >= volume.resolutions[0])
        & (places[:, RESOLUTION] < volume.resolutions[1])
        & (places[:, COMPONENT] >= volume.components[0])
        & (places[:, COMPONENT] < volume.components[1])
    )
    chosen = np.flatnonzero(is_chosen)
    counts = np.maximum(end - done[chosen], 0)
    order = np.repeat(chosen, counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    layer = np.arange(order.size) - starts + np.repeat(done[chosen], counts)
    done[chosen] = np.maximum(done[chosen], end)
    columns = {LAYER: layer}
    keys = [
        columns[key] if key in columns else places[order, key]
        for key in reversed(_KEYS[volume.progression])
    ]
    sorting = np.lexsort(keys)
    return order[sorting], layer[sorting]


def _precinct_places(geometry: TileGeometry, size: ImageSize) -> Numbers:
    """A row a precinct: component, resolution, index, and where on the reference grid it begins."""
    rows = [_places_of(one, geometry, size) for one in geometry.resolutions if one.precincts]
    return np.concatenate(rows) if rows else np.zeros((0, 5), np.int64)


def _places_of(one: Resolution, geometry: TileGeometry, size: ImageSize) -> Numbers:
    component = size.components[one.component]
    level = geometry.codings[one.component].levels - one.index
    log_x, log_y = one.log_precinct
    index = np.arange(one.precincts, dtype=np.int64)
    table = np.empty((one.precincts, 5), np.int64)
    table[:, COMPONENT] = one.component
    table[:, RESOLUTION] = one.index
    table[:, INDEX] = index
    # a first precinct that is cut begins where the tile does (B.12.1.3)
    column = (one.area[0] >> log_x) + index % one.precincts_across
    row = (one.area[1] >> log_y) + index // one.precincts_across
    x, y = geometry.area[:2]
    table[:, X] = np.maximum(x, (column << (log_x + level)) * component.step_x)
    table[:, Y] = np.maximum(y, (row << (log_y + level)) * component.step_y)
    return table
