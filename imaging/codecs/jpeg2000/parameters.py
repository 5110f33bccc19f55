"""Marker segments of the headers become checked parameters (T.800 A.5, A.6)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from imaging.errors import FormatError, LimitExceeded

MAX_COMPONENTS = 4
MAX_TILES = 65535
FEW_TILES, TILE_SAMPLES = 256, 4096  # more tiles than these must be as large as that
MAX_VOLUMES = 512
LRCP, RLCP, RPCL, PCRL, CPRL = range(5)
NO_QUANTISATION, DERIVED = 0, 1


@dataclass(frozen=True, slots=True)
class Component:
    """Precision in bits, and how many columns and rows of the grid one sample covers."""

    precision: int
    is_signed: bool
    step_x: int
    step_y: int


@dataclass(frozen=True, slots=True)
class ImageSize:
    """SIZ (A.5.1): image and tiles on the reference grid, ends exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int
    tile_width: int
    tile_height: int
    tile_x0: int
    tile_y0: int
    components: tuple[Component, ...]

    @property
    def rows(self) -> int:
        return self.y1 - self.y0

    @property
    def columns(self) -> int:
        return self.x1 - self.x0

    @property
    def tiles_across(self) -> int:
        return -(-(self.x1 - self.tile_x0) // self.tile_width)

    @property
    def tiles_down(self) -> int:
        return -(-(self.y1 - self.tile_y0) // self.tile_height)

    def tile_area(self, index: int) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 of a tile (B.3)."""
        row, column = divmod(index, self.tiles_across)
        left = self.tile_x0 + column * self.tile_width
        top = self.tile_y0 + row * self.tile_height
        return (
            max(left, self.x0),
            max(top, self.y0),
            min(left + self.tile_width, self.x1),
            min(top + self.tile_height, self.y1),
        )


@dataclass(frozen=True, slots=True)
class BlockCoding:
    """How a tile-component is coded (table A.20); precincts by resolution, as powers of 2."""

    levels: int
    log_width: int
    log_height: int
    style: int
    is_reversible: bool
    precincts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class TileCoding:
    """COD (A.6.1)."""

    progression: int
    layers: int
    has_component_transform: bool
    blocks: BlockCoding


@dataclass(frozen=True, slots=True)
class Quantisation:
    """QCD or QCC (A.6.4): style, guard bits, (exponent, mantissa) by band."""

    style: int
    guard_bits: int
    steps: tuple[tuple[int, int], ...]

    def of_band(self, index: int, level: int, levels: int) -> tuple[int, int]:
        """Exponent and mantissa of a band at decomposition `level` (E.1.1)."""
        if self.style == DERIVED:
            exponent, mantissa = self.steps[0]
            return exponent - levels + level, mantissa
        if index >= len(self.steps):
            raise FormatError("jpeg2000_quantisation", f"no step size for band {index}")
        return self.steps[index]


@dataclass(frozen=True, slots=True)
class Volume:
    """One progression of POC (A.6.6), ends exclusive."""

    progression: int
    resolutions: tuple[int, int]
    components: tuple[int, int]
    layers: int


@dataclass(slots=True)
class Parameters:
    """What one header says; a tile's own stand before those of the main header (A.6)."""

    main: "Parameters | None" = None
    coding: TileCoding | None = None
    component_coding: dict[int, BlockCoding] = field(default_factory=dict)
    quantisation: Quantisation | None = None
    component_quantisation: dict[int, Quantisation] = field(default_factory=dict)
    region_shift: dict[int, int] = field(default_factory=dict)
    order: list[Volume] = field(default_factory=list)

    def signature(self) -> tuple[object, ...]:
        """Equal for headers that say the same."""
        return (
            self.main and self.main.signature(), self.coding, tuple(self.component_coding.items()),
            self.quantisation, tuple(self.component_quantisation.items()),
            tuple(self.region_shift.items()), tuple(self.order),
        )  # fmt: skip

    def tile_coding(self) -> TileCoding:
        found = self.coding or (self.main and self.main.coding)
        if not found:
            raise FormatError("jpeg2000_no_coding_style", "the stream has no COD")
        return found

    def block_coding(self, component: int) -> BlockCoding:
        if component in self.component_coding:
            return self.component_coding[component]
        if self.coding is None and self.main is not None:
            return self.main.block_coding(component)
        return self.tile_coding().blocks

    def component_step(self, component: int) -> Quantisation:
        if component in self.component_quantisation:
            return self.component_quantisation[component]
        if self.quantisation is not None:
            return self.quantisation
        if self.main is None:
            raise FormatError("jpeg2000_quantisation", "the stream has no QCD")
        return self.main.component_step(component)

    def shift_of(self, component: int) -> int:
        if component in self.region_shift or self.main is None:
            return self.region_shift.get(component, 0)
        return self.main.shift_of(component)

    def volumes(self) -> list[Volume]:
        return self.order or (self.main.order if self.main else [])


def read_size(body: memoryview, offset: int) -> ImageSize:
    """SIZ: every number in its range."""
    if len(body) < 36:
        raise FormatError("jpeg2000_size", "SIZ is cut off", offset=offset)
    x1, y1, x0, y0, width, height, tile_x0, tile_y0, count = struct.unpack_from(">8IH", body, 2)
    if len(body) != 36 + 3 * count or count == 0:
        raise FormatError("jpeg2000_size", f"SIZ of {count} components", offset=offset)
    if count > MAX_COMPONENTS:
        raise LimitExceeded("jpeg2000_components", f"{count} components", offset=offset)
    if not (x0 < x1 and y0 < y1 and width and height and tile_x0 <= x0 and tile_y0 <= y0):
        raise FormatError("jpeg2000_size", "an empty image or tile", offset=offset)
    if tile_x0 + width <= x0 or tile_y0 + height <= y0:
        raise FormatError("jpeg2000_size", "the first tile is empty", offset=offset)
    components = []
    for depth, step_x, step_y in struct.iter_unpack("BBB", body[36:]):
        if step_x == 0 or step_y == 0 or (depth & 127) >= 38:
            raise FormatError("jpeg2000_size", "a component that cannot be", offset=offset)
        components.append(Component((depth & 127) + 1, depth >= 128, step_x, step_y))
    size = ImageSize(x0, y0, x1, y1, width, height, tile_x0, tile_y0, tuple(components))
    tiles = size.tiles_across * size.tiles_down
    if tiles > MAX_TILES:
        raise FormatError("jpeg2000_size", f"{tiles} tiles", offset=offset)
    if tiles > FEW_TILES + size.rows * size.columns // TILE_SAMPLES:
        raise LimitExceeded("jpeg2000_tiles", f"{tiles} tiles of few samples", offset=offset)
    return size


def read_coding(body: memoryview, offset: int) -> TileCoding:
    """COD."""
    if len(body) < 10:
        raise FormatError("jpeg2000_coding_style", "COD is cut off", offset=offset)
    progression, layers, transform = struct.unpack_from(">BHB", body, 1)
    if progression > CPRL or layers == 0 or transform > 1:
        raise FormatError("jpeg2000_coding_style", "COD with a value unknown", offset=offset)
    blocks = _read_blocks(body[5:], bool(body[0] & 1), offset)
    return TileCoding(progression, layers, transform == 1, blocks)


def _read_blocks(body: memoryview, has_precincts: bool, offset: int) -> BlockCoding:
    levels, log_width, log_height, style, transform = body[:5]
    log_width, log_height = (log_width & 15) + 2, (log_height & 15) + 2
    if levels > 32 or log_width > 10 or log_height > 10 or log_width + log_height > 12:
        raise FormatError("jpeg2000_coding_style", "code-blocks too large", offset=offset)
    if transform > 1:
        raise FormatError("jpeg2000_coding_style", f"wavelet {transform}", offset=offset)
    precincts = [(15, 15)] * (levels + 1)
    if has_precincts:
        if len(body) < 6 + levels:
            raise FormatError("jpeg2000_coding_style", "precincts are missing", offset=offset)
        precincts = [(value & 15, value >> 4) for value in body[5 : 6 + levels]]
        if any(0 in pair for pair in precincts[1:]):
            raise FormatError("jpeg2000_coding_style", "precincts of no width", offset=offset)
    return BlockCoding(levels, log_width, log_height, style, transform == 1, tuple(precincts))


def _component_of(body: memoryview, count: int, offset: int) -> tuple[int, memoryview]:
    """The component that a segment is about; one byte with fewer than 257 components."""
    if len(body) < 2 or body[0] >= count:
        raise FormatError("jpeg2000_component", "a component that is not there", offset=offset)
    return body[0], body[1:]


def _read_quantisation(body: memoryview, offset: int) -> Quantisation:
    style, guard_bits = body[0] & 31, body[0] >> 5
    steps: list[tuple[int, int]]
    if style == NO_QUANTISATION:
        steps = [(value >> 3, 0) for value in body[1:]]
    elif style <= 2:
        values = [high << 8 | low for high, low in zip(body[1::2], body[2::2], strict=False)]
        steps = [(value >> 11, value & 2047) for value in values]
    else:
        raise FormatError("jpeg2000_quantisation", f"style {style}", offset=offset)
    if not steps:
        raise FormatError("jpeg2000_quantisation", "no step sizes", offset=offset)
    return Quantisation(style, guard_bits, tuple(steps))


def _read_order(body: memoryview, count: int, offset: int) -> list[Volume]:
    if not body or len(body) % 7:
        raise FormatError("jpeg2000_order", "POC of a wrong length", offset=offset)
    volumes = []
    for first, component, layers, end, last, progression in struct.iter_unpack(">BBHBBB", body):
        if progression > CPRL:
            raise FormatError("jpeg2000_order", f"progression {progression}", offset=offset)
        volumes.append(Volume(progression, (first, end), (component, last or count), layers))
    return volumes


def _set_coding(into: Parameters, body: memoryview, count: int, offset: int) -> None:
    into.coding = read_coding(body, offset)


def _set_component_coding(into: Parameters, body: memoryview, count: int, offset: int) -> None:
    component, rest = _component_of(body, count, offset)
    if len(rest) < 6:
        raise FormatError("jpeg2000_coding_style", "COC is cut off", offset=offset)
    into.component_coding[component] = _read_blocks(rest[1:], bool(rest[0] & 1), offset)


def _set_quantisation(into: Parameters, body: memoryview, count: int, offset: int) -> None:
    if not body:
        raise FormatError("jpeg2000_quantisation", "QCD is empty", offset=offset)
    into.quantisation = _read_quantisation(body, offset)


def _set_component_step(into: Parameters, body: memoryview, count: int, offset: int) -> None:
    component, rest = _component_of(body, count, offset)
    into.component_quantisation[component] = _read_quantisation(rest, offset)


def _set_region(into: Parameters, body: memoryview, count: int, offset: int) -> None:
    component, rest = _component_of(body, count, offset)
    if len(rest) != 2 or rest[0] != 0:
        raise FormatError("jpeg2000_region", "RGN of an unknown style", offset=offset)
    into.region_shift[component] = rest[1]


def _set_order(into: Parameters, body: memoryview, count: int, offset: int) -> None:
    into.order.extend(_read_order(body, count, offset))
    if len(into.order) > MAX_VOLUMES:
        raise LimitExceeded("jpeg2000_order", f"{len(into.order)} progressions", offset=offset)


SETTERS: dict[int, Callable[[Parameters, memoryview, int, int], Any]] = {
    0x52: _set_coding,
    0x53: _set_component_coding,
    0x5C: _set_quantisation,
    0x5D: _set_component_step,
    0x5E: _set_region,
    0x5F: _set_order,
}
"""Marker -> what reads its segment: COD, COC, QCD, QCC, RGN, POC."""
