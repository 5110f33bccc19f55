"""The headers of a series become one small JSON object for the tag browser (docs/web-format.md):
what all files share once, and of each file only where it differs, in the attributes of the DICOM
JSON model (PS3.18 annex F).

Pixel data and long bytes are left out with their size; long sequences are cut, and say so.
"""

import gzip
import json
import math
from typing import Any

from imaging.dicom.dataset import Dataset
from imaging.dicom.dictionary import keyword_for
from imaging.dicom.json_model import Json, attribute_json

MAX_INLINE = 256  # bytes of an unknown or private element
MAX_TEXT = 2_000
MAX_ITEMS = 48
MAX_ELEMENTS = 3_000
MAX_BYTES = 16 << 20  # of all JSON before it is packed; later files then keep only what is shared
_CHARSET = 0x00080005


class TagPack:
    """`add` every file of a series, then `pack`. Not for several threads at once."""

    def __init__(self) -> None:
        self._first: Dataset | None = None
        self._common: Json = {}
        self._own: dict[str, Json] = {}
        self._bytes = 0

    def add(self, sop_instance_uid: str, dataset: Dataset) -> None:
        tags = [tag for tag in sorted(dataset.elements) if tag & 0xFFFF][:MAX_ELEMENTS]
        if self._first is None:
            self._first = dataset
            self._common = {_name(tag): describe(dataset, tag) for tag in tags}
            self._own[sop_instance_uid] = {}
            return
        if self._bytes > MAX_BYTES:
            return
        own: Json = {}
        present = set()
        for tag in tags:
            name = _name(tag)
            present.add(name)
            if _is_same(self._first, dataset, tag):
                continue
            attribute = describe(dataset, tag)
            if attribute != self._common.get(name):
                own[name] = attribute
        own.update({name: None for name in self._common if name not in present})
        self._own[sop_instance_uid] = own
        self._bytes += len(_dumps(own))

    def pack(self) -> bytes:
        """gzip of the JSON; empty when no file was added."""
        if self._first is None:
            return b""
        tags = {tag for one in (self._common, *self._own.values()) for tag in _tags_in(one)}
        body = {
            "names": {tag: name for tag in sorted(tags) if (name := keyword_for(int(tag, 16)))},
            "common": self._common,
            "instances": self._own,
        }
        return gzip.compress(_dumps(body), 6, mtime=0)


def describe(dataset: Dataset, tag: int) -> Json:
    """The attribute; `Size` in bytes where its value is left out, `More` items where it is cut."""
    element = dataset.elements[tag]
    if element.items is not None:
        items = [_item(item) for item in element.items[:MAX_ITEMS]]
        more = len(element.items) - len(items)
        return {"vr": "SQ", "Value": items} | ({"More": more} if more else {})
    if element.fragments is not None:
        return {"vr": element.vr, "Size": sum(len(part) for part in element.fragments)}
    is_text = element.vr in ("UT", "LT", "ST", "UC", "UR")
    if element.size > (MAX_TEXT if is_text else MAX_INLINE) and not _is_short(element.vr):
        return {"vr": element.vr, "Size": element.size}
    return attribute_json(dataset, (tag,), max_inline=MAX_INLINE)


def _is_short(vr: str) -> bool:
    """Texts of limited length: many values of them are still worth reading."""
    return vr in ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UI")


def _item(item: Dataset) -> Json:
    tags = [tag for tag in sorted(item.elements) if tag & 0xFFFF][:MAX_ELEMENTS]
    return {_name(tag): describe(item, tag) for tag in tags}


def _is_same(first: Dataset, other: Dataset, tag: int) -> bool:
    """Whether the bytes are, which is quicker than asking what they mean."""
    a, b = first.elements.find(tag), other.elements.find(tag)
    if a is None or b is None or a.items is not None or b.items is not None:
        return False
    if a.fragments is not None or b.fragments is not None:
        return False
    is_read_alike = (
        a.vr == b.vr
        and first.is_big_endian == other.is_big_endian
        and first.raw(_CHARSET) == other.raw(_CHARSET)
    )
    return is_read_alike and a.size == b.size and a.raw == b.raw


def _tags_in(attributes: Json) -> set[str]:
    found = set(attributes)
    for attribute in attributes.values():
        if attribute is not None and attribute["vr"] == "SQ":
            items: list[Any] = attribute.get("Value", [])
            for item in items:
                found |= _tags_in(item)
    return found


def _dumps(value: Any) -> bytes:
    """JSON, in which a number that is none becomes null."""

    def text(what: Any) -> str:
        return json.dumps(what, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    try:
        written = text(value)
    except ValueError:
        written = text(_finite(value))
    return written.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _name(tag: int) -> str:
    return f"{tag:08X}"
