"""Text of PS3.3 C.12.1.1.2: bytes and a Specific Character Set become a string.

Hospitals label wrongly: GBK under `ISO_IR 100`, or no label at all. Then the bytes decide: valid
UTF-8 first, GB18030 next, Latin-1 last. The raw bytes stay in the data set.
"""

import codecs
import re
from functools import lru_cache

_SINGLE = {
    "": "ascii", "ISO_IR 6": "ascii", "ISO_IR 100": "latin_1", "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3", "ISO_IR 110": "iso8859_4", "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6", "ISO_IR 126": "iso8859_7", "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9", "ISO_IR 203": "iso8859_15", "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "tis_620", "ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gb18030",
    "EUC_KR": "euc_kr",
}  # fmt: skip

# escape sequences of ISO 2022 (PS3.3 tables C.12-3, C.12-4). G0 is what bytes below 0x80 are: one
# byte a character, or the two-byte sets of JIS with the escape that their codec wants before them
_G0 = {b"\x1b(B": "", b"\x1b(J": "", b"\x1b$B": "iso2022_jp", b"\x1b$(D": "iso2022_jp_2"}
# G1 is what bytes above are. GB 18030 and code page 949 hold all of GB 2312 and KS X 1001, and
# what writers send beyond them
_G1 = {
    b"\x1b-A": "latin_1", b"\x1b-B": "iso8859_2", b"\x1b-C": "iso8859_3", b"\x1b-D": "iso8859_4",
    b"\x1b-L": "iso8859_5", b"\x1b-G": "iso8859_6", b"\x1b-F": "iso8859_7", b"\x1b-H": "iso8859_8",
    b"\x1b-M": "iso8859_9", b"\x1b-b": "iso8859_15", b"\x1b-T": "tis_620", b"\x1b)I": "shift_jis",
    b"\x1b$)C": "cp949", b"\x1b$)A": "gb18030",
}  # fmt: skip
_ESCAPE = re.compile(rb"\x1b(?:\$[()]?[A-Z]|[()\-][A-Za-z])")
_HALVES = re.compile(rb"[\x00-\x7f]+|[\x80-\xff]+")
_RESETS = re.compile(rb"(?=[\r\n\f\t])")


def labels_of(specific_character_set: bytes) -> list[str]:
    """The values of (0008,0005), cleaned of common misspellings."""
    return list(_labels(specific_character_set)) if len(specific_character_set) < 1024 else []


@lru_cache(256)
def _labels(specific_character_set: bytes) -> tuple[str, ...]:
    text = specific_character_set.decode("ascii", "replace").strip("\0 ")
    return tuple(_clean(part) for part in text.split("\\")) if text else ()


def _clean(label: str) -> str:
    label = label.strip().upper().replace("-", "_")
    label = re.sub(r"^ISO[ _]?IR[ _]?(\d+)$", r"ISO_IR \1", label)
    label = re.sub(r"^ISO[ _]2022[ _]IR[ _](\d+)$", r"ISO 2022 IR \1", label)
    return {
        "GB 18030": "GB18030",
        "GB2312": "GBK",
        "UTF_8": "ISO_IR 192",
        "UTF8": "ISO_IR 192",
    }.get(label, label)


def is_plain(raw: bytes) -> bool:
    """Whether the bytes are ASCII whatever the label says: neither high bytes nor escapes."""
    return raw.isascii() and b"\x1b" not in raw


def decode(raw: bytes, labels: list[str], *, default: str = "") -> str:
    """The string. Never raises: a byte that fits nothing becomes U+FFFD.

    `default` is the sender's usual character set, tried when the label cannot be right.
    """
    if is_plain(raw):
        return raw.decode("ascii")
    if b"\x1b" in raw:
        return _decode_escapes(raw, labels)
    first = labels[0] if labels else ""
    codec = _SINGLE.get(first.replace("ISO 2022 IR", "ISO_IR"))
    if codec and codec not in ("ascii", "latin_1"):
        text = _strictly(raw, codec)
        if text is not None:
            return text
    return _guess(raw, [*_extensions(labels), default], is_labelled=bool(codec))


def _strictly(raw: bytes, codec: str) -> str | None:
    """The text, also when its last character is cut off after others; else None."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        text = decoder.decode(raw)
    except UnicodeDecodeError:
        return None
    if decoder.getstate()[0]:
        return None if text.isascii() else text + "\ufffd"
    return text


def _extensions(labels: list[str]) -> list[str]:
    """Character sets that the label announces by escape, for writers who forget the escape."""
    known = {"ISO 2022 IR 58": "GB18030", "ISO 2022 IR 149": "EUC_KR"}
    return [known[label] for label in labels[1:] if label in known]


def _guess(raw: bytes, preferred: list[str], *, is_labelled: bool) -> str:
    """What the bytes themselves say, when the label is absent, wrong or Latin-1."""
    likely = [_SINGLE.get(_clean(label)) for label in preferred if label]
    for codec in (*likely, "utf_8"):
        text = _strictly(raw, codec) if codec else None
        if text is not None:
            return text
    text = _strictly(raw, "gb18030")
    if text is None or (is_labelled and not _all_pairs(raw)) or not _looks_han(text):
        return raw.decode("latin_1")
    return text


def _all_pairs(raw: bytes) -> bool:
    """Whether high bytes come in pairs, as in GB2312. An accented letter stands alone."""
    return all(len(run) % 2 == 0 for run in re.findall(rb"[\xa1-\xfe]+", raw)) and not re.search(
        rb"[\x80-\xa0]", raw
    )


def _looks_han(text: str) -> bool:
    foreign = [c for c in text if ord(c) > 127]
    han = sum("\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" for c in foreign)
    return bool(foreign) and han * 2 > len(foreign)


def _decode_escapes(raw: bytes, labels: list[str]) -> str:
    """An escape changes one half of the code table and leaves the other as it was."""
    first = labels[0] if labels else ""
    initial = _SINGLE.get(first.replace("ISO 2022 IR", "ISO_IR"), "ascii")
    out: list[str] = []
    for line in _RESETS.split(raw):  # a control character returns to the initial sets
        g0, g1, position = b"\x1b(B", initial, 0
        for match in _ESCAPE.finditer(line):
            out.append(_decode_run(line[position : match.start()], g0, g1))
            escape, position = match.group(), match.end()
            g0, g1 = escape if escape in _G0 else g0, _G1.get(escape, g1)
        out.append(_decode_run(line[position:], g0, g1))
    return "".join(out)


def _decode_run(run: bytes, g0: bytes, g1: str) -> str:
    if not _G0[g0]:  # every set of G1 has ASCII below it
        return run.decode(g1, "replace")
    return "".join(
        (g0 + half).decode(_G0[g0], "replace") if half[0] < 0x80 else half.decode(g1, "replace")
        for half in _HALVES.findall(run)
    )


def decode_person_name(raw: bytes, labels: list[str], *, default: str = "") -> str:
    """All groups (PS3.5 6.2.1.2). Escapes are followed over `^` and `=` as over any text: a byte
    0x5E or 0x3D inside a two-byte character is no delimiter."""
    return decode(raw, labels, default=default).strip("\0 ").rstrip("=")


def shown_name(person_name: str) -> str:
    """What people read: the ideographic group when there is one, carets as spaces or nothing."""
    groups = [group.strip() for group in person_name.split("=")]
    group = groups[1] if len(groups) > 1 and groups[1].strip("^ ") else groups[0]
    parts = [part.strip() for part in group.split("^") if part.strip()]
    joiner = "" if any("\u2e80" <= c <= "\u9fff" for c in group) else " "
    return joiner.join(parts)
