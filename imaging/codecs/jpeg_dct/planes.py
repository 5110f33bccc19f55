"""Where the samples and coefficients of each component lie while a frame is decoded."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_dct.headers import JpegFrame
from imaging.codecs.jpeg_dct.transform_kernels import enlarge


@dataclass(frozen=True, slots=True)
class Plane:
    """One component: whole MCUs of blocks. `first_block` counts the blocks of those before it."""

    rows: int  # of the component's own samples
    columns: int
    block_rows: int
    blocks_across: int
    first_block: int

    @property
    def start(self) -> int:
        """Where its samples begin in the array of all."""
        return 64 * self.first_block

    @property
    def stride(self) -> int:
        return 8 * self.blocks_across


def lay_out(frame: JpegFrame) -> tuple[Plane, ...]:
    """The planes of a frame, one behind another; the last one's end is `total_blocks`."""
    mcu_rows, mcu_columns = frame.mcus()
    planes: list[Plane] = []
    first = 0
    for component in frame.components:
        rows, columns = frame.size_of(component)
        down, across = mcu_rows * component.v, mcu_columns * component.h
        planes.append(Plane(rows, columns, down, across, first))
        first += down * across
    return tuple(planes)


def total_blocks(planes: tuple[Plane, ...]) -> int:
    last = planes[-1]
    return last.first_block + last.block_rows * last.blocks_across


def gather(
    frame: JpegFrame, planes: tuple[Plane, ...], samples: NDArray[Any], out: NDArray[Any]
) -> None:
    """The planes become pixels: cut to size, smaller components enlarged."""
    for part, (component, plane) in enumerate(zip(frame.components, planes, strict=True)):
        whole = samples[plane.start : plane.start + plane.block_rows * 8 * plane.stride]
        own = whole.reshape(-1, plane.stride)[: plane.rows, : plane.columns]
        if component.h == frame.h_max and component.v == frame.v_max:
            out[:, :, part] = own
        else:
            own = np.ascontiguousarray(own)
            enlarge(own, component.h, frame.h_max, component.v, frame.v_max, out, part)
