"""HL7 v2 bytes become fields: the character set from MSH-18, separators from MSH-1 and MSH-2.

Parsing of segments is the `hl7` library's; the character set, odd line ends and escapes are ours,
because hospitals bend all three.
"""

import re
from dataclasses import dataclass

import hl7

MAX_SEGMENTS = 100_000
_CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "UNICODE": "utf-8",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "GB 18030": "gb18030",
    "GB2312": "gb18030",
    "GBK": "gb18030",
    "ASCII": "",
    "8859/1": "",
    "": "",
}


class MessageRefused(Exception):
    """It cannot be taken: `code` is AE or AR, `problem` a stable word, `where` the place."""

    def __init__(self, code: str, problem: str, where: str = "") -> None:
        super().__init__(f"{problem} {where}".strip())
        self.code = code
        self.problem = problem
        self.where = where


@dataclass(frozen=True, slots=True)
class Header:
    """What an answer needs, found even in a message that cannot be parsed."""

    separator: str = "|"
    encoding_characters: str = "^~\\&"
    sending_application: str = ""
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    message_type: str = ""
    control_id: str = ""
    version: str = "2.4"
    processing_id: str = "P"
    charset_label: str = ""
    codec: str = "utf-8"


def read_header(raw: bytes) -> Header:
    """The MSH segment; an empty Header when there is none. Never raises."""
    raw = raw.lstrip(b"\r\n \xef\xbb\xbf")
    if not raw.startswith(b"MSH") or len(raw) < 8:
        return Header()
    line = re.split(rb"[\r\n]", raw, maxsplit=1)[0]
    codec, label = _codec_of(line, raw)
    text = line.decode(codec, "replace")
    separator = text[3]
    parts = [text[:3], separator, *text[4:].split(separator)]
    field = dict(enumerate(parts)).get
    return Header(
        separator=separator,
        encoding_characters=field(2) or "^~\\&",
        sending_application=field(3) or "",
        sending_facility=field(4) or "",
        receiving_application=field(5) or "",
        receiving_facility=field(6) or "",
        message_type=field(9) or "",
        control_id=(field(10) or "")[:199],
        processing_id=field(11) or "P",
        version=field(12) or "2.4",
        charset_label=label,
        codec=codec,
    )


def _codec_of(line: bytes, raw: bytes) -> tuple[str, str]:
    """MSH-18 says it; where it is empty or unknown the bytes decide: UTF-8, then GB18030."""
    parts = line[4:].split(line[3:4])
    label = parts[16].decode("ascii", "replace").split("~")[0].strip() if len(parts) > 16 else ""
    named = _CHARSETS.get(label.upper(), "")
    if named:
        return named, label
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030", label
    return "utf-8", label


class Message:
    """A parsed message with forgiving access: what is not there is an empty string."""

    def __init__(self, raw: bytes) -> None:
        self.header = read_header(raw)
        if not self.header.message_type:
            raise MessageRefused("AR", "no_header", "MSH")
        try:
            text = raw.decode(self.header.codec)
        except UnicodeDecodeError as error:
            raise MessageRefused("AE", "charset", f"byte {error.start}") from error
        lines = [s for s in re.split(r"[\r\n]+", text.lstrip("\ufeff").strip("\r\n ")) if s.strip()]
        if len(lines) > MAX_SEGMENTS:
            raise MessageRefused("AR", "too_many_segments")
        for number, line in enumerate(lines):
            if not re.match(r"[A-Z][A-Z0-9]{2}(\W|$)", line):
                raise MessageRefused("AR", "segment_malformed", f"segment {number + 1}")
        try:
            self._parsed = hl7.parse("\r".join(lines) + "\r")  # type: ignore[no-untyped-call]
        except Exception as error:  # the library raises whatever its indexing raises
            raise MessageRefused("AR", "unparsable") from error

    @property
    def kind(self) -> tuple[str, str]:
        """MSH-9: ("ORM", "O01")."""
        return self.get("MSH", 9, 1), self.get("MSH", 9, 2)

    def segments(self, name: str) -> list["Segment"]:
        return [
            Segment(segment, self.header) for segment in self._parsed if str(segment[0][0]) == name
        ]

    def first(self, name: str) -> "Segment":
        found = self.segments(name)
        return found[0] if found else Segment(None, self.header)

    def get(self, name: str, field: int, component: int = 1) -> str:
        return self.first(name).get(field, component)


class Segment:
    """One segment; components and repetitions count from 1 and 0."""

    def __init__(self, segment: "hl7.Segment | None", header: Header) -> None:
        self._segment = segment
        self._header = header

    def raw(self, field: int) -> str:
        """The field as sent, all repetitions, escapes untouched."""
        if self._segment is None or field >= len(self._segment):
            return ""
        return str(self._segment[field])

    def repetitions(self, field: int) -> list[str]:
        text = self.raw(field)
        marks = self._header.encoding_characters
        return text.split(marks[1]) if len(marks) > 1 and text else ([text] if text else [])

    def get(self, field: int, component: int = 1, repetition: int = 0) -> str:
        """One component, unescaped and trimmed; "" for what is absent and for HL7's null `""`."""
        found = self.repetitions(field)
        if repetition >= len(found):
            return ""
        return self.component(found[repetition], component)

    def component(self, text: str, component: int) -> str:
        parts = text.split(self._header.encoding_characters[:1] or "^")
        value = parts[component - 1] if component <= len(parts) else ""
        value = unescape(value, self._header).strip()
        return "" if value == '""' else value

    def text(self, field: int) -> str:
        """A TX/FT value: repetitions are lines, escapes undone."""
        return "\n".join(unescape(part, self._header) for part in self.repetitions(field)).strip()


_ESCAPED = re.compile(r"\\([^\\]{1,400}?)\\")


def unescape(text: str, header: Header) -> str:
    r"""\F\ \S\ \T\ \R\ \E\ \.br\ \Xdd..\ and formatting words (HL7 v2.4 section 2.10)."""
    if "\\" not in text:
        return text
    marks = header.encoding_characters.ljust(4)
    plain = {"F": header.separator, "S": marks[0], "R": marks[1], "E": "\\", "T": marks[3]}

    def replace(match: re.Match[str]) -> str:
        word = match.group(1)
        if word in plain:
            return plain[word]
        if word.startswith(".br") or word in (".sp", ".ce"):
            return "\n"
        if word[0] == "X":
            try:
                return bytes.fromhex(word[1:]).decode(header.codec, "replace")
            except ValueError:
                return ""
        return "" if word[0] in ".HNZCM" else match.group(0)

    return _ESCAPED.sub(replace, text)
