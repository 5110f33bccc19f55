"""HL7 v2 bytes become fields: the character set from MSH-18, separators from MSH-1 and MSH-2.

The parser is ours: it decodes a segment at a time and splits a field only as far as it is asked
for, so that a segment of 50 MB or a hundred thousand sub-components cost no more than their bytes
(docs/decisions/0025).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_SEGMENTS = 100_000
MAX_FIELDS = 1000
MAX_REPETITIONS = 10_000
MAX_TEXT = 1 << 20  # characters of a text; a PDF's base64 is none
DEFAULT_MARKS = "^~\\&"
_CHARSETS = {
    "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UTF8": "utf-8", "UNICODE": "utf-8",
    "GB 18030-2000": "gb18030", "GB18030-2000": "gb18030", "GB18030": "gb18030",
    "GB 18030": "gb18030", "GB2312": "gb18030", "GB 2312": "gb18030", "GBK": "gb18030",
    "BIG-5": "big5", "BIG5": "big5",
    "ASCII": "", "8859/1": "", "": "",
}  # fmt: skip
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(\W|$)")
_GLUED = re.compile(r"(?:PID|PV1|ORC|OBR|OBX|EVN|TXA)\W")


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
    encoding_characters: str = DEFAULT_MARKS
    sending_application: str = ""
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    message_type: str = ""
    control_id: str = ""
    version: str = "2.4"
    processing_id: str = "P"
    accept_ack: str = ""
    application_ack: str = ""
    charset_label: str = ""
    codec: str = "utf-8"

    def mark(self, number: int) -> str:
        """Component, repetition, escape, sub-component; "" where the sender has none."""
        return self.encoding_characters[number : number + 1]

    @property
    def kind(self) -> tuple[str, str]:
        """MSH-9: ("ORM", "O01"); ("ACK", "") where there is no event."""
        parts = self.message_type.split(self.mark(0) or "^")
        return parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""

    @property
    def is_enhanced(self) -> bool:
        """Either acknowledgement condition is valued (HL7 v2.4 section 2.9.3)."""
        return bool(self.accept_ack or self.application_ack)


def _no_default(_: str) -> str:
    return ""


def read_header(raw: bytes, default_charset: Callable[[str], str] = _no_default) -> Header:
    """The MSH segment; an empty Header when there is none. Never raises. `default_charset` says
    what a sending application (MSH-3) means when it names no character set."""
    raw = raw.lstrip(b"\r\n \xef\xbb\xbf")
    if not raw.startswith(b"MSH") or len(raw) < 8:
        return Header()
    end = re.search(rb"[\r\n]", raw)
    line = raw[: end.start()] if end else raw
    text = _guessed(line[: 1 << 16])
    separator = text[3]
    parts = text[4:].split(separator, 30)
    field = dict(enumerate(["MSH", separator, *parts])).get
    label = (field(18) or "").split((field(2) or DEFAULT_MARKS)[1:2] or "~")[0].strip()
    application = (field(3) or "").strip()
    codec = _CHARSETS.get(label.upper(), "")
    if not codec and default_charset(application):
        codec = _CHARSETS.get(default_charset(application).upper(), "")
    return Header(
        separator=separator,
        encoding_characters=field(2) or DEFAULT_MARKS,
        sending_application=application,
        sending_facility=(field(4) or "").strip(),
        receiving_application=(field(5) or "").strip(),
        receiving_facility=(field(6) or "").strip(),
        message_type=(field(9) or "").strip(),
        control_id=(field(10) or "").strip()[:199],
        processing_id=field(11) or "P",
        version=(field(12) or "2.4").strip(),
        accept_ack=_condition(field(15)),
        application_ack=_condition(field(16)),
        charset_label=label,
        codec=codec or _codec_of(raw),
    )


def _condition(text: str | None) -> str:
    word = (text or "").strip().upper()
    return "" if word == '""' else word


def _guessed(line: bytes) -> str:
    """MSH as text before its character set is known: GB18030 holds bytes that look like
    separators, so that it cannot be split undecoded."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("gb18030", "replace")


def _codec_of(raw: bytes) -> str:
    """MSH-18 says nothing: the bytes decide, UTF-8, then GB18030."""
    if raw.isascii():
        return "utf-8"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


