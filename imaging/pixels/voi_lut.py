"""Modality values become grey through the VOI LUT Sequence (PS3.3 C.11.2.1.1): a table instead of
a window, as mammography and projection radiography send it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset
from imaging.errors import FormatError
from imaging.pixels.lookup import LookupTable, read_lookup

MAX_TABLES = 16


@dataclass(frozen=True, slots=True)
class VoiLut:
    """`table` maps modality values, which are whole numbers for it, to 0 .. 2**bits - 1."""

    table: LookupTable
    name: str = ""

    def apply(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """0..255, rounded; what is no number is 0."""
        whole = np.rint(
            np.nan_to_num(np.asarray(values, np.float64), posinf=2**31, neginf=-(2**31))
        )
        grey = self.table.apply(np.clip(whole, -(2**31), 2**31))
        most = (1 << self.table.bits) - 1
        scaled = (grey.astype(np.uint32) * 255 + most // 2) // most
        return np.minimum(scaled, 255).astype(np.uint8)


def read_voi_luts(dataset: Dataset, *, is_signed: bool) -> list[VoiLut]:
    """The usable tables, in the file's order. `is_signed` says whether modality values can be
    negative, which is how the first mapped value is to be read (C.11.2.1.1)."""
    found = []
    for item in dataset.sequence("VOILUTSequence")[:MAX_TABLES]:
        try:
            table = read_lookup(item, "LUTDescriptor", "LUTData", is_signed=is_signed)
        except FormatError:
            continue
        found.append(VoiLut(_with_real_bits(table), item.text("LUTExplanation")))
    return found


def _with_real_bits(table: LookupTable) -> LookupTable:
    """Some writers say 16 bits and fill 12, or 8: then the picture would be almost black, so the
    entries' own range counts when it needs fewer than half of the bits' range."""
    most = int(table.values.max(initial=0))
    if most.bit_length() < table.bits and most > 0:
        return LookupTable(table.first, max(most.bit_length(), 1), table.values)
    return table
