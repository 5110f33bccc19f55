"""Class 6: palettes and look-up tables whose descriptor, data and indices do not fit."""

import struct

import numpy as np

from tests.hostile.classes.case import Cases, refused, shown
from tests.hostile.samples import native, palette

RED = "RedPaletteColorLookupTable"
SEGMENTED = "SegmentedRedPaletteColorLookupTableData"


def cases() -> Cases:
    for numbers in ([0, 0, 16], [65535, 65535, 8], [65535, 0, 16], [257, 0, 16]):
        yield refused(
            f"{numbers} of 256 entries", palette(**{RED + "Descriptor": numbers}), "lut_truncated"
        )
    for bits in (0, 17, 99, 65535):
        yield refused(
            f"{bits} bits", palette(**{RED + "Descriptor": [256, 0, bits]}), "lut_descriptor"
        )
    for raw in (b"", b"\0", b"\0\1\0"):
        data = palette(**{RED + "Descriptor": raw})
        yield refused(f"descriptor of {len(raw)} bytes", data, "lut_descriptor", "palette_missing")
    for size in (0, 1, 2, 254, 258, 510):
        data = palette(**{RED + "Data": bytes(size)})
        yield refused(f"data of {size} bytes", data, "lut_truncated")
    yield refused("no data", palette(**{RED + "Data": None}), "palette_missing")
    yield refused("no descriptor", palette(**{RED + "Descriptor": None}), "lut_descriptor")
    yield shown("eight bits in sixteen", palette(**{RED + "Data": bytes(256)}))
    yield shown("data of a megabyte", palette(**{RED + "Data": bytes(1 << 20)}))
    yield shown("a single entry", palette(**{RED + "Descriptor": [1, 0, 16]}))
    # indices beyond the table, below its first entry, and signed ones
    high = np.full(192, 0xFF, np.uint8).tobytes()
    for first in (200, 255, 65535):
        yield shown(f"first entry {first}", palette(**{RED + "Descriptor": [256, first, 16]}))
    yield shown("indices below zero", palette(PixelRepresentation=1, PixelData=high))
    deep = {"BitsAllocated": 16, "BitsStored": 16, "HighBit": 15}
    yield shown("indices of 16 bits", palette(**deep, PixelData=b"\xff\xff" * 192))
    wide = deep | {"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}
    yield shown("indices of 32 bits", palette(**wide, PixelData=b"\xff\xff\xff\x7f" * 192))
    yield from segments()
    yield from tables()


def segments() -> Cases:
    """Segmented palettes (PS3.3 C.7.9.2) whose segments do not end, start nowhere, or go round."""
    words = {
        "discrete, cut": (0, 300, 1, 2), "linear first": (1, 256, 9), "unknown": (7, 256, 9),
        "indirect into nothing": (2, 1, 0xFFFF, 0xFFFF), "indirect to itself": (2, 65535, 0, 0),
        "indirect to indirect": (0, 1, 5, 2, 1, 6, 0), "of no length": (0, 0) * 4000,
        "linear of no length": (0, 1, 5) + (1, 0, 7) * 4000, "one word": (0,), "too few": (0, 1, 5),
    }  # fmt: skip
    for name, values in words.items():
        raw = struct.pack(f"<{len(values)}H", *values)
        data = palette(**{RED + "Data": None, SEGMENTED: raw})
        yield refused(f"segment {name}", data, "lut_segment", "palette_missing", "lut_truncated")
    # an indirect segment that names the widest one again and again: a bomb of linear segments
    bomb = (0, 1, 0, *(1, 65535, 0) * 2, *(2, 65535, 6, 0) * 5000)
    data = palette(**{RED + "Data": None, SEGMENTED: struct.pack(f"<{len(bomb)}H", *bomb)})
    yield shown("segment bomb", data)


def tables() -> Cases:
    """Modality and VOI tables: a broken modality table is refused, a broken VOI table left out."""
    broken: dict[str, dict[str, object]] = {
        "nothing": {}, "no data": {"LUTDescriptor": [256, 0, 16]},
        "short": {"LUTDescriptor": [256, 0, 16], "LUTData": b"\0\0"},
        "99 bits": {"LUTDescriptor": [1, 0, 99], "LUTData": b"\0\0"},
    }  # fmt: skip
    for name, table in broken.items():
        data = native(ModalityLUTSequence=[table])
        yield refused(f"modality table, {name}", data, "lut_descriptor", "lut_truncated")
        yield shown(f"VOI table, {name}", native(VOILUTSequence=[table]))
    yield shown("10,000 VOI tables", native(VOILUTSequence=[{}] * 10_000))
