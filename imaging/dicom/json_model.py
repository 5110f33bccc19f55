"""A data set becomes the DICOM JSON model and back (PS3.18 annex F).

Bytes go inline as base64 up to a limit; longer ones, and encapsulated pixel data, become a bulk
data URI that the caller names, or only their VR. A data set that comes from JSON is explicit
little endian in UTF-8. FormatError for anything that the model does not allow.
"""

import base64
import binascii
import math
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any

from imaging.dicom.dataset import NUMBER_FORMATS, Dataset, Element, SequenceElement
from imaging.dicom.dictionary import tag_for
from imaging.dicom.elements import LONG_VRS, MAX_DEPTH, SHORT_VRS
from imaging.dicom.recode import swap
from imaging.errors import FormatError, LimitExceeded

Json = dict[str, Any]
Path = tuple[int, ...]
"""Where an element is: its tag, or sequence tag, item number and so on down to its tag."""
BulkUri = Callable[[Path], str | None]
MAX_INLINE = 1 << 16

_BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_ONE_TEXT = frozenset(("LT", "ST", "UT", "UR"))
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_INTEGERS = frozenset(("SL", "SS", "UL", "US", "SV", "UV"))
_VRS = LONG_VRS | SHORT_VRS
_CHARSET = 0x00080005
_MOST_DECIMALS = 16  # characters of a DS (PS3.5 6.2)
_LARGEST = 1e300  # a whole number beyond is no float for its reader


def to_json(
    dataset: Dataset,
    *,
    bulk_uri: BulkUri | None = None,
    max_inline: int = MAX_INLINE,
    above: Path = (),
) -> Json:
    """The model of F.2: tag -> {vr, Value | InlineBinary | BulkDataURI}. Group lengths are left
    out, and Specific Character Set says UTF-8, as F.2.1.1.1 wants. `above` is the path of the item
    that `dataset` is."""
    out: Json = {}
    for tag in sorted(dataset.elements):
        if tag & 0xFFFF:
            out[f"{tag:08X}"] = attribute_json(
                dataset, (*above, tag), bulk_uri=bulk_uri, max_inline=max_inline
            )
    return out


def attribute_json(
    dataset: Dataset,
    path: Path,
    *,
    bulk_uri: BulkUri | None = None,
    max_inline: int = MAX_INLINE,
) -> Json:
    """One attribute of the data set, by its tag or, in an item, the whole path to it."""
    tag = path[-1]
    element = dataset.elements.look(tag)
    out: Json = {"vr": element.vr}
    if tag == _CHARSET:
        out["Value"] = ["ISO_IR 192"]
    elif element.items is not None:
        items = [
            to_json(item, bulk_uri=bulk_uri, max_inline=max_inline, above=(*path, number))
            for number, item in enumerate(element.items)
        ]
        if items:
            out["Value"] = items
    elif element.fragments is not None or element.vr in _BINARY:
        out.update(_to_binary(dataset, element, path, bulk_uri, max_inline))
    else:
        values = _to_values(dataset, tag, element)
        if any(value is not None for value in values):
            out["Value"] = values
    return out


def _to_binary(
    dataset: Dataset, element: Element, path: Path, bulk_uri: BulkUri | None, max_inline: int
) -> Json:
    if element.fragments is None and element.size <= max_inline:
        raw = swap(element.vr, element.raw) if dataset.is_big_endian else bytes(element.raw)
        return {"InlineBinary": base64.b64encode(raw).decode()} if raw else {}
    uri = bulk_uri(path) if bulk_uri is not None else None
    return {"BulkDataURI": uri} if uri is not None else {}


