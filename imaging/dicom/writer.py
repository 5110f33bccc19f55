"""A data set becomes bytes: elements sorted by tag, even lengths, explicit or implicit VR, and a
Part 10 file around it (PS3.5 section 7, PS3.10 section 7.1)."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from imaging.dicom.dictionary import tag_for, vr_for
from imaging.dicom.elements import LONG_VRS
from imaging.dicom.recode import encapsulate, write_fragments
from imaging.dicom.uid import (
    EXPLICIT_LITTLE,
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION,
    SyntaxTraits,
    traits_of,
)

_NUMBERS = {
    "US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q",
}  # fmt: skip
_CODECS = {
    "ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gbk", "ISO_IR 100": "latin-1",
}  # fmt: skip

Value = str | int | float | bytes | Sequence[Any]


def file_prefix(
    *, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str, source_ae: str = ""
) -> bytes:
    """Preamble, `DICM` and file meta information; the data set follows as it was sent."""
    meta: dict[str, Value] = {
        "FileMetaInformationVersion": b"\0\1",
        "MediaStorageSOPClassUID": sop_class_uid,
        "MediaStorageSOPInstanceUID": sop_instance_uid,
        "TransferSyntaxUID": transfer_syntax_uid,
        "ImplementationClassUID": IMPLEMENTATION_CLASS_UID,
        "ImplementationVersionName": IMPLEMENTATION_VERSION,
    }
    if source_ae:
        meta["SourceApplicationEntityTitle"] = source_ae
    body = write_dataset(meta, EXPLICIT_LITTLE)
    length = _element(0x00020000, "UL", struct.pack("<I", len(body)), traits_of(EXPLICIT_LITTLE))
    return bytes(128) + b"DICM" + length + body


def write_file(
    values: Mapping[str, Value], transfer_syntax_uid: str, *, source_ae: str = ""
) -> bytes:
    """A whole Part 10 file from values by keyword; `PixelData` as bytes, or a list of frames'
    codestreams for an encapsulated syntax."""
    prefix = file_prefix(
        sop_class_uid=str(values["SOPClassUID"]),
        sop_instance_uid=str(values["SOPInstanceUID"]),
        transfer_syntax_uid=transfer_syntax_uid,
        source_ae=source_ae,
    )
    return prefix + write_dataset(values, transfer_syntax_uid)


def write_dataset(values: Mapping[str, Value], transfer_syntax_uid: str) -> bytes:
    """The data set alone."""
    traits = traits_of(transfer_syntax_uid)
    charset = str(values.get("SpecificCharacterSet", ""))
    body = _write(values, traits, _CODECS.get(charset, "ascii"))
    if not traits.is_deflated:
        return body
    engine = zlib.compressobj(wbits=-15)
    packed = engine.compress(body) + engine.flush()
    return packed + b"\0" * (len(packed) & 1)


def _write(values: Mapping[str, Value], traits: SyntaxTraits, codec: str) -> bytes:
    out = []
    for tag, value in sorted((tag_for(keyword), value) for keyword, value in values.items()):
        vr = vr_for(tag)
        if vr == "SQ":
            assert not isinstance(value, str | bytes | int | float)
            out.append(_sequence(tag, value, traits, codec))
        elif tag == 0x7FE00010 and traits.is_encapsulated:
            assert isinstance(value, list)
            out += write_fragments(tag, encapsulate(value)[0], traits)
        else:
            out.append(_element(tag, vr, _value(vr, value, traits, codec), traits))
    return b"".join(out)


def _value(vr: str, value: Value, traits: SyntaxTraits, codec: str) -> bytes:
    if isinstance(value, bytes):
        return value + b"\0" * (len(value) & 1)
    several: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
    order = ">" if traits.is_big_endian else "<"
    if vr == "AT":
        return b"".join(struct.pack(order + "HH", tag >> 16, tag & 0xFFFF) for tag in several)
    if vr in _NUMBERS:
        return struct.pack(order + _NUMBERS[vr] * len(several), *several)
    raw = "\\".join(_text(part) for part in several).encode(codec)
    return raw + (b"\0" if vr == "UI" else b" ") * (len(raw) & 1)


def _text(part: Any) -> str:
    if isinstance(part, float):
        return f"{part:.10g}"  # a DS has at most 16 characters
    return str(part)


def _element(tag: int, vr: str, value: bytes, traits: SyntaxTraits) -> bytes:
    order = ">" if traits.is_big_endian else "<"
    group, element = tag >> 16, tag & 0xFFFF
    if traits.is_implicit:
        return struct.pack(order + "HHI", group, element, len(value)) + value
    if vr in LONG_VRS:
        return struct.pack(order + "HH2sHI", group, element, vr.encode(), 0, len(value)) + value
    return struct.pack(order + "HH2sH", group, element, vr.encode(), len(value)) + value


def _sequence(tag: int, items: Sequence[Any], traits: SyntaxTraits, codec: str) -> bytes:
    order = ">" if traits.is_big_endian else "<"
    body = b""
    for item in items:
        inner = _write(item, traits, codec)
        body += struct.pack(order + "HHI", 0xFFFE, 0xE000, len(inner)) + inner
    return _element(tag, "SQ", body, traits)
