"""A JPEG 2000 codestream becomes samples (T.800; the block coder of T.814 where it is used)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import Buffer
from imaging.codecs.jpeg2000 import packet_kernels as packets
from imaging.codecs.jpeg2000.codestream import Codestream, TileParts, read_codestream
from imaging.codecs.jpeg2000.geometry import TileGeometry
from imaging.codecs.jpeg2000.sample_kernels import round_reals, store_ints, undo_ict, undo_rct
from imaging.codecs.jpeg2000.tile_kernels import (
    BAD_PASSES,
    MANY_SETS,
    decode_blocks,
    longest_block,
)
from imaging.codecs.jpeg2000.tile_layout import TileLayout, tile_layout
from imaging.codecs.jpeg2000.wavelet_kernels import synthesize_53, synthesize_97
from imaging.codecs.scratch import scratch
from imaging.errors import FormatError, LimitExceeded, UnsupportedFeature

Plane = NDArray[Any]
MAX_TILE_SAMPLES = 1 << 27
KEPT_COMPONENTS = 3


def read_header(data: Buffer) -> Codestream:
    """Everything but the pixels, checked."""
    return read_codestream(data)


def decode(data: Buffer, out: NDArray[Any]) -> None:
    """Fill `out` (rows, columns, samples), unsigned of 1, 2 or 4 bytes; a signed component gives
    its two's complement. Components of lower resolution are repeated, and values beyond the
    component's precision clamped. A stream that ends early is an error."""
    stream = read_codestream(data)
    _check_shape(stream, out)
    for index in range(stream.size.tiles_across * stream.size.tiles_down):
        if index not in stream.tiles:
            raise FormatError("jpeg2000_tile_missing", f"tile {index} never came")
    for index, tile in sorted(stream.tiles.items()):
        _decode_tile(stream, index, tile, out)


def _check_shape(stream: Codestream, out: NDArray[Any]) -> None:
    size = stream.size
    if (size.rows, size.columns, len(size.components)) != out.shape:
        raise FormatError(
            "jpeg2000_size",
            f"the stream holds {size.rows}x{size.columns}x{len(size.components)}, "
            f"the data set says {'x'.join(map(str, out.shape))}",
        )
    precision = max(component.precision for component in size.components)
    if out.dtype not in (np.uint8, np.uint16, np.uint32) or precision > 8 * out.dtype.itemsize:
        raise FormatError("jpeg2000_size", f"{precision} bits do not fit {out.dtype}")


def _decode_tile(stream: Codestream, index: int, tile: TileParts, out: NDArray[Any]) -> None:
    layout = tile_layout(stream.size, index, tile.parameters)
    geometry = layout.geometry
    if geometry.int_count + geometry.real_count > MAX_TILE_SAMPLES:
        raise LimitExceeded("jpeg2000_tile_size", "a tile of more samples than we are to hold")
    data = np.frombuffer(tile.data(), np.uint8)
    blocks, pieces = _read_packets(layout, tile, data)
    ints = scratch("ints", geometry.int_count, np.int32)
    reals = scratch("reals", geometry.real_count, np.float32)
    ints[:] = 0
    reals[:] = 0
    *_, kinds, steps = layout.tables
    longest = longest_block(blocks, pieces)
    status = decode_blocks(data, blocks, pieces, kinds, steps, longest, ints, reals)
    if status == MANY_SETS:
        raise UnsupportedFeature("jpeg2000_ht_sets", "blocks of more than one HT set")
    if status == BAD_PASSES:
        raise FormatError("jpeg2000_packet_header", f"too many passes in tile {index}")
    if status < 0:
        raise FormatError("jpeg2000_damaged", f"a code-block of tile {index} is damaged")
    planes = [
        _synthesize(geometry, component, ints, reals) for component in range(len(geometry.areas))
    ]
    if tile.parameters.tile_coding().has_component_transform:
        _undo_transform(planes)
    _store(stream, geometry, planes, out)


