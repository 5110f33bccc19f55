"""Most elements are plain: a known VR, a length that fits, no items. These loops read runs of them
and stop before anything special, which `ElementReader` then judges. They exist for speed alone:
with or without them the data set is the same. So does the compiled scan that takes their place
where it is loaded (`imaging.headers`), and walks over plain sequences as well.

The eight bytes that an element begins with are looked up whole: the same few hundred come again in
every file of a scanner, so that tag, VR and length are taken apart once, not once a file.
"""

import struct
from collections.abc import Callable
from typing import TypeAlias

from imaging.dicom.dataset import PIXEL_DATA, Elements, Place, Scanned, Value
from imaging.dicom.dictionary import follows_pixel_representation, private_vr, vr_for

PLAIN_SHORT_VRS = (
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL", "SS",
    "ST", "TM", "UI", "UL", "US",
)  # fmt: skip
PLAIN_LONG_VRS = ("OB", "OD", "OF", "OL", "OV", "OW", "SV", "UC", "UR", "UT", "UV")
_PLAIN = {vr.encode(): vr for vr in PLAIN_SHORT_VRS}
_PLAIN_LONG = {vr.encode(): vr for vr in PLAIN_LONG_VRS}
_DELIMITERS = 0xFFFE0000
_MOST_KNOWN = 1 << 14

Known: TypeAlias = tuple[int, int, str]
"""Tag, VR and how far it is to the next element; 0 when a long length follows."""

ScannedRun: TypeAlias = tuple[int, int, Scanned]
"""Where the run ended, its elements and items, and the tags and places."""

compiled_scan: Callable[[memoryview, int, int, int, int, int, int], ScannedRun] | None = None
"""Set by `imaging.headers`. Bytes, from, to, the most elements, layout (1 is implicit, 2 big
endian), first tag, tag beyond."""

_FORGOTTEN: Known = (0, 0, "UN")
_KEY = struct.Struct("<Q").unpack_from


def _plain_vr(tag: int) -> str | None:
    """The dictionary's VR of an element without items whose VR is not the pixels' matter."""
    if tag >> 16 & 1 and 0 < tag < PIXEL_DATA:  # too many to be remembered by those below
        return private_vr(tag)
    vr = vr_for(tag)
    is_special = vr == "SQ" or not 0 < tag < PIXEL_DATA or follows_pixel_representation(tag)
    return None if is_special else vr


class PlainRuns:
    """The plain elements of one layout with tags from `first` to `beyond`. Threads may share it:
    what one forgets another learns."""

    def __init__(
        self, *, is_implicit: bool, is_big_endian: bool, first: int = 0, beyond: int = _DELIMITERS
    ) -> None:
        order = ">" if is_big_endian else "<"
        self.is_implicit = is_implicit
        self.layout = is_implicit | is_big_endian << 1
        self._take_apart = struct.Struct(order + ("HHI" if is_implicit else "HH2sH")).unpack
        self._long = struct.Struct(order + "I").unpack_from
        self._least = 8 if is_implicit else 12
        self.tags = range(first, beyond)
        self._known: dict[int, Known | tuple[()]] = {}

    def read(
        self, data: memoryview, position: int, end: int, elements: Elements, most: int
    ) -> tuple[int, int]:
        """At most `most` elements from `position`; returns where the run ended and how many it
        had. VR `UN` takes the dictionary's. `elements` are of the same `data`, and hold no others
        from another layout. Their `runs` are these."""
        key_at, long, known = _KEY, self._long, self._known.get
        noted, last = elements.noted, end - self._least
        for count in range(most):
            if position > last:
                return position, count
            (key,) = key_at(data, position)
            found = known(key)
            if not found:
                found = self._learn(key) if found is None else found
                if not found:
                    return position, count
            tag, step, _ = found
            after = position + (step or 12 + long(data, position + 8)[0])
            if after > end:
                return position, count
            noted[tag] = position
            position = after
        return position, most

    def value(self, octets: bytes | memoryview, position: int) -> Value:
        """VR and value of an element that `read` came past."""
        (key,) = _KEY(octets, position)
        _, step, vr = self._known.get(key) or self._learn(key) or _FORGOTTEN
        if step:
            cut = octets[position + 8 : position + step]
        else:
            start = position + 12
            cut = octets[start : start + self._long(octets, position + 8)[0]]
        return vr, cut if isinstance(cut, bytes) else cut.tobytes()

    def place(self, data: memoryview, position: int) -> Place:
        """VR and place of the value of an element that `read` came past."""
        (key,) = _KEY(data, position)
        _, step, vr = self._known.get(key) or self._learn(key) or _FORGOTTEN
        if step:
            return vr, position + 8, position + step
        start = position + 12
        return vr, start, start + self._long(data, position + 8)[0]

    def _learn(self, key: int) -> Known | tuple[()]:
        """What begins with these bytes; nothing when it is not plain."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = found = self._taken_apart(key.to_bytes(8, "little"))
        return found

    def _taken_apart(self, head: bytes) -> Known | tuple[()]:
        group, number, *rest = self._take_apart(head)
        tag = group << 16 | number
        if tag not in self.tags:
            return ()
        if self.is_implicit:
            vr = _plain_vr(tag)
            return () if vr is None else (tag, 8 + rest[0], vr)
        code, length = rest
        if code in _PLAIN:
            return tag, 8 + length, _PLAIN[code]
        if code == b"UN":
            vr = _plain_vr(tag)
        else:
            vr = _PLAIN_LONG.get(code) if tag < PIXEL_DATA else None
        return () if vr is None else (tag, 0, vr)


def _both(**more: int) -> tuple[tuple[PlainRuns, PlainRuns], ...]:
    return tuple(
        (
            PlainRuns(is_implicit=False, is_big_endian=is_big, **more),
            PlainRuns(is_implicit=True, is_big_endian=is_big, **more),
        )
        for is_big in (False, True)
    )


RUNS = _both()
"""By byte order (1 is big endian), then by layout (1 is implicit)."""
META_RUNS = _both(first=0x00020000, beyond=0x00030000)
"""The same for file meta information, which ends where another group begins."""
