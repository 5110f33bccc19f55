"""Palette indices become RGB (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6), 8 bits a sample."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset
from imaging.errors import FormatError
from imaging.pixels.lookup import LookupTable, expand_segments, read_lookup

_CHANNELS = ("Red", "Green", "Blue")


@dataclass(frozen=True, slots=True)
class Palette:
    """`colours` is (entries, 3); `first` is the index of its first line."""

    first: int
    colours: NDArray[np.uint8]

    def apply(self, indices: NDArray[Any]) -> NDArray[np.uint8]:
        """(rows, columns) or (rows, columns, 1) -> (rows, columns, 3)."""
        flat = indices.reshape(indices.shape[:2]).astype(np.int64) - self.first
        return self.colours[np.clip(flat, 0, len(self.colours) - 1)]


def read_palette(dataset: Dataset, *, is_signed: bool) -> Palette:
    """The palette of a PALETTE COLOR image; FormatError when it is missing or broken."""
    tables = [_read_channel(dataset, channel, is_signed=is_signed) for channel in _CHANNELS]
    size = min(table.values.size for table in tables)
    columns = [_to_eight_bits(table)[:size] for table in tables]
    return Palette(tables[0].first, np.stack(columns, axis=1))


def _read_channel(dataset: Dataset, channel: str, *, is_signed: bool) -> LookupTable:
    descriptor = f"{channel}PaletteColorLookupTableDescriptor"
    data = f"{channel}PaletteColorLookupTableData"
    segmented = f"Segmented{channel}PaletteColorLookupTableData"
    if data in dataset:
        return read_lookup(dataset, descriptor, data, is_signed=is_signed)
    raw = dataset.raw(segmented)
    if not raw or len(dataset.raw(descriptor)) < 6:
        raise FormatError("palette_missing", f"no {channel.lower()} palette")
    order = ">" if dataset.is_big_endian else "<"
    entries, first, bits = (int(v) for v in np.frombuffer(dataset.raw(descriptor), order + "u2", 3))
    if is_signed and first >= 32768:
        first -= 65536
    entries = entries or 65536
    if bits == 8:
        words = np.frombuffer(raw, np.uint8).astype(np.uint16)
    else:
        words = np.frombuffer(raw[: len(raw) // 2 * 2], order + "u2").astype(np.uint16)
    values = expand_segments(words, entries, word_bytes=1 if bits == 8 else 2)
    if values.size < entries:
        raise FormatError("palette_missing", f"the {channel.lower()} palette is cut off")
    return LookupTable(first, bits, values)


def _to_eight_bits(table: LookupTable) -> NDArray[np.uint8]:
    """The high byte of 16-bit entries; some writers say 16 and mean 8."""
    values = table.values
    if table.bits > 8 and int(values.max()) > 255:
        return (values >> (table.bits - 8)).astype(np.uint8)
    return values.astype(np.uint8)
