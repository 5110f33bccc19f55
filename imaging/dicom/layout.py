"""How a data set is laid out, by its own bytes: for files without meta information, and for those
whose meta information is wrong (PS3.5 7.1.2, 7.1.3, 7.3)."""

import struct

from imaging.dicom.elements import LONG_VRS, UNDEFINED, VR_NAMES
from imaging.dicom.uid import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    SyntaxTraits,
    traits_of,
)

_STEPS = 8
_FIRST_GROUPS = (0x0002, 0x0004, 0x0008)


def guess_syntax(data: memoryview, *, is_after_meta: bool = False) -> str | None:
    """The native syntax whose elements can be followed from the start; None when there is none.
    Without meta information only the usual first groups are believed."""
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG):
        traits = traits_of(syntax)
        if len(data) < 8:
            return None
        group = struct.unpack_from(">H" if traits.is_big_endian else "<H", data)[0]
        if (is_after_meta or group in _FIRST_GROUPS) and can_be_followed(data, traits):
            return syntax
    return None


def observed_traits(data: memoryview, declared: SyntaxTraits) -> SyntaxTraits:
    """`declared`, unless its first elements make no sense and those of another layout do. Whether
    pixels are encapsulated is not looked at."""
    if len(data) < 8 or _is_plausible(data, declared) or can_be_followed(data, declared):
        return declared
    for implicit, big in ((False, False), (True, False), (False, True)):
        other = SyntaxTraits(implicit, big, declared.is_deflated, declared.is_encapsulated)
        if other != declared and can_be_followed(data, other):
            return other
    return declared


def _is_plausible(data: memoryview, traits: SyntaxTraits) -> bool:
    """A quick look at the first element: an explicit one has a VR, an implicit one has none."""
    has_vr = bytes(data[4:6]) in VR_NAMES
    group = struct.unpack_from(">H" if traits.is_big_endian else "<H", data)[0]
    return has_vr != traits.is_implicit and 0 < group < 0x0100


def can_be_followed(data: memoryview, traits: SyntaxTraits) -> bool:
    """Whether the first elements have rising tags and lengths that fit."""
    position, last = 0, -1
    for step in range(_STEPS):
        if position == len(data):
            return step > 0
        head = _head(data, position, traits)
        if head is None or head[0] <= last or head[0] >> 16 > 0xFFFC:
            return False
        last, length, start = head
        if length == UNDEFINED:
            return _is_item(data, start, is_big_endian=traits.is_big_endian)
        position = start + length
        if position > len(data):
            return False
    return True


def _head(data: memoryview, position: int, traits: SyntaxTraits) -> tuple[int, int, int] | None:
    """Tag, length and where the value begins; None when there is no such element."""
    order = ">" if traits.is_big_endian else "<"
    left = len(data) - position
    if left < 8:
        return None
    group, element, length = struct.unpack_from(order + "HHI", data, position)
    tag = group << 16 | element
    if traits.is_implicit:
        return None if tag == 0 and length != 4 else (tag, length, position + 8)
    vr = VR_NAMES.get(bytes(data[position + 4 : position + 6]))
    if vr is None or (vr in LONG_VRS and left < 12):
        return None
    if vr in LONG_VRS:
        return tag, struct.unpack_from(order + "I", data, position + 8)[0], position + 12
    return tag, struct.unpack_from(order + "H", data, position + 6)[0], position + 8


def _is_item(data: memoryview, position: int, *, is_big_endian: bool) -> bool:
    if len(data) - position < 8:
        return False
    group, element = struct.unpack_from(">HH" if is_big_endian else "<HH", data, position)
    return bool(group == 0xFFFE and element in (0xE000, 0xE0DD))
