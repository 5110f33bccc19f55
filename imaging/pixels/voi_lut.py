"""The tables of the VOI LUT Sequence (PS3.3 C.11.2.1.1): what mammography and projection
radiography send instead of a window, or beside it."""

import numpy as np

from imaging.dicom.dataset import Dataset
from imaging.errors import FormatError
from imaging.pixels.grey_table import GreyTable
from imaging.pixels.lookup import LookupTable, read_lookup
from imaging.pixels.windows import Window

MAX_TABLES = 16


def read_voi_luts(dataset: Dataset, *, is_signed: bool) -> list[Window]:
    """The usable tables, in the file's order, each with the window that spans what it maps.
    `is_signed` says whether modality values can be negative, which is how the first mapped value
    is to be read (C.11.2.1.1)."""
    found = []
    for item in dataset.sequence("VOILUTSequence")[:MAX_TABLES]:
        try:
            lut = read_lookup(item, "LUTDescriptor", "LUTData", is_signed=is_signed)
        except FormatError:
            continue
        size = lut.values.size
        table = GreyTable(lut.first, _greys(_with_real_bits(lut)))
        name = item.text("LUTExplanation")
        found.append(Window(lut.first + size / 2, float(size), name, table=table))
    return found


def _greys(table: LookupTable) -> bytes:
    most = (1 << table.bits) - 1
    scaled = (table.values.astype(np.uint32) * 255 + most // 2) // most
    return np.minimum(scaled, 255).astype(np.uint8).tobytes()


def _with_real_bits(table: LookupTable) -> LookupTable:
    """Some writers say 16 bits and fill 12, or 8: then the picture would be almost black, so the
    entries' own range counts when it needs fewer than half of the bits' range."""
    most = int(table.values.max(initial=0))
    if most.bit_length() < table.bits and most > 0:
        return LookupTable(table.first, max(most.bit_length(), 1), table.values)
    return table
