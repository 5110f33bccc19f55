"""The data dictionary (PS3.6 section 6) as data: `dictionary.tsv` holds tag, VR and keyword.

It lists the elements that this product reads or writes; PS3.6's full table follows with the
imaging core. An element that is not listed is UN, or LO for a private creator (PS3.5 7.8.1).
"""

from functools import cache
from pathlib import Path


@cache
def _table() -> tuple[dict[int, str], dict[str, int], dict[int, str]]:
    vr_of: dict[int, str] = {}
    tag_of: dict[str, int] = {}
    keyword_of: dict[int, str] = {}
    text = Path(__file__).with_name("dictionary.tsv").read_text("ascii")
    for line in text.splitlines():
        number, vr, keyword = line.split("\t")
        tag = int(number, 16)
        vr_of[tag], tag_of[keyword], keyword_of[tag] = vr, tag, keyword
    return vr_of, tag_of, keyword_of


def vr_for(tag: int) -> str:
    """The dictionary's VR; `UN` for what it does not know."""
    if tag & 0xFFFF == 0:
        return "UL"
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    if tag >> 24 == 0x60:
        return {0x3000: "OW", 0x0010: "US", 0x0011: "US", 0x0050: "SS"}.get(tag & 0xFFFF, "UN")
    return _table()[0].get(tag, "UN")


def tag_for(keyword: str) -> int:
    """The tag of a PS3.6 keyword. KeyError is a bug of ours."""
    return _table()[1][keyword]


def keyword_for(tag: int) -> str:
    """The keyword, or an empty string."""
    return _table()[2].get(tag, "")