def _read_packets(
    layout: TileLayout, tile: TileParts, data: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The tables of code-blocks and of the pieces of their data."""
    headers = data
    if tile.headers is not None:
        headers = np.frombuffer(b"".join(tile.headers), np.uint8)
    wanted, count = layout.packets, layout.geometry.blocks
    if wanted > headers.size:  # a packet has a byte at least
        raise FormatError("jpeg2000_truncated", f"{wanted} packets in {headers.size} bytes")
    order, layers = layout.order
    if order.size != wanted:
        raise FormatError("jpeg2000_order", f"{order.size} of {wanted} packets have a place")
    places = np.empty((layout.precincts, 2), np.int64)
    slots = np.empty((layout.slots, packets.SLOT_COLUMNS), np.int32)
    blocks = np.empty((count, packets.BLOCK_COLUMNS), np.int32)
    rows, bands, styles, *_ = layout.tables
    room = max(64, 2 * count)
    while True:
        nodes = packets.lay_out(rows, bands, places, slots, blocks)
        pieces = np.empty((room, 4), np.int64)
        known, lowest = np.empty((2, nodes), np.int32), np.empty((2, nodes), np.int32)
        used, position = packets.read_packets(
            data, headers, tile.headers is not None, order, layers, places, slots, blocks, pieces,
            known, lowest, styles,
        )  # fmt: skip
        if used != packets.FULL:
            break
        room *= 4
    if used == packets.TRUNCATED:
        raise FormatError("jpeg2000_truncated", "a tile ends inside its packets", offset=position)
    if used < 0:
        raise FormatError("jpeg2000_packet_header", "a packet header is damaged", offset=position)
    return blocks, pieces[:used]


def _synthesize(
    geometry: TileGeometry, component: int, ints: NDArray[np.int32], reals: NDArray[np.float32]
) -> Plane:
    """The samples of a tile-component (F.3): int32, or float32 with the 9/7 wavelet."""
    is_reversible = geometry.codings[component].is_reversible
    source: Plane = ints if is_reversible else reals
    plane = source[:0].reshape(0, 0)
    levels = geometry.codings[component].levels
    for resolution in geometry.components[component]:
        is_last = resolution.index == levels
        rows, columns = resolution.shape
        bands = []
        for band in resolution.bands:
            end = band.offset + band.shape[0] * band.shape[1]
            bands.append(source[band.offset : end].reshape(band.shape))
        if resolution.index == 0:
            plane = bands[0]
            continue
        if is_last and component >= KEPT_COMPONENTS:
            larger = np.empty((rows, columns), source.dtype)
        else:  # levels take turns in two arrays; the last of a component stays until it is stored
            name = f"component {component}" if is_last else f"level {resolution.index & 1}"
            larger = scratch(name, rows * columns, source.dtype).reshape(rows, columns)
        if rows and columns:
            hl, lh, hh = bands
            odd_x, odd_y = resolution.area[0] & 1, resolution.area[1] & 1
            synthesize = synthesize_53 if is_reversible else synthesize_97
            spare = np.empty((2, columns), source.dtype)
            synthesize(plane, hl, lh, hh, odd_x, odd_y, larger, spare)
        plane = larger
    return plane


def _undo_transform(planes: list[Plane]) -> None:
    """Annex G, on the first three components."""
    if len(planes) < 3 or len({(plane.shape, plane.dtype) for plane in planes[:3]}) != 1:
        raise FormatError("jpeg2000_component_transform", "its components are not alike")
    if planes[0].dtype == np.int32:
        undo_rct(*planes[:3])
    else:
        undo_ict(*planes[:3])


def _store(
    stream: Codestream, geometry: TileGeometry, planes: list[Plane], out: NDArray[Any]
) -> None:
    x0, y0, x1, y1 = geometry.area
    left, top = x0 - stream.size.x0, y0 - stream.size.y0
    target = out[top : top + y1 - y0, left : left + x1 - x0]
    for number, component in enumerate(stream.size.components):
        plane = planes[number]
        if plane.size == 0:
            raise FormatError("jpeg2000_size", f"component {number} has no samples in a tile")
        if plane.dtype != np.int32:
            rounded = scratch("rounded", plane.size, np.int32).reshape(plane.shape)
            round_reals(plane, rounded)
            plane = rounded
        half = 1 << (component.precision - 1)
        shift, low, high = (0, -half, half - 1) if component.is_signed else (half, 0, 2 * half - 1)
        area = geometry.areas[number]
        store_ints(
            plane, target[:, :, number], component.step_x, component.step_y,
            x0 - area[0] * component.step_x, y0 - area[1] * component.step_y, shift, low, high,
        )  # fmt: skip