class Message:
    """A parsed message with forgiving access: what is not there is an empty string."""

    def __init__(self, raw: bytes, default_charset: Callable[[str], str] = _no_default) -> None:
        self.header = read_header(raw, default_charset)
        if not self.header.message_type:
            raise MessageRefused("AR", "no_header", "MSH")
        _check_marks(self.header)
        self.all = list(self._read(raw))
        if [segment.name for segment in self.all].count("MSH") > 1:
            raise MessageRefused("AR", "several_messages", "MSH")
        if len(self.all) == 1 and _GLUED.search(self.all[0].raw_tail()):
            raise MessageRefused("AR", "segments_not_separated", "MSH")

    def _read(self, raw: bytes) -> "Iterator[Segment]":
        header = self.header
        count = 0
        for match in re.finditer(rb"[^\r\n]+", raw.lstrip(b"\xef\xbb\xbf")):
            try:
                line = match.group().decode(header.codec)
            except UnicodeDecodeError as error:
                where = f"byte {match.start() + error.start}"
                raise MessageRefused("AE", "charset", where) from error
            if not line.strip():
                continue
            count += 1
            if count > MAX_SEGMENTS:
                raise MessageRefused("AR", "too_many_segments")
            line = line.lstrip(" ")
            if not _SEGMENT.match(line):
                raise MessageRefused("AR", "segment_malformed", f"segment {count}")
            if line.count(header.separator) > MAX_FIELDS:
                raise MessageRefused("AR", "too_many_fields", f"segment {count}")
            yield Segment(line.split(header.separator), header)

    @property
    def kind(self) -> tuple[str, str]:
        """MSH-9: ("ORM", "O01")."""
        return self.header.kind

    def segments(self, name: str) -> list["Segment"]:
        return [segment for segment in self.all if segment.name == name]

    def first(self, name: str) -> "Segment":
        found = (segment for segment in self.all if segment.name == name)
        return next(found, Segment([""], self.header))

    def get(self, name: str, field: int, component: int = 1) -> str:
        return self.first(name).get(field, component)


def _check_marks(header: Header) -> None:
    """Separators that are letters, controls or not told apart cannot be meant."""
    marks = header.separator + header.encoding_characters
    is_odd = any(c.isalnum() or c.isspace() or not c.isprintable() for c in marks)
    if is_odd or len(set(marks)) != len(marks) or len(marks) > 6:
        raise MessageRefused("AR", "encoding_characters", "MSH-2")


class Segment:
    """One segment; fields and components count from 1, repetitions from 0."""

    __slots__ = ("_fields", "_header", "name")

    def __init__(self, parts: list[str], header: Header) -> None:
        self.name = parts[0][:3]
        # MSH-1 is the separator itself
        self._fields = [parts[0], header.separator, *parts[1:]] if self.name == "MSH" else parts
        self._header = header

    def raw_tail(self) -> str:
        """What stands after the fourth field, for telling segments that are not separated."""
        return self._header.separator.join(self._fields[5:])

    def raw(self, field: int) -> str:
        """The field as sent, all repetitions, escapes untouched."""
        return self._fields[field] if field < len(self._fields) else ""

    def repetitions(self, field: int) -> list[str]:
        text, mark = self.raw(field), self._header.mark(1)
        if not text:
            return []
        if not mark:
            return [text]
        if text.count(mark) > MAX_REPETITIONS:
            raise MessageRefused("AR", "too_many_repetitions", f"{self.name}-{field}")
        return text.split(mark)

    def get(self, field: int, component: int = 1, repetition: int = 0) -> str:
        """One component, unescaped and trimmed; "" for what is absent and for HL7's null `""`."""
        text, mark = self.raw(field), self._header.mark(1)
        if mark:
            parts = text.split(mark, repetition + 1)
            text = parts[repetition] if repetition < len(parts) else ""
        elif repetition:
            text = ""
        return self.component(text, component)

    def raw_component(self, text: str, component: int) -> str:
        """A component of one repetition, escapes untouched."""
        mark = self._header.mark(0)
        parts = text.split(mark, component) if mark else [text]
        return parts[component - 1] if component <= len(parts) else ""

    def component(self, text: str, component: int) -> str:
        value = unescape(self.raw_component(text, component), self._header).strip()
        return "" if value == '""' else value

    def text(self, field: int) -> str:
        """A TX/FT value: repetitions are lines, escapes undone."""
        if len(self.raw(field)) > MAX_TEXT:
            raise MessageRefused("AR", "text_too_long", f"{self.name}-{field}")
        lines = [unescape(part, self._header) for part in self.repetitions(field)]
        text = "\n".join(lines).strip()
        return "" if text == '""' else text


def unescape(text: str, header: Header) -> str:
    r"""\F\ \S\ \T\ \R\ \E\ \.br\ \Xdd..\ and formatting words (HL7 v2.4 section 2.10)."""
    escape = header.mark(2)
    if not escape or escape not in text:
        return text
    if len(text) > MAX_TEXT:
        raise MessageRefused("AR", "text_too_long")
    marks = header.encoding_characters.ljust(4)
    plain = {"F": header.separator, "S": marks[0], "R": marks[1], "E": escape, "T": marks[3]}

    def replace(match: re.Match[str]) -> str:
        word = match.group(1)
        if word in plain:
            return plain[word].strip()
        if word.startswith((".br", ".sp", ".ce")):
            return "\n"
        if word[0] == "X":
            try:
                return bytes.fromhex(word[1:]).decode(header.codec, "replace")
            except ValueError:
                return ""
        return "" if word[0] in ".HNZCM" else match.group(0)

    mark = re.escape(escape)
    return re.sub(f"{mark}([^{mark}]{{1,400}}?){mark}", replace, text)
