"""Look-up tables of a data set: descriptor and data become an array (PS3.3 C.11.1.1, C.7.6.3.1.5,
C.7.9.2 for segmented palettes)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset
from imaging.errors import FormatError, UnsupportedFeature

MAX_ENTRIES = 65536


@dataclass(frozen=True, slots=True)
class LookupTable:
    """`values[v - first]`; what lies outside takes the nearest end."""

    first: int
    bits: int
    values: NDArray[np.uint16]

    def apply(self, pixels: NDArray[Any]) -> NDArray[np.uint16]:
        index = np.clip(pixels.astype(np.int64) - self.first, 0, self.values.size - 1)
        return self.values[index]


def read_lookup(
    dataset: Dataset, descriptor_key: str, data_key: str, *, is_signed: bool
) -> LookupTable:
    """One table. `is_signed` says how the first mapped value is to be read (C.11.1.1)."""
    entries, first, bits = _read_descriptor(dataset, descriptor_key, is_signed=is_signed)
    values = _read_data(dataset, data_key, entries)
    if values.size < entries:
        raise FormatError("lut_truncated", f"{values.size} of {entries} entries")
    return LookupTable(first, bits, values[:entries])


def _read_descriptor(dataset: Dataset, key: str, *, is_signed: bool) -> tuple[int, int, int]:
    raw = dataset.raw(key)
    if len(raw) < 6:
        raise FormatError("lut_descriptor", "the descriptor is missing or cut off")
    order = ">" if dataset.is_big_endian else "<"
    entries, first, bits = (int(v) for v in np.frombuffer(raw, order + "u2", 3))
    if is_signed and first >= 32768:
        first -= 65536
    if not 1 <= bits <= 16:
        raise FormatError("lut_descriptor", f"{bits} bits an entry")
    return entries or MAX_ENTRIES, first, bits


def _read_data(dataset: Dataset, key: str, entries: int) -> NDArray[np.uint16]:
    element = dataset.element(key)
    raw = b"" if element is None else bytes(element.raw)
    order = ">" if dataset.is_big_endian else "<"
    if element is not None and len(raw) - entries in (0, 1) and entries > 1:
        plain = np.frombuffer(raw, np.uint8)  # 8-bit entries, two a word
        if dataset.is_big_endian and element.vr == "OW":
            plain = plain[: plain.size // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
        return plain.astype(np.uint16)
    return np.frombuffer(raw[: len(raw) // 2 * 2], order + "u2").astype(np.uint16)


def expand_segments(
    words: NDArray[np.uint16], entries: int, *, word_bytes: int = 2
) -> NDArray[np.uint16]:
    """Segmented palette data (C.7.9.2): discrete, linear and indirect segments."""
    out: list[int] = []
    _expand(words.tolist(), 0, entries, out, word_bytes, limit=MAX_ENTRIES, is_nested=False)
    return np.array(out[:entries], np.uint16)


def _expand(
    words: list[int], position: int, entries: int, out: list[int], word_bytes: int, *,
    limit: int, is_nested: bool,
) -> None:  # fmt: skip
    """At most `limit` segments from `position`; an indirect one may not lead to another."""
    while position + 1 < len(words) and limit > 0 and len(out) < entries:
        opcode, length = words[position], words[position + 1]
        position += 2
        limit -= 1
        if opcode == 0:
            out.extend(words[position : position + length])
            position += length
        elif opcode == 1 and position < len(words) and out:
            begin, end = out[-1], words[position]
            out.extend(round(begin + (end - begin) * k / length) for k in range(1, length + 1))
            position += 1
        elif opcode == 2 and position + 1 < len(words) and not is_nested:
            low, high = words[position : position + 2]
            start = (low | high << 8 * word_bytes) // word_bytes  # given in bytes (C.7.9.2.3)
            if start >= len(words):
                raise FormatError("lut_segment", "an indirect segment points outside")
            _expand(words, start, entries, out, word_bytes, limit=length, is_nested=True)
            position += 2
        else:
            raise UnsupportedFeature("lut_segment", f"segment type {opcode}")
