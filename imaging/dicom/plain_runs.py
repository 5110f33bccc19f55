"""Most elements are plain: a known VR, a length that fits, no items. These loops read runs of them
and stop before anything special, which `ElementReader` then judges. They exist for speed alone:
with or without them the data set is the same.
"""

import struct
from functools import lru_cache

from imaging.dicom.dataset import PIXEL_DATA, Elements
from imaging.dicom.dictionary import follows_pixel_representation, vr_for

_SHORT = (
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL", "SS",
    "ST", "TM", "UI", "UL", "US",
)  # fmt: skip
_PLAIN = {vr.encode(): vr for vr in _SHORT}
_EXPLICIT = {  # both forms of a header at once: a long length stands behind the short one
    False: struct.Struct("<HH2sHI").unpack_from, True: struct.Struct(">HH2sHI").unpack_from
}  # fmt: skip
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
    elements: Elements,
    *,
    is_big_endian: bool,
    most: int,
    groups: tuple[int, int] = (0, _DELIMITERS),
) -> tuple[int, int]:
    """At most `most` elements from `position`, of `groups` (the first, and one beyond the last);
    returns where the run ended and how many it had. VR `UN` takes the dictionary's. `elements`
    are of the same `data`."""
    unpack, plain = _EXPLICIT[is_big_endian], _PLAIN
    noted, (first, beyond) = elements.noted, groups
    count, last = 0, end - 12
    while position <= last and count < most:
        group, number, code, length, long_length = unpack(data, position)
        vr = plain.get(code)
        tag = group << 16 | number
        start = position + 8
        if vr is None:
            vr = _plain_vr(tag) if code == b"UN" else None
            if vr is None:
                break
            length = long_length
            start += 4
        after = start + length
        if after > end or not first <= group < beyond:
            break
        noted[tag] = vr, start, after
        position = after
        count += 1
    return position, count


def read_implicit(
    data: memoryview,
    position: int,
    end: int,
    elements: Elements,
    *,
    is_big_endian: bool,
    most: int,
    groups: tuple[int, int] = (0, _DELIMITERS),
) -> tuple[int, int]:
    """The same for implicit elements."""
    unpack = _IMPLICIT[is_big_endian]
    noted, (first, beyond) = elements.noted, groups
    count, last = 0, end - 8
    while position <= last and count < most:
        group, number, length = unpack(data, position)
        tag = group << 16 | number
        vr = _plain_vr(tag)
        start = position + 8
        after = start + length
        if vr is None or after > end or not first <= group < beyond:
            break
        noted[tag] = vr, start, after
        position = after
        count += 1
    return position, count
