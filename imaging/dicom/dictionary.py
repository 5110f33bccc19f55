"""The data dictionary (PS3.6 sections 6 to 8) as data: `dictionary.tsv` holds tag, VR and keyword.

A digit `x` of a tag stands for any (repeating groups and the like). Where the standard leaves a
choice, `US|SS` follows Pixel Representation and `OB|OW` is OW in an implicit data set (PS3.5 A.1).
An element that is not listed is UN, or LO for a private creator (PS3.5 7.8.1).
"""

from functools import cache, lru_cache
from pathlib import Path

_CHOICES = {"US|SS": "US", "OB|OW": "OW", "US|OW": "OW", "US|SS|OW": "OW"}
_SIGNED = frozenset(("US|SS", "US|SS|OW"))


class _Table:
    """Plain tags by number; tags with an `x` by their mask and their other digits."""

    def __init__(self, text: str) -> None:
        self.entry_of: dict[int, tuple[str, str]] = {}
        self.tag_of: dict[str, int] = {}
        self.masked: dict[int, dict[int, tuple[str, str]]] = {}
        for line in text.splitlines():
            digits, vr, keyword = line.split("\t")
            tag = int(digits.replace("x", "0"), 16)
            self.tag_of[keyword] = tag
            if "x" not in digits:
                self.entry_of[tag] = vr, keyword
                continue
            mask = int("".join("0" if digit == "x" else "F" for digit in digits), 16)
            self.masked.setdefault(mask, {})[tag] = vr, keyword

    def find(self, tag: int) -> tuple[str, str] | None:
        entry = self.entry_of.get(tag)
        if entry is None and not tag >> 16 & 1:
            for mask, entries in self.masked.items():
                entry = entries.get(tag & mask)
                if entry is not None:
                    return entry
        return entry


@cache
def _table() -> _Table:
    return _Table(Path(__file__).with_name("dictionary.tsv").read_text("ascii"))


def private_vr(tag: int) -> str:
    """Of an odd group, about which the dictionary says nothing, or of a group's length."""
    if tag & 0xFFFF == 0:
        return "UL"
    return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"


@lru_cache(1 << 14)
def vr_for(tag: int, *, is_signed: bool = False) -> str:
    """The dictionary's VR; `UN` for what it does not know. `is_signed` is what Pixel
    Representation says, for the elements whose VR depends on it."""
    if tag & 0xFFFF == 0 or tag >> 16 & 1:
        return private_vr(tag)
    entry = _table().find(tag)
    if entry is None:
        return "UN"
    vr = entry[0]
    if is_signed and vr in _SIGNED:
        return "SS"
    return _CHOICES.get(vr, vr)


@lru_cache(1 << 14)
def follows_pixel_representation(tag: int) -> bool:
    """Whether the element is US or SS, as its data set's pixels are."""
    entry = _table().find(tag)
    return entry is not None and entry[0] in _SIGNED


def special_tags() -> dict[int, bool]:
    """Tags without an `x` that the dictionary gives more than a plain VR: whether it is a sequence;
    otherwise it follows Pixel Representation."""
    return {
        tag: vr == "SQ" for tag, (vr, _) in _table().entry_of.items() if vr == "SQ" or vr in _SIGNED
    }


def tag_for(keyword: str) -> int:
    """The tag of a PS3.6 keyword, an `x` digit as 0. KeyError is a bug of ours."""
    return _table().tag_of[keyword]


def keyword_for(tag: int) -> str:
    """The keyword, or an empty string."""
    entry = _table().find(tag)
    return "" if entry is None else entry[1]
