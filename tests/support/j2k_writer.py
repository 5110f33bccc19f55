"""JPEG 2000 codestreams with everything that the standard allows and few writers make (T.800), and
with lies. Bands, precincts and packet order come from the decoder's own tables (an independent
writer, Pillow, checks those); transforms, blocks, tag trees and headers are written anew."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.block_kernels import HIGH_THROUGHPUT
from imaging.codecs.jpeg2000.codestream import read_codestream
from imaging.codecs.jpeg2000.geometry import TileGeometry, lay_out_tile
from imaging.codecs.jpeg2000.progression import packet_order
from tests.support.ht_block_writer import write_ht_block
from tests.support.j2k_block_writer import BlockWriter

Image = NDArray[np.int64]


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


@dataclass
class J2kWriter:
    """Defaults give the plainest stream; `components` are (rows, columns) arrays of whole numbers."""

    precision: int = 8
    is_signed: bool = False
    levels: int = 2
    log_block: tuple[int, int] = (4, 4)
    style: int = 0
    is_reversible: bool = True
    transform: bool = False
    progression: int = 0
    layers: int = 1
    precincts: tuple[tuple[int, int], ...] = ()
    tile: tuple[int, int] | None = None
    tile_origin: tuple[int, int] = (0, 0)
    origin: tuple[int, int] = (0, 0)
    steps: tuple[tuple[int, int], ...] = ()
    guard_bits: int = 2
    sop: bool = False
    eph: bool = False
    packed: str = ""  # "ppm" or "ppt"
    order: tuple[tuple[int, int, int, int, int, int], ...] = ()  # POC
    region_shift: int = 0
    region_step: int = 2  # every second row is inside; 1 for all
    ht_passes: int = 1
    tile_parts: int = 1
    before_tiles: bytes = b""
    with_end: bool = True

    def write(self, components: list[Image]) -> bytes:
        main = self._main_header(components)
        skeleton = main + segment(0x90, struct.pack(">HIBB", 0, 14, 0, 1)) + b"\xff\x93\xff\xd9"
        stream = read_codestream(skeleton)
        planes = self._shifted(components)
        parts, packed = [], b""
        for index in range(stream.size.tiles_across * stream.size.tiles_down):
            geometry = lay_out_tile(stream.size, index, stream.parameters)
            packets = self._packets(stream, geometry, planes)
            share = -(-len(packets) // self.tile_parts)
            for part in range(self.tile_parts):
                mine = packets[part * share : (part + 1) * share]
                heads = b"".join(head for head, _ in mine)
                header = b""
                if self.packed == "ppt":
                    header = segment(0x61, b"\0" + heads)
                elif self.packed == "ppm":
                    packed += struct.pack(">I", len(heads)) + heads
                body = b"".join((b"" if self.packed else head) + data for head, data in mine)
                start = struct.pack(
                    ">HIBB", index, 14 + len(header) + len(body), part, self.tile_parts
                )
                parts.append(segment(0x90, start) + header + b"\xff\x93" + body)
        if packed:
            half = len(packed) // 2  # a packet header may be cut by the segment's end
            main += segment(0x60, b"\0" + packed[:half]) + segment(0x60, b"\1" + packed[half:])
        return main + b"".join(parts) + (b"\xff\xd9" if self.with_end else b"")

    def _main_header(self, components: list[Image]) -> bytes:
        rows, columns = components[0].shape
        x0, y0 = self.origin
        width, height = self.tile or (x0 + columns, y0 + rows)
        size = struct.pack(
            ">H8IH", 0, x0 + columns, y0 + rows, x0, y0, width, height, *self.tile_origin,
            len(components),
        )  # fmt: skip
        depth = self.precision - 1 | self.is_signed << 7
        for number in range(len(components)):
            step_x, step_y = self.steps[number] if self.steps else (1, 1)
            size += bytes((depth, step_x, step_y))
        coding = bytes((bool(self.precincts) | self.sop << 1 | self.eph << 2, self.progression))
        coding += struct.pack(">HB", self.layers, self.transform)
        coding += bytes((self.levels, self.log_block[0] - 2, self.log_block[1] - 2, self.style))
        coding += bytes((self.is_reversible,))
        if self.precincts:
            sizes = (*self.precincts, *[self.precincts[-1]] * self.levels)[: self.levels + 1]
            coding += bytes(x | y << 4 for x, y in sizes)
        bands = 3 * self.levels + 1
        if self.is_reversible:
            exponents = [self.precision + 2] * bands
            quantisation = bytes((self.guard_bits << 5, *(one << 3 for one in exponents)))
        else:
            quantisation = bytes((self.guard_bits << 5 | 2,))
            quantisation += struct.pack(">H", (self.precision + 1) << 11 | 100) * bands
        out = b"\xff\x4f" + segment(0x51, size) + segment(0x52, coding)
        out += segment(0x5C, quantisation) + segment(0x64, b"\0\1written by a test")
        if self.region_shift:
            for number in range(len(components)):
                out += segment(0x5E, bytes((number, 0, self.region_shift)))
        if self.order:
            out += segment(0x5F, b"".join(struct.pack(">BBHBBB", *one) for one in self.order))
        return out + self.before_tiles

    def _shifted(self, components: list[Image]) -> list[NDArray[Any]]:
        half = 0 if self.is_signed else 1 << (self.precision - 1)
        planes: list[NDArray[Any]] = [one.astype(np.int64) - half for one in components]
        if self.steps:
            planes = [
                plane[-self.origin[1] % dy :: dy, -self.origin[0] % dx :: dx]
                for plane, (dx, dy) in zip(planes, self.steps, strict=True)
            ]
        if self.transform and self.is_reversible:
            red, green, blue = planes[:3]
            planes[:3] = [(red + 2 * green + blue) >> 2, blue - green, red - green]
        elif self.transform:
            matrix = np.array(
                [[0.299, 0.587, 0.114], [-0.16875, -0.33126, 0.5], [0.5, -0.41869, -0.08131]]
            )
            planes[:3] = list(np.tensordot(matrix, np.stack(planes[:3]), 1))
        return planes

    def _packets(
        self, stream: Any, geometry: TileGeometry, planes: list[NDArray[Any]]
    ) -> list[tuple[bytes, bytes]]:
        precincts = []
        for resolutions, area, plane, component in zip(
            geometry.components, geometry.areas, planes, stream.size.components, strict=True
        ):
            left = -(-stream.size.x0 // component.step_x)
            top = -(-stream.size.y0 // component.step_y)
            piece = plane[area[1] - top : area[3] - top, area[0] - left : area[2] - left]
            bands = self._bands(piece, area[0], area[1])
            for resolution in resolutions:
                precincts += self._precincts(geometry, resolution, bands[resolution.index])
        order, layers = packet_order(geometry, stream.size, stream.parameters)
        packets = []
        for number, (precinct, layer) in enumerate(zip(order, layers, strict=True)):
            head, body = _packet(precincts[precinct], int(layer), self.layers, self.style)
            if self.eph:
                head += b"\xff\x92"
            if self.sop:
                sop = segment(0x91, struct.pack(">H", number & 0xFFFF))
                head, body = (head, sop + body) if self.packed else (sop + head, body)
            packets.append((head, body))
        return packets

    def _bands(self, plane: NDArray[Any], x0: int, y0: int) -> list[list[NDArray[Any]]]:
        """By resolution: [LL], then [HL, LH, HH] each."""
        found: list[list[NDArray[Any]]] = []
        for _ in range(self.levels):
            low, high = forward(plane, y0, self.is_reversible)
            ll, hl = (one.T for one in forward(low.T, x0, self.is_reversible))
            lh, hh = (one.T for one in forward(high.T, x0, self.is_reversible))
            found.append([hl, lh, hh])
            plane, x0, y0 = ll, -(-x0 // 2), -(-y0 // 2)
        return [[plane], *reversed(found)]

    def _precincts(self, geometry: TileGeometry, resolution: Any, bands: list[Any]) -> list[Any]:
        """For each precinct, for each band: a grid of coded blocks."""
        row = geometry.resolution_rows[
            sum(len(one) for one in geometry.components[: resolution.component]) + resolution.index
        ]
        across, down, grid_x, grid_y, first, _end, log_x, log_y = row
        precincts = []
        for py in range(grid_y, grid_y + down):
            for px in range(grid_x, grid_x + across):
                slots = []
                for number, coefficients in enumerate(bands):
                    x0, y0, x1, y1, log_width, log_height = geometry.band_rows[first + number]
                    left, right = max(x0, px << log_x), min(x1, (px + 1) << log_x)
                    top, bottom = max(y0, py << log_y), min(y1, (py + 1) << log_y)
                    orientation = ("LL", "HL", "LH", "HH")[number + (resolution.index > 0)]
                    planes = geometry.kind_rows[first + number][2]
                    step = geometry.steps[first + number]
                    grid = []
                    for y in cells(top, bottom, log_height) if left < right else []:
                        line = []
                        for x in cells(left, right, log_width):
                            part = coefficients[y[0] - y0 : y[1] - y0, x[0] - x0 : x[1] - x0]
                            line.append(self._block(part, orientation, planes, step))
                        grid.append(line)
                    slots.append(grid)
                precincts.append(slots)
        return precincts

    def _block(self, part: NDArray[Any], orientation: str, planes: int, step: float) -> "Block":
        values = part.astype(np.int64)
        if not self.is_reversible:
            values = (np.sign(part) * np.floor(np.abs(part) / step)).astype(np.int64)
        if self.region_shift:
            inside = np.zeros(values.shape, bool)
            inside[:: self.region_step] = True
            values = np.where(inside, values << self.region_shift, values)
            planes += self.region_shift
        highest = int(np.abs(values).max(initial=0)).bit_length()
        assert highest <= planes
        if highest == 0:
            return Block(0, [])
        if self.style & HIGH_THROUGHPUT:
            missing = planes - 1 - (self.ht_passes > 1)
            causal = bool(self.style & 8)
            return Block(missing, write_ht_block(values, self.ht_passes, causal))
        writer = BlockWriter(values, orientation, self.style, highest)
        return Block(planes - highest, writer.write())


@dataclass
class Block:
    """A coded block and how much of it has gone out."""

    missing: int
    segments: list[tuple[int, bytes]]
    length_bits: int = 3

    def of_layer(self, layer: int, layers: int) -> list[tuple[int, int, bytes]]:
        """(passes before in this segment, passes, bytes) that this layer brings: passes are shared
        out evenly, a segment's bytes with its passes."""
        total = sum(passes for passes, _ in self.segments)
        start, end = total * layer // layers, total * (layer + 1) // layers
        found, at = [], 0
        for passes, data in self.segments:
            low, high = max(start, at), min(end, at + passes)
            if low < high:
                first, last = (len(data) * (one - at) // passes for one in (low, high))
                found.append((low - at, high - low, data[first:last]))
            at += passes
        return found


def cells(start: int, end: int, log: int) -> list[tuple[int, int]]:
    """The pieces of start..end on a grid of 2 ** log."""
    if start >= end:
        return []
    return [
        (max(start, one << log), min(end, (one + 1) << log))
        for one in range(start >> log, ((end - 1) >> log) + 1)
    ]


def forward(plane: NDArray[Any], origin: int, is_reversible: bool) -> tuple[Any, Any]:
    """Low and high rows of the forward wavelet (annex F.4), by mirrored lifting."""
    rows = plane.shape[0]
    parity = (np.arange(rows) + origin) & 1
    even, odd = np.flatnonzero(parity == 0), np.flatnonzero(parity == 1)
    if rows == 1:
        return (plane, plane[:0]) if parity[0] == 0 else (plane[:0], plane * 2)
    out = plane.copy() if is_reversible else plane.astype(np.float64)

    def sides(at: NDArray[np.int64]) -> Any:
        above = np.where(at > 0, at - 1, 1)
        below = np.where(at + 1 < rows, at + 1, at - 1)
        return out[above] + out[below]

    if is_reversible:
        out[odd] -= sides(odd) >> 1
        out[even] += (sides(even) + 2) >> 2
        return out[even], out[odd]
    for at, factor in (
        (odd, -1.586134342059924), (even, -0.052980118572961),
        (odd, 0.882911075530934), (even, 0.443506852043971),
    ):  # fmt: skip
        out[at] += factor * sides(at)
    return out[even] / 1.230174104914001, out[odd] * 1.230174104914001


class HeaderBits:
    """B.10.1: a byte after FF has seven bits."""

    def __init__(self) -> None:
        self.out, self.held, self.left = bytearray(), 0, 8

    def put(self, value: int, count: int = 1) -> None:
        for place in range(count - 1, -1, -1):
            self.left -= 1
            self.held |= (value >> place & 1) << self.left
            if self.left == 0:
                self._byte()

    def _byte(self) -> None:
        self.out.append(self.held)
        self.left, self.held = (7 if self.held == 255 else 8), 0

    def finish(self) -> bytes:
        if self.left < 8:
            self._byte()
        if self.out[-1:] == b"\xff":
            self._byte()
        return bytes(self.out)


class TagTree:
    """B.10.2, written from the leaves' values."""

    def __init__(self, values: list[list[int]]) -> None:
        self.levels = [np.array(values)]
        while self.levels[-1].size > 1:
            below = self.levels[-1]
            rows, columns = (below.shape[0] + 1) // 2, (below.shape[1] + 1) // 2
            above = np.empty((rows, columns), int)
            for y in range(rows):
                for x in range(columns):
                    above[y, x] = below[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].min()
            self.levels.append(above)
        self.told = [np.zeros(level.shape, int) for level in self.levels]
        self.known = [np.zeros(level.shape, bool) for level in self.levels]

    def put(self, bits: HeaderBits, y: int, x: int, threshold: int) -> None:
        low = 0
        for depth in range(len(self.levels) - 1, -1, -1):
            at = (y >> depth, x >> depth)
            low = max(low, int(self.told[depth][at]))
            value = int(self.levels[depth][at])
            while low < threshold and not self.known[depth][at]:
                if value > low:
                    bits.put(0)
                    low += 1
                else:
                    bits.put(1)
                    self.known[depth][at] = True
            self.told[depth][at] = low


_trees: dict[int, tuple[Any, TagTree, TagTree]] = {}


def _packet(slots: list[Any], layer: int, layers: int, style: int) -> tuple[bytes, bytes]:
    bits, body = HeaderBits(), b""
    if not any(block.of_layer(layer, layers) for grid in slots for row in grid for block in row):
        bits.put(0)
        return bits.finish(), b""
    bits.put(1)
    for grid in slots:
        if not grid:
            continue
        if id(grid) not in _trees or _trees[id(grid)][0] is not grid:
            first = [
                [
                    next((n for n in range(layers) if block.of_layer(n, layers)), layers)
                    for block in row
                ]
                for row in grid
            ]
            missing = [[block.missing for block in row] for row in grid]
            _trees[id(grid)] = (grid, TagTree(first), TagTree(missing))
        _, inclusion, zeros = _trees[id(grid)]
        for y, row in enumerate(grid):
            for x, block in enumerate(row):
                body += _put_block(bits, block, layer, layers, style, inclusion, zeros, y, x)
    return bits.finish(), body


def _put_block(
    bits: HeaderBits, block: Block, layer: int, layers: int, style: int, inclusion: TagTree,
    zeros: TagTree, y: int, x: int,
) -> bytes:  # fmt: skip
    pieces = block.of_layer(layer, layers)
    if any(block.of_layer(earlier, layers) for earlier in range(layer)):
        bits.put(int(bool(pieces)))
    else:
        inclusion.put(bits, y, x, layer + 1)
        if pieces:
            for threshold in range(1, block.missing + 2):
                zeros.put(bits, y, x, threshold)
    if not pieces:
        return b""
    _put_passes(bits, sum(passes for _, passes, _ in pieces))
    needed = max(len(data).bit_length() - (passes.bit_length() - 1) for _, passes, data in pieces)
    more = max(0, needed - block.length_bits)
    bits.put((1 << (more + 1)) - 2, more + 1)
    block.length_bits += more
    for _, passes, data in pieces:
        bits.put(len(data), block.length_bits + passes.bit_length() - 1)
    return b"".join(data for _, _, data in pieces)


def _put_passes(bits: HeaderBits, count: int) -> None:
    """Table B.4."""
    if count == 1:
        bits.put(0)
    elif count == 2:
        bits.put(0b10, 2)
    elif count <= 5:
        bits.put(0b1100 + count - 3, 4)
    elif count <= 36:
        bits.put(0b1111 << 5 | count - 6, 9)
    else:
        bits.put(0b111111111 << 7 | count - 37, 16)
