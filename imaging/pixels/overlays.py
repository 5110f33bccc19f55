"""Overlay planes of groups 60xx become bit maps (PS3.3 C.9.2), also those that old modalities
hide in the unused high bits of the pixels (PS3.5 8.1.2, retired)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset
from imaging.pixels.stored import StoredFrames

GROUPS = range(0x6000, 0x6020, 2)
ROWS, COLUMNS, FRAMES = 0x0010, 0x0011, 0x0015
DESCRIPTION, KIND, ORIGIN, FIRST_FRAME = 0x0022, 0x0040, 0x0050, 0x0051
BITS_ALLOCATED, BIT_POSITION, LABEL, DATA = 0x0100, 0x0102, 0x1500, 0x3000
MAX_PIXELS = 1 << 26


@dataclass(frozen=True, slots=True)
class Overlay:
    """`bits` is (rows, columns) of bool; `row` and `column` say where its first pixel lies in the
    image (0-based; may be negative). `kind` is G for graphics, R for a region of interest."""

    group: int
    kind: str
    label: str
    row: int
    column: int
    bits: NDArray[np.bool_]

    def draw(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of a grey or RGB picture with the overlay in white; parts outside are left off."""
        top, left = max(self.row, 0), max(self.column, 0)
        bits = self.bits[top - self.row :, left - self.column :]
        bits = bits[: max(picture.shape[0] - top, 0), : max(picture.shape[1] - left, 0)]
        out = picture.copy()
        place = out[top : top + bits.shape[0], left : left + bits.shape[1]]
        place[bits] = 255
        return out


def is_same_in_all_frames(dataset: Dataset) -> bool:
    """Whether every plane lies over every frame of the file."""
    bases = [group << 16 for group in GROUPS]
    return not any(
        base | FRAMES in dataset
        or base | FIRST_FRAME in dataset
        or (base | ROWS in dataset and base | DATA not in dataset)
        for base in bases
    )


def read_overlays(dataset: Dataset, stored: StoredFrames, index: int) -> list[Overlay]:
    """The planes that belong to frame `index` (0-based); those that make no sense are left out."""
    found = []
    for group in GROUPS:
        base = group << 16
        if base | ROWS not in dataset and base | DATA not in dataset:
            continue
        bits = _bits(dataset, base, stored, index)
        if bits is not None:
            found.append(_overlay(dataset, group, bits))
    return found


def _overlay(dataset: Dataset, group: int, bits: NDArray[np.bool_]) -> Overlay:
    base = group << 16
    origin = dataset.numbers(base | ORIGIN)
    row, column = (int(v) - 1 for v in origin[:2]) if len(origin) >= 2 else (0, 0)
    return Overlay(
        group=group,
        kind=dataset.text(base | KIND, "G"),
        label=dataset.text(base | LABEL) or dataset.text(base | DESCRIPTION),
        row=row,
        column=column,
        bits=bits,
    )


def _bits(
    dataset: Dataset, base: int, stored: StoredFrames, index: int
) -> NDArray[np.bool_] | None:
    rows, columns = (dataset.integer(base | tag, 0) or 0 for tag in (ROWS, COLUMNS))
    if base | DATA not in dataset:
        return _embedded(dataset, base, stored, index)
    count = rows * columns
    frames = dataset.integer(base | FRAMES, 1) or 1
    first = (dataset.integer(base | FIRST_FRAME, 1) or 1) - 1
    number = index - first if frames > 1 or base | FIRST_FRAME in dataset else 0
    if not 0 < count <= MAX_PIXELS or not 0 <= number < frames:
        return None
    return _unpack(dataset, base | DATA, number * count, count, (rows, columns))


def _unpack(
    dataset: Dataset, tag: int, start: int, count: int, shape: tuple[int, int]
) -> NDArray[np.bool_] | None:
    """Bit 0 of the first byte is the first pixel (PS3.5 8.1.2, annex D)."""
    element = dataset.elements[tag]
    if element.size * 8 < start + count:
        return None
    raw = np.frombuffer(element.raw, np.uint8)
    if dataset.is_big_endian and element.vr == "OW":
        raw = raw[: raw.size // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
    piece = raw[start // 8 : (start + count + 7) // 8]
    bits = np.unpackbits(piece, bitorder="little")[start % 8 : start % 8 + count]
    if bits.size < count:
        return None
    return bits.reshape(shape).astype(np.bool_)


def _embedded(
    dataset: Dataset, base: int, stored: StoredFrames, index: int
) -> NDArray[np.bool_] | None:
    """A bit of the pixels themselves, above or below those that are stored."""
    position = dataset.integer(base | BIT_POSITION, 0) or 0
    layout = stored.layout
    lowest = layout.high_bit + 1 - layout.bits_stored
    is_unused = layout.high_bit < position < layout.item_bytes * 8 or 0 <= position < lowest
    if layout.samples != 1 or layout.is_float or not is_unused:
        return None
    pixels: NDArray[Any] = stored.decode(index)[:, :, 0].view(f"u{layout.item_bytes}")
    bits: NDArray[np.bool_] = (pixels >> np.array(position, pixels.dtype)) & 1 != 0
    return bits
