"""A data set: elements found by the reader, understood only when asked for.

Values are views into the file's bytes until somebody reads them, so that a header costs little.
Readers of values never raise on bad text or numbers: they answer None, because a wrong date in
one element must not hide an image.
"""

import math
import struct
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final, Protocol, TypeAlias

from imaging.dicom import charset
from imaging.dicom.dictionary import tag_for

NUMBER_FORMATS: Final = {
    "US": ("H", 2), "SS": ("h", 2), "UL": ("I", 4), "SL": ("i", 4), "FL": ("f", 4),
    "FD": ("d", 8), "UV": ("Q", 8), "SV": ("q", 8), "AT": ("H", 2),
}  # fmt: skip
_ONE_NUMBER: Final = {
    is_big: {vr: struct.Struct(order + code).unpack for vr, (code, _) in NUMBER_FORMATS.items()}
    for is_big, order in ((False, "<"), (True, ">"))
}
_WHOLE_TEXTS: Final = frozenset(("LT", "ST", "UT", "UR", "PN"))
PIXEL_DATA: Final = 0x7FE00010
_NOTHING: Final = memoryview(b"")
Place: TypeAlias = tuple[str, int, int]
"""VR, and where the value begins and ends in the bytes that were read."""


class Element:
    """`raw` is a view of the value, cut out when it is asked for; empty for sequences and
    encapsulated pixel data. `offset` is where the value begins in the bytes that were read."""

    __slots__ = ("_data", "_stop", "offset", "vr")

    items: "list[Dataset] | None" = None
    fragments: list[memoryview] | None = None

    def __init__(self, vr: str, data: memoryview, offset: int = 0, stop: int | None = None) -> None:
        self.vr = vr
        self._data = data
        self.offset = offset
        self._stop = len(data) if stop is None else stop

    @property
    def raw(self) -> memoryview:
        return self._data[self.offset : self._stop]

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return self._stop - self.offset


class SequenceElement(Element):
    """A sequence and its items."""

    __slots__ = ("items",)

    def __init__(self, items: "list[Dataset]", offset: int = 0) -> None:
        super().__init__("SQ", _NOTHING, offset, offset)
        self.items = items


class EncapsulatedElement(Element):
    """Fragments; the first is the basic offset table, maybe empty (PS3.5 A.4)."""

    __slots__ = ("fragments",)

    def __init__(self, vr: str, fragments: list[memoryview], offset: int = 0) -> None:
        super().__init__(vr, _NOTHING, offset, offset)
        self.fragments = fragments


class Runs(Protocol):
    """Who noted the positions of elements, and knows what is there (`plain_runs`)."""

    def place(self, data: memoryview, position: int) -> Place: ...

    def value(self, data: memoryview, position: int) -> tuple[str, bytes]: ...


class Elements(MutableMapping[int, Element]):
    """Elements by tag. Of a plain one the reader notes only where it begins in `data`, and it is
    made when somebody asks for it: of most headers nobody asks for more than a few."""

    __slots__ = ("data", "noted", "runs")

    def __init__(self, data: memoryview = _NOTHING) -> None:
        self.data = data
        self.noted: dict[int, Element | int] = {}
        self.runs: Runs  # set by who notes a position

    def find(self, tag: int) -> Element | None:
        """`get`, quicker than that of every mapping."""
        found = self.noted.get(tag)
        if isinstance(found, int):
            vr, start, stop = self.runs.place(self.data, found)
            found = self.noted[tag] = Element(vr, self.data, start, stop)
        return found

    def value(self, tag: int) -> tuple[str, bytes] | None:
        """VR and bytes, without making the element; None when it is absent."""
        found = self.noted.get(tag)
        if found is None:
            return None
        if isinstance(found, int):
            return self.runs.value(self.data, found)
        return found.vr, found.raw.tobytes()

    def __getitem__(self, tag: int) -> Element:
        found = self.find(tag)
        if found is None:
            raise KeyError(tag)
        return found

    def __setitem__(self, tag: int, element: Element) -> None:
        self.noted[tag] = element

    def __delitem__(self, tag: int) -> None:
        del self.noted[tag]

    def __iter__(self) -> Iterator[int]:
        return iter(self.noted)

    def __len__(self) -> int:
        return len(self.noted)

    def __contains__(self, tag: object) -> bool:
        return tag in self.noted


