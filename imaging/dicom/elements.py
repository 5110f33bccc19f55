"""Bytes become elements (PS3.5 section 7): one pass, views into the bytes, nothing copied.

Every length is checked against the value around it before anything is asked for; nesting and the
number of elements are bounded. Only `ImagingError`s are raised. What old writers got wrong and is
still plain to see is read: a missing or unknown VR, an item longer than its sequence, a stray
delimiter, `UN` around a known sequence.
"""

import struct

from imaging.dicom import plain_runs
from imaging.dicom.dataset import (
    PIXEL_DATA,
    Dataset,
    Element,
    Elements,
    EncapsulatedElement,
    SequenceElement,
)
from imaging.dicom.dictionary import follows_pixel_representation, vr_for
from imaging.dicom.plain_runs import META_RUNS, RUNS, PlainRuns
from imaging.dicom.uid import SyntaxTraits
from imaging.errors import FormatError, ImagingError, LimitExceeded

MAX_DEPTH = 64
MAX_ELEMENTS = 120_000  # and one more for every 64 bytes: a bound on memory
MOST_ELEMENTS = 2_000_000  # however large the file is: a bound on time
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_REPRESENTATION = 0x00280103

LONG_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
SHORT_VRS = frozenset(
    (
        "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL",
        "SS", "ST", "TM", "UI", "UL", "US",
    )
)  # fmt: skip
VR_NAMES = {vr.encode(): vr for vr in LONG_VRS | SHORT_VRS}
_UNPACK = {
    is_big: tuple(struct.Struct(order + form).unpack_from for form in ("HHI", "H", "I"))
    for is_big, order in ((False, "<"), (True, ">"))
}
_WORTH_A_SCAN = 8  # elements: as much as calling it costs
_MOST_SHORT_RUNS = 4
_OTHER_VRS = ("OB", "OW", "OD", "OF", "OL", "OV")


