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
_NUMBERS: Final = {
    is_big: {
        vr: (struct.Struct(order + code).unpack, code, size)
        for vr, (code, size) in NUMBER_FORMATS.items()
    }
    for is_big, order in ((False, "<"), (True, ">"))
}
_IS_NUMBER: Final = dict.fromkeys(NUMBER_FORMATS, True) | dict.fromkeys(
    ("LT", "ST", "UT", "UR", "PN"), False
)
"""VRs that are not texts of several values: binary numbers, and whole texts."""
PIXEL_DATA: Final = 0x7FE00010
_NOTHING: Final = memoryview(b"")
Place: TypeAlias = tuple[str, int, int]
"""VR, and where the value begins and ends in the bytes that were read."""


Value: TypeAlias = tuple[str, bytes]
"""VR and value."""


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
        self.vr = "SQ"
        self._data = _NOTHING
        self.offset = self._stop = offset
        self.items = items


class EncapsulatedElement(Element):
    """Fragments; the first is the basic offset table, maybe empty (PS3.5 A.4)."""

    __slots__ = ("fragments",)

    def __init__(self, vr: str, fragments: list[memoryview], offset: int = 0) -> None:
        super().__init__(vr, _NOTHING, offset, offset)
        self.fragments = fragments


class Runs(Protocol):
    """Who noted the places of elements, and knows what is there (`plain_runs`)."""

    is_implicit: bool

    def place(self, data: memoryview, position: int) -> Place: ...

    def value(self, octets: bytes | memoryview, position: int) -> Value: ...


class Reader(Protocol):
    """Who can read an element that was only walked over (`elements`)."""

    def read_noted(self, elements: "Elements", position: int) -> None: ...


class Scanned(Protocol):
    """An array of the tags of a scanned run, and of their places."""

    def tolist(self) -> list[list[int]]: ...


class Elements(MutableMapping[int, Element]):
    """Elements by tag. Of a plain one the reader notes only its place, where it begins in `data`,
    and it is made when somebody asks for it: of most headers nobody asks for more than a few. A
    place below zero is the complement of that of an element that `reader` has to look at."""

    __slots__ = ("_noted", "_octets", "_scanned", "data", "reader", "runs")

    def __init__(
        self, data: memoryview = _NOTHING, octets: bytes | memoryview | None = None
    ) -> None:
        """`octets` are the same bytes in a form that is cut quicker."""
        self.data = data
        self._octets = data if octets is None else octets
        self.reader: Reader  # set by who notes a place, as are
        self.runs: Runs
        self._noted: dict[int, Element | int] = {}
        self._scanned: list[Scanned] | None = None

    @property
    def noted(self) -> dict[int, Element | int]:
        """Elements, and places of those that nobody has asked for."""
        if self._scanned is not None:
            for run in self._scanned:
                self._noted.update(zip(*run.tolist(), strict=True))
            self._scanned = None
        return self._noted

    def note(self, scanned: Scanned) -> None:
        """A run more; what was noted before under the same tags is forgotten."""
        if self._scanned is None:
            self._scanned = []
        self._scanned.append(scanned)

    def find(self, tag: int) -> Element | None:
        """`get`, quicker than that of every mapping."""
        noted = self._noted if self._scanned is None else self.noted
        found = noted.get(tag)
        if not isinstance(found, int):
            return found
        if found < 0:
            self.reader.read_noted(self, ~found)
            return self.find(tag)
        vr, start, stop = self.runs.place(self.data, found)
        element = noted[tag] = Element(vr, self.data, start, stop)
        return element

    def look(self, tag: int) -> Element:
        """The element, which is not kept when it was only noted: for who asks of each once."""
        found = self.noted[tag]
        if isinstance(found, int) and found >= 0:
            vr, start, stop = self.runs.place(self.data, found)
            return Element(vr, self.data, start, stop)
        return self[tag]

    def value(self, tag: int) -> Value | None:
        """VR and bytes, without making the element; None when it is absent."""
        noted = self._noted if self._scanned is None else self.noted
        found = noted.get(tag)
        if isinstance(found, int):
            if found >= 0:
                return self.runs.value(self._octets, found)
            found = self.find(tag)
        return None if found is None else (found.vr, found.raw.tobytes())

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
        is_number = _IS_NUMBER.get(vr)  # None for most texts
        if is_number:
            return list(map(str, self._binary(vr, raw)))
        text = raw.decode() if raw.isascii() else "\x1b"
        if "\x1b" in text:  # other text is ASCII whatever the label says
            raw = raw.rstrip(b"\0 ")
            text = charset.decode(raw, self.charset_labels(), default=self.default_charset)
        if is_number is not None:
            return _whole_text(vr, text)
        text = text.strip("\0 ")
        if "\\" not in text:
            return [text]
        parts = text.split("\\")
        return [part.strip("\0 ") for part in parts] if " " in text or "\0" in text else parts

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

    def _binary(self, vr: str, raw: bytes | memoryview) -> tuple[int | float, ...]:
        unpack, code, size = _NUMBERS[self.is_big_endian][vr]
        if len(raw) == size:
            return unpack(raw)
        count = len(raw) // size
        order = ">" if self.is_big_endian else "<"
        return struct.unpack_from(f"{order}{count}{code}", raw)

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
