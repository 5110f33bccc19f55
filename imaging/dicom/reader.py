"""Bytes become a data set (PS3.5 section 7) or a file (PS3.10 section 7).

Every length is checked against the value around it before anything is asked for; nesting, the
number of elements and inflated size are bounded. Only `ImagingError`s are raised.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from imaging.dicom.dataset import PIXEL_DATA, Dataset, Element
from imaging.dicom.dictionary import vr_for
from imaging.dicom.uid import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    SyntaxTraits,
    traits_of,
)
from imaging.errors import FormatError, ImagingError, LimitExceeded

MAX_DEPTH = 32
MAX_ELEMENTS = 400_000
MAX_INFLATED = 1 << 30
MAX_INFLATE_RATIO = 1100
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

_LONG_VRS = frozenset(
    vr.encode()
    for vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
)
_VRS = _LONG_VRS | frozenset(
    vr.encode()
    for vr in (
        "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL",
        "SS", "ST", "TM", "UI", "UL", "US",
    )
)  # fmt: skip
_VR_NAMES = {vr: vr.decode() for vr in _VRS}


@dataclass(slots=True)
class DicomFile:
    """File meta information and data set. `pixel_problem` is set when the pixel data element is
    broken although the header could be read."""

    meta: Dataset
    dataset: Dataset
    transfer_syntax_uid: str
    problem: ImagingError | None = None

    @property
    def traits(self) -> SyntaxTraits:
        return traits_of(self.transfer_syntax_uid)


def read_file(
    source: bytes | memoryview | Path,
    *,
    stop_before_pixels: bool = False,
    default_charset: str = "",
) -> DicomFile:
    """Read a Part 10 file, or a bare data set in a little endian syntax.

    A file whose end is missing still gives its header: `problem` then holds the error.
    """
    data = memoryview(source.read_bytes() if isinstance(source, Path) else source)
    if len(data) < 8:
        raise FormatError("too_short", f"{len(data)} bytes are no DICOM object")
    meta, start, syntax = _read_meta(data)
    traits = traits_of(syntax)
    body = data[start:]
    if traits.is_deflated:
        body, start = memoryview(_inflate(body)), 0
    reader = _Reader(body, traits, stop_before_pixels=stop_before_pixels, base=start)
    reader.default_charset = default_charset
    dataset, problem = reader.read_all()
    return DicomFile(meta, dataset, syntax, problem)


def split_file(data: bytes | memoryview) -> tuple[Dataset, int, str]:
    """The meta information, where the data set begins, and its transfer syntax: for those who
    pass the data set on as it is."""
    return _read_meta(memoryview(data))


def read_dataset(
    data: bytes | memoryview, transfer_syntax_uid: str, *, stop_before_pixels: bool = False
) -> Dataset:
    """A bare data set in a known syntax; raises where it is broken."""
    traits = traits_of(transfer_syntax_uid)
    body = memoryview(_inflate(memoryview(data))) if traits.is_deflated else memoryview(data)
    dataset, problem = _Reader(body, traits, stop_before_pixels=stop_before_pixels).read_all()
    if problem is not None:
        raise problem
    return dataset


def _read_meta(data: memoryview) -> tuple[Dataset, int, str]:
    """The meta information, where the data set begins, and its transfer syntax."""
    if len(data) >= 136 and bytes(data[128:132]) == b"DICM":
        start = 132
    elif bytes(data[:4]) == b"DICM":
        start = 4
    elif bytes(data[:2]) == b"\x02\x00" and bytes(data[4:6]) in _VRS:
        start = 0
    else:
        return Dataset(), 0, _guess_syntax(data)
    meta = Dataset()
    reader = _Reader(data, traits_of(EXPLICIT_LITTLE))
    end = reader.read_group2(meta, start)
    syntax = meta.text("TransferSyntaxUID")
    if not syntax:
        syntax = _guess_syntax(data[end:])
    return meta, end, syntax


def _guess_syntax(data: memoryview) -> str:
    """The layout of a data set that does not say what it is; FormatError when it is none."""
    if len(data) < 8:
        raise FormatError("not_dicom", "no DICM prefix and no data set")
    group = data[0] | data[1] << 8
    if bytes(data[4:6]) in _VRS and group in (2, 8):
        return EXPLICIT_LITTLE
    length = struct.unpack_from("<I", data, 4)[0]
    if group == 8 and data[3] == 0 and length <= len(data) - 8:
        return IMPLICIT_LITTLE
    raise FormatError("not_dicom", "no DICM prefix and no data set at the beginning", offset=0)


def _inflate(data: memoryview) -> bytes:
    """Raw deflate (PS3.5 A.5), bounded."""
    limit = min(MAX_INFLATED, max(len(data) * MAX_INFLATE_RATIO, 1 << 16))
    try:
        engine = zlib.decompressobj(-15)
        out = engine.decompress(data, limit)
    except zlib.error as error:
        raise FormatError("deflate_broken", str(error)) from error
    if engine.unconsumed_tail:
        raise LimitExceeded("inflated_size", f"the data set inflates beyond {limit} bytes")
    return out


class _Reader:
    """One pass over one data set. Positions are relative to `data`; `base` is added in errors."""

    def __init__(
        self,
        data: memoryview,
        traits: SyntaxTraits,
        *,
        stop_before_pixels: bool = False,
        base: int = 0,
    ) -> None:
        self.data = data
        self.is_implicit = traits.is_implicit
        self.is_big = traits.is_big_endian
        self.is_encapsulated = traits.is_encapsulated
        self.stop_before_pixels = stop_before_pixels
        self.base = base
        self.count = 0
        self.default_charset = ""
        order = ">" if self.is_big else "<"
        self.header = struct.Struct(order + "HHI").unpack_from
        self.short = struct.Struct(order + "H").unpack_from
        self.long = struct.Struct(order + "I").unpack_from

    def read_all(self) -> tuple[Dataset, ImagingError | None]:
        dataset = Dataset(self.is_big, default_charset=self.default_charset)
        try:
            self.read_elements(dataset, 0, len(self.data), 0, self.is_implicit)
        except ImagingError as error:
            if not dataset.elements:
                raise
            return dataset, error
        return dataset, None

    def fail(self, code: str, message: str, position: int) -> FormatError:
        return FormatError(code, message, offset=self.base + position)

    def read_group2(self, meta: Dataset, position: int) -> int:
        """Elements of group 0002 from `position`; returns where they end."""
        end = len(self.data)
        while position + 8 <= end and self.short(self.data, position)[0] == 2:
            position = self.read_element(meta, position, end, 0, False)
        return position

    def read_elements(
        self, dataset: Dataset, position: int, end: int, depth: int, is_implicit: bool
    ) -> int:
        """Until `end`, or an item delimiter; returns the position after it."""
        if depth > MAX_DEPTH:
            raise LimitExceeded(
                "nesting", f"sequences deeper than {MAX_DEPTH}", offset=self.base + position
            )
        while position < end:
            if end - position < 8:
                if not any(self.data[position:end]):
                    return end  # padding after the last element
                raise self.fail("truncated", "the element's header is cut off", position)
            group, element = self.header(self.data, position)[:2]
            tag = group << 16 | element
            if tag == ITEM_END:
                return position + 8
            if tag == SEQUENCE_END:
                return position
            if self.stop_before_pixels and tag >= PIXEL_DATA and depth == 0:
                return end
            position = self.read_element(dataset, position, end, depth, is_implicit)
        return position

    def read_element(
        self, dataset: Dataset, position: int, end: int, depth: int, is_implicit: bool
    ) -> int:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise LimitExceeded(
                "elements", f"more than {MAX_ELEMENTS}", offset=self.base + position
            )
        tag, vr, length, start = self._head(position, end, is_implicit)
        if vr == "UN":
            known = vr_for(tag)
            # UN of undefined length is an implicit little endian sequence (PS3.5 6.2.2 note 2)
            if length == UNDEFINED and not is_implicit:
                return self._sequence(dataset, tag, start, UNDEFINED, end, depth, True)
            if known == "SQ":
                return self._sequence(dataset, tag, start, length, end, depth, True)
            vr = known
        if vr == "SQ" or (length == UNDEFINED and tag != PIXEL_DATA):
            return self._sequence(dataset, tag, start, length, end, depth, is_implicit)
        if length == UNDEFINED:
            return self._fragments(dataset, tag, vr, start, end)
        if length > end - start:
            if tag == PIXEL_DATA and depth == 0:
                dataset.elements[tag] = Element(vr, self.data[start:end], offset=self.base + start)
            raise self.fail("truncated", f"({tag:08X}) is longer than what is there", position)
        dataset.elements[tag] = Element(
            vr, self.data[start : start + length], offset=self.base + start
        )
        return start + length

    def _head(self, position: int, end: int, is_implicit: bool) -> tuple[int, str, int, int]:
        group, element, length = self.header(self.data, position)
        tag: int = group << 16 | element
        if is_implicit or group == 0xFFFE:
            return tag, vr_for(tag), length, position + 8
        code = bytes(self.data[position + 4 : position + 6])
        vr = _VR_NAMES.get(code)
        if vr is None:
            if code == b"\0\0" or not code.isalpha():
                # an implicit element in an explicit data set: seen from old writers
                if length <= end - position - 8 or (length == UNDEFINED and tag == PIXEL_DATA):
                    return tag, vr_for(tag), length, position + 8
                raise self.fail("vr_unknown", f"({tag:08X}) has no value representation", position)
            vr = "UN"
        if code in _LONG_VRS or vr == "UN":
            if end - position < 12:
                raise self.fail("truncated", "the element's header is cut off", position)
            return tag, vr, self.long(self.data, position + 8)[0], position + 12
        return tag, vr, self.short(self.data, position + 6)[0], position + 8

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
        dataset.elements[tag] = Element(
            "SQ", self.data[position:position], items, offset=self.base + position
        )
        while position < limit:
            if limit - position < 8:
                raise self.fail("truncated", "an item's header is cut off", position)
            group, element, size = self.header(self.data, position)
            item_tag = group << 16 | element
            if item_tag == SEQUENCE_END:
                return position + 8
            if item_tag != ITEM:
                raise self.fail("item_expected", f"found ({item_tag:08X}) in a sequence", position)
            position += 8
            if size != UNDEFINED and size > limit - position:
                raise self.fail("truncated", "an item is longer than its sequence", position)
            item = Dataset(self.is_big, parent=dataset, default_charset=self.default_charset)
            items.append(item)
            item_end = limit if size == UNDEFINED else position + size
            position = self.read_elements(item, position, item_end, depth + 1, is_implicit)
        if length == UNDEFINED and depth == 0 and position >= len(self.data):
            raise self.fail("truncated", f"sequence ({tag:08X}) has no end", position)
        return position

    def _fragments(self, dataset: Dataset, tag: int, vr: str, position: int, end: int) -> int:
        """Encapsulated pixel data (PS3.5 A.4): the offset table is fragment 0."""
        fragments: list[memoryview] = []
        dataset.elements[tag] = Element(
            vr, self.data[position:position], fragments=fragments, offset=self.base + position
        )
        while True:
            if end - position < 8:
                raise self.fail("truncated", "pixel data has no end", position)
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
