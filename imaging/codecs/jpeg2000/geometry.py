"""A tile becomes components, resolutions, bands and precincts (T.800 B.3 to B.6), as the number
tables that the kernels work on."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.block_kernels import HIGH_THROUGHPUT, MIXED
from imaging.codecs.jpeg2000.parameters import NO_QUANTISATION, BlockCoding, ImageSize, Parameters
from imaging.codecs.jpeg2000.tile_kernels import KIND_COLUMNS
from imaging.errors import FormatError, UnsupportedFeature

MAX_PLANES, MAX_FAST_PLANES = 30, 28
_GAIN = (0, 1, 1, 2)  # log2 of the nominal gain of LL, HL, LH, HH (table E.1)
_ORIENTATION = (0, 1, 0, 2)  # row of ZERO_CONTEXTS

Area = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Band:
    """Its area, and where its coefficients begin in the array of its kind."""

    area: Area
    offset: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return max(0, self.area[3] - self.area[1]), max(0, self.area[2] - self.area[0])


@dataclass(frozen=True, slots=True)
class Resolution:
    """Its area, precinct grid and bands; `first_band` counts through the whole tile."""

    component: int
    index: int
    area: Area
    log_precinct: tuple[int, int]
    precincts_across: int
    precincts_down: int
    bands: tuple[Band, ...]
    first_band: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return max(0, self.area[3] - self.area[1]), max(0, self.area[2] - self.area[0])

    @property
    def precincts(self) -> int:
        return self.precincts_across * self.precincts_down


@dataclass(slots=True)
class TileGeometry:
    """One tile. `band_rows` and `kind_rows` become tables of `lay_out` and `decode_blocks`."""

    area: Area
    components: list[list[Resolution]] = field(default_factory=list)
    codings: list[BlockCoding] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    band_rows: list[tuple[int, ...]] = field(default_factory=list)
    kind_rows: list[tuple[int, ...]] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    resolution_rows: list[tuple[int, ...]] = field(default_factory=list)
    blocks: int = 0
    int_count: int = 0
    real_count: int = 0

    @property
    def resolutions(self) -> list[Resolution]:
        return [one for component in self.components for one in component]

    def kinds(self) -> NDArray[np.int64]:
        return np.array(self.kind_rows, np.int64).reshape(-1, KIND_COLUMNS)


def ceil_shift(value: int, shift: int) -> int:
    """value / 2 ** shift, rounded up."""
    return -(-value >> shift)


def lay_out_tile(size: ImageSize, index: int, parameters: Parameters) -> TileGeometry:
    """FormatError where the headers contradict each other."""
    geometry = TileGeometry(size.tile_area(index))
    x0, y0, x1, y1 = geometry.area
    for number, component in enumerate(size.components):
        area = (
            -(-x0 // component.step_x),
            -(-y0 // component.step_y),
            -(-x1 // component.step_x),
            -(-y1 // component.step_y),
        )
        geometry.areas.append(area)
        _add_component(geometry, number, area, component.precision, parameters)
    return geometry


def _add_component(
    geometry: TileGeometry, number: int, area: Area, precision: int, parameters: Parameters
) -> None:
    coding = parameters.block_coding(number)
    quantisation = parameters.component_step(number)
    if quantisation.style == NO_QUANTISATION and not coding.is_reversible:
        raise FormatError("jpeg2000_quantisation", "the 9/7 wavelet without step sizes")
    shift = parameters.shift_of(number)
    if coding.style & MIXED:
        raise UnsupportedFeature("jpeg2000_mixed_blocks", "both block coders in one component")
    most = MAX_FAST_PLANES if coding.style & HIGH_THROUGHPUT else MAX_PLANES
    resolutions = []
    for index in range(coding.levels + 1):
        level = coding.levels - index + (index > 0)
        log_x, log_y = coding.precincts[index]
        inner_x, inner_y = log_x - (index > 0), log_y - (index > 0)
        first_band = len(geometry.band_rows)
        bands = []
        for kind in (1, 2, 3) if index else (0,):
            band_area = _band_area(area, level, kind)
            exponent, mantissa = quantisation.of_band(
                3 * (index - 1) + kind if index else 0, level, coding.levels
            )
            planes = quantisation.guard_bits + exponent - 1
            if planes + shift > most:
                raise UnsupportedFeature("jpeg2000_bit_planes", f"{planes} + {shift} bit-planes")
            step = 2.0 ** (precision + _GAIN[kind] - exponent) * (1 + mantissa / 2048)
            offset = geometry.int_count if coding.is_reversible else geometry.real_count
            band = Band(band_area, offset)
            rows, columns = band.shape
            if coding.is_reversible:
                geometry.int_count += rows * columns
            else:
                geometry.real_count += rows * columns
            log_width = min(coding.log_width, inner_x)
            log_height = min(coding.log_height, inner_y)
            geometry.band_rows.append((*band_area, log_width, log_height))
            geometry.kind_rows.append((
                offset, columns, max(planes, 0), _ORIENTATION[kind], coding.style, shift,
                not coding.is_reversible,
            ))  # fmt: skip
            geometry.steps.append(step)
            geometry.blocks += _grid_of(band_area, log_width, log_height)[2]
            bands.append(band)
        resolution_area = _shifted(area, coding.levels - index)
        grid_x, grid_y, count, across = _grid_of(resolution_area, log_x, log_y)
        geometry.resolution_rows.append((
            across, count // across if across else 0, grid_x, grid_y, first_band,
            len(geometry.band_rows), inner_x, inner_y,
        ))  # fmt: skip
        resolutions.append(Resolution(
            number, index, resolution_area, (log_x, log_y), across,
            count // across if across else 0, tuple(bands), first_band,
        ))  # fmt: skip
    geometry.components.append(resolutions)
    geometry.codings.append(coding)


def _shifted(area: Area, shift: int) -> Area:
    x0, y0, x1, y1 = area
    return (
        ceil_shift(x0, shift),
        ceil_shift(y0, shift),
        ceil_shift(x1, shift),
        ceil_shift(y1, shift),
    )


def _band_area(area: Area, level: int, kind: int) -> Area:
    """B.5, equation B-15; kind 0 LL, 1 HL, 2 LH, 3 HH."""
    if level == 0:
        return area
    back_x, back_y = (kind & 1) << (level - 1), (kind >> 1) << (level - 1)
    x0, y0, x1, y1 = area
    return _shifted((x0 - back_x, y0 - back_y, x1 - back_x, y1 - back_y), level)


def _grid_of(area: Area, log_x: int, log_y: int) -> tuple[int, int, int, int]:
    """First column and row of the cells of 2 ** log over an area, their number, and how many are
    across."""
    x0, y0, x1, y1 = area
    if x0 >= x1 or y0 >= y1:
        return 0, 0, 0, 0
    across = ((x1 - 1) >> log_x) - (x0 >> log_x) + 1
    down = ((y1 - 1) >> log_y) - (y0 >> log_y) + 1
    return x0 >> log_x, y0 >> log_y, across * down, across
