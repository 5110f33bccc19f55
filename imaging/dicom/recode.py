"""A data set that was read is written again, in any transfer syntax (PS3.5 section 7, annex A).

Values stay the bytes they were; only byte order, VR fields and lengths change. So text keeps its
character set, and private elements stay what they are.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, cast, get_args

import numpy as np

from imaging.dicom.dataset import PIXEL_DATA, Dataset, Element, EncapsulatedElement
from imaging.dicom.dictionary import vr_for
from imaging.dicom.elements import LONG_VRS, UNDEFINED
from imaging.dicom.uid import SyntaxTraits, traits_of
from imaging.errors import FormatError

GROUP_LENGTH = 0x0000
EXTENDED_OFFSETS, EXTENDED_LENGTHS = 0x7FE00001, 0x7FE00002
OffsetTable = Literal["basic", "extended", "none"]

_WORD_BYTES = {
    "AT": 2, "OW": 2, "SS": 2, "US": 2, "FL": 4, "OF": 4, "OL": 4, "SL": 4, "UL": 4,
    "FD": 8, "OD": 8, "OV": 8, "SV": 8, "UV": 8,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """How to write what the transfer syntax leaves open: sequences and items of undefined length
    instead of counted ones."""

    has_undefined_lengths: bool = False


def write_elements(dataset: Dataset, transfer_syntax_uid: str, form: Form = Form()) -> bytes:
    """The data set in this syntax, deflated where it says so. FormatError when the pixel data is
    encapsulated and the syntax is native, or the other way round."""
    traits = traits_of(transfer_syntax_uid)
    pixels = dataset.elements.get(PIXEL_DATA)
    if pixels is not None and (pixels.fragments is not None) != traits.is_encapsulated:
        raise FormatError("recode_pixels", "the pixel data is not in the form of this syntax")
    body = b"".join(_elements(dataset, traits, form))
    if not traits.is_deflated:
        return body
    engine = zlib.compressobj(wbits=-15)
    packed = engine.compress(body) + engine.flush()
    return packed + b"\0" * (len(packed) & 1)


def table_named(name: str) -> OffsetTable:
    """FormatError for a name that is none of the three."""
    for known in get_args(OffsetTable):
        if name == known:
            return cast("OffsetTable", name)
    raise FormatError("offset_table", f"{name[:40]!r} is none of basic, extended, none")


def encapsulate(
    frames: Sequence[bytes], *, table: OffsetTable = "basic", fragment_bytes: int | None = None
) -> tuple[Element, dict[int, Element]]:
    """Codestreams as a Pixel Data element (PS3.5 A.4), and the elements that go with it: the
    extended offset table, when that is asked for. `fragment_bytes` (even) cuts each frame."""
    pieces = [_cut(frame + b"\0" * (len(frame) & 1), fragment_bytes) for frame in frames]
    sizes = [sum(8 + len(piece) for piece in frame) for frame in pieces]
    offsets = list(accumulate(sizes, initial=0))[:-1]
    basic = struct.pack(f"<{len(offsets)}I", *offsets) if table == "basic" else b""
    extra = {}
    if table == "extended":
        if any(len(frame) > 1 for frame in pieces):
            raise FormatError("offset_table", "extended offsets need one fragment a frame")
        lengths = struct.pack(f"<{len(frames)}Q", *(len(frame[0]) for frame in pieces))
        extra[EXTENDED_OFFSETS] = Element(
            "OV", memoryview(struct.pack(f"<{len(offsets)}Q", *offsets))
        )
        extra[EXTENDED_LENGTHS] = Element("OV", memoryview(lengths))
    fragments = [memoryview(basic), *(memoryview(piece) for frame in pieces for piece in frame)]
    return EncapsulatedElement("OB", fragments), extra


def _cut(frame: bytes, size: int | None) -> list[bytes]:
    if not size or len(frame) <= size:
        return [frame]
    return [frame[at : at + size] for at in range(0, len(frame), size)]


def _elements(dataset: Dataset, traits: SyntaxTraits, form: Form) -> list[bytes]:
    out = []
    for tag in sorted(dataset.elements):
        if tag & 0xFFFF == GROUP_LENGTH:  # retired, and no longer true
            continue
        element = dataset.elements[tag]
        if element.items is not None:
            out += _sequence(tag, element.items, traits, form)
        elif element.fragments is not None:
            out += write_fragments(tag, element, traits)
        else:
            is_swapped = dataset.is_big_endian != traits.is_big_endian
            value = swap(element.vr, element.raw) if is_swapped else bytes(element.raw)
            out.append(_head(tag, element.vr, len(value) + (len(value) & 1), traits))
            out.append(value + _padding(element.vr) * (len(value) & 1))
    return out


def _padding(vr: str) -> bytes:
    return b"\0" if vr in ("UI", "OB", "UN") else b" "


def _head(tag: int, vr: str, length: int, traits: SyntaxTraits) -> bytes:
    order = ">" if traits.is_big_endian else "<"
    group, element = tag >> 16, tag & 0xFFFF
    if traits.is_implicit or group == 0xFFFE:
        return struct.pack(order + "HHI", group, element, length)
    if vr not in LONG_VRS and length > 0xFFFF:
        vr = "UN"  # too long for its own VR's length field (PS3.5 6.2.2)
    if vr in LONG_VRS:
        return struct.pack(order + "HH2sHI", group, element, vr.encode(), 0, length)
    return struct.pack(order + "HH2sH", group, element, vr.encode(), length)


def _sequence(tag: int, items: Sequence[Dataset], traits: SyntaxTraits, form: Form) -> list[bytes]:
    # an implicit sequence that no dictionary knows is only recognised by its undefined length
    is_open = form.has_undefined_lengths or (traits.is_implicit and vr_for(tag) != "SQ")
    body = []
    for item in items:
        inner = b"".join(_elements(item, traits, form))
        body += [_head(0xFFFEE000, "", UNDEFINED if is_open else len(inner), traits), inner]
        if is_open:
            body.append(_head(0xFFFEE00D, "", 0, traits))
    if is_open:
        return [_head(tag, "SQ", UNDEFINED, traits), *body, _head(0xFFFEE0DD, "", 0, traits)]
    return [_head(tag, "SQ", sum(map(len, body)), traits), *body]


def write_fragments(tag: int, element: Element, traits: SyntaxTraits) -> list[bytes]:
    """Fragments are byte streams: their order never changes."""
    out = [_head(tag, "OB", UNDEFINED, traits)]
    for fragment in element.fragments or []:
        padding = b"\0" * (len(fragment) & 1)
        out += [_head(0xFFFEE000, "", len(fragment) + len(padding), traits), bytes(fragment)]
        out.append(padding)
    return [*out, _head(0xFFFEE0DD, "", 0, traits)]


def swap(vr: str, raw: bytes | memoryview) -> bytes:
    """The value in the other byte order (PS3.5 7.3)."""
    size = _WORD_BYTES.get(vr, 1)
    if size == 1:
        return bytes(raw)
    whole = len(raw) // size * size
    words = np.frombuffer(raw[:whole], f"u{size}").byteswap()
    return words.tobytes() + bytes(raw[whole:])