class ElementReader:
    """Reads one data set out of `data`; positions count from its beginning."""

    def __init__(
        self,
        data: memoryview,
        traits: SyntaxTraits,
        *,
        stop_before_pixels: bool = False,
        default_charset: str = "",
    ) -> None:
        self.data = data
        whole = data.obj
        self.octets = whole if isinstance(whole, bytes) and len(whole) == len(data) else data
        self.is_implicit = traits.is_implicit
        self.is_big = traits.is_big_endian
        self.stop_before_pixels = stop_before_pixels
        self.has_stopped = False
        self.short_runs = 0
        self.default_charset = default_charset
        self.left = min(MAX_ELEMENTS + len(data) // 64, MOST_ELEMENTS)
        self.header, self.short, self.long = _UNPACK[self.is_big]
        self.runs = RUNS[self.is_big]

    def read_all(self, start: int = 0) -> tuple[Dataset, ImagingError | None]:
        """The data set from `start` on; where the bytes break off, what came before, and why."""
        dataset = Dataset(
            self.is_big, Elements(self.data, self.octets), default_charset=self.default_charset
        )
        try:
            self.read_elements(dataset, start, len(self.data), 0, self.is_implicit)
        except ImagingError as error:
            if not dataset.elements:
                raise
            return dataset, error
        return dataset, None

    def read_group2(self, meta: Dataset, position: int) -> int:
        """Elements of group 0002 from `position`; returns where they end. Their group length is
        not believed: many writers get it wrong."""
        end = len(self.data)
        runs = META_RUNS[self.is_big][self.is_implicit]
        while True:
            position = self.read_run(runs, meta.elements, position, end, is_small=True)
            if position + 8 > end or self.short(self.data, position)[0] != 2:
                return position
            position = self.read_element(meta, position, end, 0, self.is_implicit)

    def read_elements(
        self, dataset: Dataset, position: int, end: int, depth: int, is_implicit: bool
    ) -> int:
        """Until `end`, or an item delimiter; returns the position after it."""
        if depth > MAX_DEPTH:
            raise LimitExceeded("nesting", f"sequences deeper than {MAX_DEPTH}", offset=position)
        runs = self.runs[is_implicit]
        while True:
            position = self.read_run(runs, dataset.elements, position, end, is_small=depth > 0)
            if position >= end:
                return position
            if end - position < 8:
                if not any(self.data[position:end]):
                    return end  # padding after the last element
                raise self.fail("truncated", "the element's header is cut off", position)
            group, element = self.header(self.data, position)[:2]
            tag = group << 16 | element
            if tag == 0 and depth == 0 and not any(self.data[position : position + 8]):
                return end  # zeros after the last element
            if tag in (ITEM_END, SEQUENCE_END):
                if depth:
                    return position + 8 if tag == ITEM_END else position
                position += 8  # a stray delimiter after the last sequence
                continue
            if self.stop_before_pixels and tag >= PIXEL_DATA and depth == 0:
                self.has_stopped = True
                return end
            position = self.read_element(dataset, position, end, depth, is_implicit)

    def read_run(
        self, runs: PlainRuns, elements: Elements, position: int, end: int, *, is_small: bool
    ) -> int:
        """Plain elements; returns the position of the first that is not. The scan is for many:
        where special ones come again and again the loops are quicker."""
        elements.runs = runs
        scan, tags = plain_runs.compiled_scan, runs.tags
        if scan is None or is_small or self.short_runs > _MOST_SHORT_RUNS:
            position, count = runs.read(self.data, position, end, elements, self.left)
        else:
            elements.reader = self
            position, count, found = scan(
                self.data, position, end, self.left, runs.layout, tags.start, tags.stop
            )
            if count:
                elements.note(found)
            self.short_runs += count < _WORTH_A_SCAN
        self.left -= count
        return position

    def read_noted(self, elements: Elements, position: int) -> None:
        """An element that the scan walked over, and found to be whole."""
        self.left = MOST_ELEMENTS  # the scan has counted them
        dataset = Dataset(self.is_big, elements, default_charset=self.default_charset)
        self.read_element(dataset, position, len(self.data), 0, elements.runs.is_implicit)

    def read_element(
        self, dataset: Dataset, position: int, end: int, depth: int, is_implicit: bool
    ) -> int:
        """One element into `dataset`; returns the position after it."""
        self.spend(position)
        tag, vr, length, start = self.head(position, end, is_implicit)
        is_looked_up = is_implicit or vr == "UN"
        if vr == "UN":
            vr = vr_for(tag)
            if tag == PIXEL_DATA and length == UNDEFINED:
                return self._fragments(dataset, tag, vr, start, end)
            if vr == "SQ" or (length == UNDEFINED and not is_implicit):
                return self._unknown_sequence(dataset, tag, start, length, end, depth)
        if length == UNDEFINED:
            if tag == PIXEL_DATA or vr in _OTHER_VRS:
                return self._fragments(dataset, tag, vr, start, end)
            return self._sequence(dataset, tag, start, length, end, depth, is_implicit)
        if vr == "SQ":
            return self._sequence(dataset, tag, start, length, end, depth, is_implicit)
        if is_looked_up and vr == "US" and follows_pixel_representation(tag):
            vr = "SS" if is_signed(dataset) else vr
        if length > end - start:
            if tag == PIXEL_DATA and depth == 0:
                dataset.elements[tag] = Element(vr, self.data, start, end)
            raise self.fail("truncated", f"({tag:08X}) is longer than what is there", position)
        dataset.elements[tag] = Element(vr, self.data, start, start + length)
        return start + length

    def spend(self, position: int) -> None:
        """One element or item more; LimitExceeded when there were too many."""
        self.left -= 1
        if self.left < 0:
            raise LimitExceeded("elements", "too many elements", offset=position)

    def fail(self, code: str, message: str, position: int) -> FormatError:
        return FormatError(code, message, offset=position)

    def head(self, position: int, end: int, is_implicit: bool) -> tuple[int, str, int, int]:
        """Tag, VR, length and where the value begins (PS3.5 7.1.2, 7.1.3)."""
        group, element, length = self.header(self.data, position)
        tag: int = group << 16 | element
        if is_implicit or group == 0xFFFE:
            return tag, vr_for(tag), length, position + 8
        vr = VR_NAMES.get(bytes(self.data[position + 4 : position + 6]))
        if vr is None:
            return self._odd_head(tag, position, end)
        if vr in LONG_VRS:
            if end - position < 12:
                raise self.fail("truncated", "the element's header is cut off", position)
            return tag, vr, self.long(self.data, position + 8)[0], position + 12
        return tag, vr, self.short(self.data, position + 6)[0], position + 8

    def _odd_head(self, tag: int, position: int, end: int) -> tuple[int, str, int, int]:
        """A VR that does not exist: a new one has a long length (PS3.5 6.2.2); old writers put
        blanks, or an implicit element. What is followed by a greater tag is right."""
        code = bytes(self.data[position + 4 : position + 6])
        short = self.short(self.data, position + 6)[0], position + 8
        implicit = self.long(self.data, position + 4)[0], position + 8
        is_text = code.isalnum() or code.isspace()
        forms = [short, implicit] if is_text else [implicit, short]
        if end - position >= 12:
            place = 0 if code.isalpha() and code.isupper() else 2
            forms.insert(place, (self.long(self.data, position + 8)[0], position + 12))
        for length, start in forms:
            after = start if length == UNDEFINED else start + length
            least = ITEM if length == UNDEFINED else tag
            if self._is_followed(least, after, end):
                return tag, vr_for(tag), length, start
        raise self.fail("vr_unknown", f"({tag:08X}) has no value representation", position)

    def _is_followed(self, tag: int, position: int, end: int) -> bool:
        if position == end:
            return tag != ITEM
        if end - position < 8:
            return False
        group, element = self.header(self.data, position)[:2]
        return bool((group << 16 | element) >= tag)

    def _unknown_sequence(
        self, dataset: Dataset, tag: int, start: int, length: int, end: int, depth: int
    ) -> int:
        """UN of undefined length, or UN around what the dictionary knows as a sequence: implicit
        little endian (PS3.5 6.2.2 note 2), though some write it explicit. One of defined length
        that is no sequence after all stays bytes."""
        is_implicit = not self._looks_explicit(start, end)
        try:
            return self._sequence(dataset, tag, start, length, end, depth, is_implicit)
        except FormatError:
            if length == UNDEFINED or length > end - start:
                raise
            dataset.elements[tag] = Element("UN", self.data, start, start + length)
            return start + length

    def _looks_explicit(self, start: int, end: int) -> bool:
        """Whether the first item's first element has a VR, and no believable length without."""
        if end - start < 16 or bytes(self.data[start + 12 : start + 14]) not in VR_NAMES:
            return False
        return bool(self.long(self.data, start + 12)[0] > end - start - 16)

    def _sequence(
        self,
        dataset: Dataset,
        tag: int,
        position: int,
        length: int,
        end: int,
        depth: int,
        is_implicit: bool,
    ) -> int:
        if length != UNDEFINED and length > end - position:
            raise self.fail(
                "truncated", f"sequence ({tag:08X}) is longer than its parent", position
            )
        limit = end if length == UNDEFINED else position + length
        items: list[Dataset] = []
        dataset.elements.noted[tag] = SequenceElement(items, position)
        while position < limit:
            if limit - position < 8:
                raise self.fail("truncated", "an item's header is cut off", position)
            group, element, size = self.header(self.data, position)
            item_tag = group << 16 | element
            if item_tag == SEQUENCE_END:
                return position + 8 if length == UNDEFINED else limit
            if item_tag != ITEM:
                raise self.fail("item_expected", f"found ({item_tag:08X}) in a sequence", position)
            self.spend(position)
            elements = Elements(self.data, self.octets)
            item = Dataset(self.is_big, elements, dataset, self.default_charset, position)
            position += 8
            items.append(item)
            item_end = limit if size == UNDEFINED else position + size
            if item_end > limit:
                if length == UNDEFINED:
                    raise self.fail("truncated", "an item is longer than its parent", position)
                item_end = limit  # the sequence's own length is believed
            after = self.read_elements(item, position, item_end, depth + 1, is_implicit)
            position = after if size == UNDEFINED else item_end
        if length == UNDEFINED and depth == 0 and position >= len(self.data):
            raise self.fail("truncated", f"sequence ({tag:08X}) has no end", position)
        return position

    def _fragments(self, dataset: Dataset, tag: int, vr: str, position: int, end: int) -> int:
        """Encapsulated pixel data (PS3.5 A.4): the offset table is fragment 0."""
        fragments: list[memoryview] = []
        dataset.elements[tag] = EncapsulatedElement(vr, fragments, position)
        while True:
            if end - position < 8:
                raise self.fail("truncated", "pixel data has no end", position)
            self.spend(position)
            group, element, size = self.header(self.data, position)
            item_tag = group << 16 | element
            if item_tag == SEQUENCE_END:
                return position + 8
            if item_tag != ITEM:
                raise self.fail("item_expected", f"found ({item_tag:08X}) in pixel data", position)
            position += 8
            if size > end - position:
                fragments.append(self.data[position:end])
                raise self.fail("truncated", "a fragment is longer than the file", position)
            fragments.append(self.data[position : position + size])
            position += size


def is_signed(dataset: Dataset | None) -> bool:
    """Pixel Representation of this data set, else of the one around it."""
    while dataset is not None:
        element = dataset.elements.find(PIXEL_REPRESENTATION)
        if element is not None:
            return bytes(element.raw[:2]) in (b"\1\0", b"\0\1")
        dataset = dataset.parent
    return False
