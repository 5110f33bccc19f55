"""Most elements are plain: a known VR, a length that fits, no items. These loops read runs of them
and stop before anything special, which `ElementReader` then judges. They exist for speed alone:
with or without them the data set is the same.
"""

import struct
from functools import lru_cache

from imaging.dicom.dataset import PIXEL_DATA, Element
from imaging.dicom.dictionary import follows_pixel_representation, vr_for

_SHORT = (
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL", "SS",
    "ST", "TM", "UI", "UL", "US",
)  # fmt: skip
_PLAIN = {vr.encode(): vr for vr in _SHORT}
_EXPLICIT = {False: struct.Struct("<HH2sH").unpack_from, True: struct.Struct(">HH2sH").unpack_from}
_LONG = {False: struct.Struct("<I").unpack_from, True: struct.Struct(">I").unpack_from}
_IMPLICIT = {False: struct.Struct("<HHI").unpack_from, True: struct.Struct(">HHI").unpack_from}
_DELIMITERS = 0xFFFE


@lru_cache(8192)
def _plain_vr(tag: int) -> str | None:
    """The dictionary's VR of an element without items whose VR is not the pixels' matter."""
    vr = vr_for(tag)
    is_special = vr == "SQ" or not 0 < tag < PIXEL_DATA or follows_pixel_representation(tag)
    return None if is_special else vr


def read_explicit(
    data: memoryview,
    position: int,
    end: int,
    elements: dict[int, Element],
    *,
    is_big_endian: bool,
    most: int,
) -> tuple[int, int]:
    """At most `most` elements from `position`; returns where the run ended and how many it had.
    VR `UN` takes the dictionary's."""
    unpack, long, plain = _EXPLICIT[is_big_endian], _LONG[is_big_endian], _PLAIN
    count, last = 0, end - 12
    while position <= last and count < most:
        group, number, code, length = unpack(data, position)
        vr = plain.get(code)
        tag = group << 16 | number
        start = position + 8
        if vr is None:
            vr = _plain_vr(tag) if code == b"UN" else None
            if vr is None:
                break
            length = long(data, start)[0]
            start += 4
        after = start + length
        if after > end or group == _DELIMITERS:
            break
        elements[tag] = Element(vr, data, start, after)
        position = after
        count += 1
    return position, count


def read_implicit(
    data: memoryview,
    position: int,
    end: int,
    elements: dict[int, Element],
    *,
    is_big_endian: bool,
    most: int,
) -> tuple[int, int]:
    """The same for implicit elements."""
    unpack = _IMPLICIT[is_big_endian]
    count, last = 0, end - 8
    while position <= last and count < most:
        group, number, length = unpack(data, position)
        tag = group << 16 | number
        vr = _plain_vr(tag)
        start = position + 8
        after = start + length
        if vr is None or after > end or group == _DELIMITERS:
            break
        elements[tag] = Element(vr, data, start, after)
        position = after
        count += 1
    return position, count