def _to_values(dataset: Dataset, tag: int, element: Element) -> list[Any]:
    if not element.size:
        return []
    if element.vr == "PN":
        return [_to_name(text) for text in dataset.texts(tag)]
    if element.vr == "AT":
        pairs = struct.iter_unpack(
            ">HH" if dataset.is_big_endian else "<HH", element.raw[: len(element.raw) // 4 * 4]
        )
        return [f"{group:04X}{number:04X}" for group, number in pairs]
    texts = dataset.texts(tag)
    if element.vr in NUMBER_FORMATS or element.vr in ("DS", "IS"):
        return [_to_number(text, is_whole=element.vr in _INTEGERS | {"IS"}) for text in texts]
    return [text or None for text in texts]


def _to_number(text: str, *, is_whole: bool) -> int | float | str | None:
    """A JSON number; what is none (NaN, infinity, a broken DS) stays text (F.2.3.1)."""
    if not text:
        return None
    try:
        number = int(text) if is_whole else float(text)
    except ValueError:
        return text
    return number if abs(number) <= _LARGEST and math.isfinite(number) else text


def _to_name(text: str) -> Json | None:
    groups = [group.rstrip("^ ") for group in text.split("=")[:3]]
    out = {name: group for name, group in zip(_GROUPS, groups, strict=False) if group}
    return out or None


def from_json(model: Mapping[str, Any], *, bulk: Callable[[str], bytes] | None = None) -> Dataset:
    """A data set of the model; `bulk` fetches what a BulkDataURI names."""
    return _from_object(model, None, bulk, 0)


def _from_object(
    model: Any, parent: Dataset | None, bulk: Callable[[str], bytes] | None, depth: int
) -> Dataset:
    if depth > MAX_DEPTH:
        raise LimitExceeded("nesting", f"sequences deeper than {MAX_DEPTH}")
    if not isinstance(model, Mapping):
        raise FormatError("json_model", "a data set must be an object")
    dataset = Dataset(parent=parent)
    for name, attribute in model.items():
        tag = _tag_of(name)
        if not isinstance(attribute, Mapping):
            raise FormatError("json_model", f"{name}: an attribute must be an object")
        vr = attribute.get("vr")
        if vr not in _VRS:
            raise FormatError("json_model", f"{name}: no such value representation")
        dataset.elements[tag] = _from_attribute(dataset, name, vr, attribute, bulk, depth)
    if depth == 0 and dataset.elements:
        dataset.elements[_CHARSET] = Element("CS", memoryview(b"ISO_IR 192"))
    return dataset


def _tag_of(name: Any) -> int:
    """Eight hexadecimal digits, or a keyword (F.2.2)."""
    if not isinstance(name, str):
        raise FormatError("json_model", "a tag must be text")
    if len(name) == 8 and all(digit in "0123456789abcdefABCDEF" for digit in name):
        return int(name, 16)
    try:
        return tag_for(name)
    except KeyError:
        raise FormatError("json_model", f"{name[:64]!r} is no tag") from None


def _from_attribute(
    dataset: Dataset,
    name: str,
    vr: str,
    attribute: Mapping[str, Any],
    bulk: Callable[[str], bytes] | None,
    depth: int,
) -> Element:
    values = attribute.get("Value", [])
    if not isinstance(values, list):
        raise FormatError("json_model", f"{name}: Value must be a list")
    if vr == "SQ":
        items = [_from_object(item or {}, dataset, bulk, depth + 1) for item in values]
        return SequenceElement(items)
    raw = _from_binary(name, attribute, bulk)
    if raw is None:
        raw = _from_values(name, vr, values)
    return Element(vr, memoryview(raw))


def _from_binary(
    name: str, attribute: Mapping[str, Any], bulk: Callable[[str], bytes] | None
) -> bytes | None:
    if "InlineBinary" in attribute:
        try:
            return base64.b64decode(attribute["InlineBinary"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise FormatError("json_model", f"{name}: InlineBinary is not base64") from None
    uri = attribute.get("BulkDataURI")
    if uri is None:
        return None
    if bulk is None or not isinstance(uri, str):
        raise FormatError("json_model", f"{name}: bulk data cannot be fetched")
    return bulk(uri)


def _from_values(name: str, vr: str, values: list[Any]) -> bytes:
    try:
        if vr == "AT":
            return b"".join(struct.pack("<HH", int(v[:4], 16), int(v[4:8], 16)) for v in values)
        if vr in NUMBER_FORMATS:
            code, _ = NUMBER_FORMATS[vr]
            kind = int if vr in _INTEGERS else float
            return struct.pack(f"<{len(values)}{code}", *(kind(value) for value in values))
        if vr in _BINARY and values:
            raise FormatError("json_model", f"{name}: bytes need InlineBinary")
        if vr in _ONE_TEXT and len(values) > 1:
            raise FormatError("json_model", f"{name}: {vr} holds one value")
        raw = "\\".join(_from_text(vr, value) for value in values).encode()
    except (TypeError, ValueError, IndexError, struct.error, OverflowError) as error:
        raise FormatError("json_model", f"{name}: {error}") from error
    return raw + (b"\0" if vr == "UI" else b" ") * (len(raw) & 1)


def _from_text(vr: str, value: Any) -> str:
    if value is None:
        return ""
    if vr == "PN":
        if not isinstance(value, Mapping):
            raise TypeError("a person name must be an object")
        return "=".join(str(value.get(group, "")) for group in _GROUPS).rstrip("=")
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of {vr}")


def _decimal(value: float) -> str:
    """As many digits as the number has and a DS holds."""
    text = repr(value).removesuffix(".0")
    if len(text) > _MOST_DECIMALS:
        text = re.sub(r"^(-?)0\.", r"\1.", text)  # ".5" is a DS too
    digits = 15
    while len(text) > _MOST_DECIMALS and digits > 8:
        text = f"{value:.{digits}g}"
        digits -= 1
    return text