@dataclass(slots=True)
class Dataset:
    """Elements by tag, with the byte order and character set that they are read with."""

    is_big_endian: bool = False
    elements: Elements = field(default_factory=Elements)
    parent: "Dataset | None" = None
    default_charset: str = ""
    offset: int = 0  # of the item's header in the file; 0 for the data set itself

    def __contains__(self, key: str | int) -> bool:
        return self._tag(key) in self.elements

    def __iter__(self) -> Iterator[tuple[int, Element]]:
        return iter(self.elements.items())

    @staticmethod
    def _tag(key: str | int) -> int:
        return key if isinstance(key, int) else tag_for(key)

    def element(self, key: str | int) -> Element | None:
        return self.elements.find(self._tag(key))

    def raw(self, key: str | int) -> bytes:
        """The value's bytes as sent; empty when absent."""
        element = self.elements.find(self._tag(key))
        return b"" if element is None else bytes(element.raw)

    def charset_labels(self) -> list[str]:
        """Specific Character Set of this data set, else of the one around it."""
        element = self.elements.find(0x00080005)
        if element is not None:
            return charset.labels_of(bytes(element.raw))
        return self.parent.charset_labels() if self.parent is not None else []

    def text(self, key: str | int, default: str = "") -> str:
        """The first value as text, without padding."""
        values = self.texts(key)
        return values[0] if values else default

    def texts(self, key: str | int) -> list[str]:
        """All values as text."""
        found = self.elements.value(key if isinstance(key, int) else tag_for(key))
        if found is None or not found[1]:
            return []
        vr, raw = found
        if vr in NUMBER_FORMATS:
            return [str(value) for value in self._binary(vr, raw)]
        if raw.isascii() and b"\x1b" not in raw:  # whatever the label says
            text = raw.decode()
        else:
            raw = raw.rstrip(b"\0 ")
            text = charset.decode(raw, self.charset_labels(), default=self.default_charset)
        if vr in _WHOLE_TEXTS:
            return _whole_text(vr, text)
        if "\\" not in text:
            return [text.strip("\0 ")]
        return [part.strip("\0 ") for part in text.rstrip("\0 ").split("\\")]

    def person_name(self, key: str | int) -> str:
        """The name as people read it."""
        return charset.shown_name(self.text(key))

    def numbers(self, key: str | int) -> list[float]:
        """All values as finite floats; an empty list when one of them is no number."""
        element = self.elements.find(self._tag(key))
        if element is None:
            return []
        if element.vr in NUMBER_FORMATS:
            values = [float(value) for value in self._binary(element.vr, element.raw)]
        else:
            try:
                values = [float(part) for part in self.texts(key) if part]
            except ValueError:
                return []
        return values if all(math.isfinite(value) for value in values) else []

    def number(self, key: str | int, default: float | None = None) -> float | None:
        values = self.numbers(key)
        return values[0] if values else default

    def integer(self, key: str | int, default: int | None = None) -> int | None:
        value = self.number(key)
        if value is None or abs(value) > 2**62:
            return default
        return int(value)

    def _binary(self, vr: str, raw: bytes | memoryview) -> list[int] | list[float]:
        code, size = NUMBER_FORMATS[vr]
        if len(raw) == size:
            return list(_ONE_NUMBER[self.is_big_endian][vr](raw))
        count = len(raw) // size
        order = ">" if self.is_big_endian else "<"
        return list(struct.unpack_from(f"{order}{count}{code}", raw))

    def date(self, key: str | int) -> date | None:
        """DA, also with the old dots (PS3.5 6.2)."""
        text = self.text(key).replace(".", "")[:8]
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        except ValueError:
            return None

    def time(self, key: str | int) -> time | None:
        """TM, any precision, also with the old colons."""
        whole, _, fraction = self.text(key).replace(":", "").partition(".")
        whole = whole.ljust(6, "0")
        try:
            micro = int((fraction + "000000")[:6]) if fraction else 0
            return time(int(whole[:2]), int(whole[2:4]), min(int(whole[4:6]), 59), micro)
        except ValueError:
            return None

    def sequence(self, key: str | int) -> "list[Dataset]":
        """The items of a sequence; an empty list when absent or not a sequence."""
        element = self.elements.find(self._tag(key))
        return (element.items or []) if element is not None else []


def _whole_text(vr: str, text: str) -> list[str]:
    """Texts that keep a backslash or leading blanks, and names, whose blanks end with a group."""
    if vr != "PN":
        return [text.rstrip("\0 ")]
    names = text.strip("\0 ").rstrip("=").split("\\")
    return [name.strip(" ").rstrip("=") for name in names]
