"""A file becomes frames as the web format carries them: grey samples of at most 16 bits before
the modality look-up, or 8-bit RGB (docs/web-format.md)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import DicomFile
from imaging.errors import Incomplete
from imaging.pixels.colour import to_rgb8
from imaging.pixels.display_values import mask_stored
from imaging.pixels.functional_groups import FrameFacts, FrameGroups
from imaging.pixels.layers import LayerReader
from imaging.pixels.lookup import LookupTable, read_lookup
from imaging.pixels.palette import read_palette
from imaging.pixels.stored import StoredFrames
from imaging.pixels.voi_lut import read_voi_luts
from imaging.pixels.windows import Window


@dataclass(frozen=True, slots=True)
class WebFrame:
    """`pixels` is (rows, columns) of 1 or 2 bytes, signed or not, or (rows, columns, 3) uint8.
    Modality value = pixel * slope + intercept. `problem` is set where only the upper rows came."""

    pixels: NDArray[Any]
    bits_stored: int
    photometric: str
    slope: float
    intercept: float
    problem: Incomplete | None = None

    @property
    def is_signed(self) -> bool:
        return bool(self.pixels.dtype.kind == "i")

    @property
    def samples(self) -> int:
        return 3 if self.pixels.ndim == 3 else 1


class ImageFile:
    """One image object, opened: raises ImagingErrors at once where it cannot be shown."""

    def __init__(self, file: DicomFile) -> None:
        self.dataset = file.dataset
        self.stored = StoredFrames(file)
        self.groups = FrameGroups(file.dataset)
        layout = self.stored.layout
        self.photometric = "RGB"
        if layout.samples == 1 and layout.photometric != "PALETTE COLOR":
            self.photometric = layout.photometric
        self._palette = (
            read_palette(file.dataset, is_signed=layout.is_signed)
            if layout.photometric == "PALETTE COLOR"
            else None
        )
        self.layers = LayerReader(file.dataset, self.stored)
        self.modality_lut = _modality_lut(file.dataset, is_signed=layout.is_signed)

    @property
    def count(self) -> int:
        return self.stored.count

    def facts(self, index: int) -> FrameFacts:
        return self.groups.facts(index)

    def windows(self, facts: FrameFacts) -> tuple[Window, ...]:
        """What the file shows a grey frame through: its windows, then the tables of its VOI LUT
        Sequence."""
        if self.photometric == "RGB":
            return facts.windows
        if self.stored.layout.is_float:  # LINEAR counts in whole steps, which floats have not
            return tuple(replace(window, function="LINEAR_EXACT") for window in facts.windows)
        can_be_negative = self.stored.layout.is_signed or facts.intercept < 0
        return (*facts.windows, *read_voi_luts(self.dataset, is_signed=can_be_negative))

    def frame(self, index: int) -> WebFrame:
        """Decode frame `index` (0-based)."""
        return self._web_frame(index, mask_stored(self.stored.decode(index), self.stored.layout))

    def frame_or_part(self, index: int) -> WebFrame:
        """The same for those who tell the reader: of a frame whose end is missing the upper rows,
        dark where nothing came."""
        pixels, problem = self.stored.decode_part(index)
        frame = self._web_frame(index, mask_stored(pixels, self.stored.layout))
        return frame if problem is None else _darkened(frame, problem)

    def _web_frame(self, index: int, pixels: NDArray[Any]) -> WebFrame:
        layout = self.stored.layout
        if self._palette is not None:
            return WebFrame(self._palette.apply(pixels), 8, "RGB", 1.0, 0.0)
        if layout.samples == 3:
            return WebFrame(to_rgb8(pixels, layout), 8, "RGB", 1.0, 0.0)
        facts, grey = self.facts(index), pixels[:, :, 0]
        if self.modality_lut is not None:
            lut = self.modality_lut
            return WebFrame(lut.apply(grey), lut.bits, self.photometric, 1.0, 0.0)
        slope, intercept = facts.slope, facts.intercept
        if grey.dtype.itemsize > 2:
            grey, scale, offset = narrow(grey)
            slope, intercept = slope * scale, slope * offset + intercept
            return WebFrame(grey, 16, self.photometric, slope, intercept)
        if layout.bits_stored <= 8 and grey.dtype.itemsize == 2:
            grey = grey.astype(np.int8 if layout.is_signed else np.uint8)
        return WebFrame(grey, layout.bits_stored, self.photometric, slope, intercept)


def _darkened(frame: WebFrame, problem: Incomplete) -> WebFrame:
    """The rows that never came as dark as the darkest that did."""
    pixels = frame.pixels
    upper = pixels[: problem.rows]
    is_inverse = frame.photometric == "MONOCHROME1"
    pixels[problem.rows :] = 0 if frame.samples == 3 else upper.max() if is_inverse else upper.min()
    return replace(frame, problem=problem)


def narrow(pixels: NDArray[Any]) -> tuple[NDArray[np.uint16], float, float]:
    """32-bit or floating samples as 16 bits, with the scale and offset that make the value again:
    exact when they span less than 65536 whole numbers, else to 1/65535 of their range."""
    values = np.nan_to_num(pixels.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    is_whole = pixels.dtype.kind in "iu" and high - low <= 65535
    scale = 1.0 if is_whole or high == low else (high - low) / 65535
    return np.rint((values - low) / scale).astype(np.uint16), scale, low


def _modality_lut(dataset: Dataset, *, is_signed: bool) -> LookupTable | None:
    """The first item of the Modality LUT Sequence (C.11.1); it outranks slope and intercept."""
    items = dataset.sequence("ModalityLUTSequence")
    if not items:
        return None
    return read_lookup(items[0], "LUTDescriptor", "LUTData", is_signed=is_signed)
