"""multipart/related bodies as they come in (RFC 2046 5.1.1), without I/O: bytes in, events out.
Part bodies pass through and are never kept."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

MAX_HEAD = 8 << 10
MAX_PREAMBLE = 64 << 10
# RFC 2046 allows 70 characters; Orthanc's DICOMweb client writes 73 (two UUIDs)
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,199}[0-9A-Za-z'()+_,./:=?-]")


class MultipartError(Exception):
    """The body breaks RFC 2046."""


@dataclass(frozen=True, slots=True)
class PartBegin:
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartData:
    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnd:
    pass


Event = PartBegin | PartData | PartEnd


class _State(Enum):
    PREAMBLE = auto()
    HEAD = auto()
    BODY = auto()
    EPILOGUE = auto()


class MultipartReader:
    """`feed` what comes, in pieces of any size."""

    def __init__(self, boundary: str) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise MultipartError("no usable boundary")
        self._delimiter = b"\r\n--" + boundary.encode()
        self._buffer = bytearray(b"\r\n")  # the first delimiter may stand at the very beginning
        self._state = _State.PREAMBLE
        self._skipped = 0

    @property
    def is_done(self) -> bool:
        """Whether the closing delimiter has been seen."""
        return self._state is _State.EPILOGUE

    def feed(self, data: bytes) -> list[Event]:
        """MultipartError where the body is broken."""
        if self.is_done:
            return []
        self._buffer += data
        events: list[Event] = []
        while self._step(events):
            pass
        return events

    def _step(self, events: list[Event]) -> bool:
        """False when more bytes are needed, or all is done."""
        if self._state is _State.HEAD:
            return self._read_head(events)
        if self._state is _State.EPILOGUE:
            self._buffer.clear()
            return False
        at = self._buffer.find(self._delimiter)
        if at < 0:
            self._pass_on(len(self._buffer) - len(self._delimiter) + 1, events)
            return False
        return self._at_delimiter(at, events)

    def _at_delimiter(self, at: int, events: list[Event]) -> bool:
        after = at + len(self._delimiter)
        line_end = self._buffer.find(b"\r\n", after)
        rest = bytes(self._buffer[after : line_end if line_end >= 0 else after + 70])
        if rest.startswith(b"--"):
            self._end_part(at, events)
            self._state = _State.EPILOGUE
            return True
        if line_end < 0:
            if not rest.strip(b" \t\r-") and len(rest) < 70:
                self._pass_on(at, events)
                return False  # the line is not whole yet
        elif not rest.strip(b" \t"):
            self._end_part(at, events)
            del self._buffer[: line_end + 2 - at]
            self._state = _State.HEAD
            return True
        self._pass_on(at + 2, events)  # a longer word that begins like the delimiter
        return True

    def _pass_on(self, count: int, events: list[Event]) -> None:
        if count <= 0:
            return
        if self._state is _State.BODY:
            events.append(PartData(bytes(self._buffer[:count])))
        else:
            self._skipped += count
            if self._skipped > MAX_PREAMBLE:
                raise MultipartError("no part begins")
        del self._buffer[:count]

    def _end_part(self, at: int, events: list[Event]) -> None:
        """The buffer then begins with the delimiter."""
        self._pass_on(at, events)
        if self._state is _State.BODY:
            events.append(PartEnd())

    def _read_head(self, events: list[Event]) -> bool:
        end = 0 if self._buffer.startswith(b"\r\n") else self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise MultipartError("a part's head is too long")
            return False
        headers = _headers(bytes(self._buffer[:end]))
        del self._buffer[: end + (2 if end == 0 else 4)]
        events.append(PartBegin(headers))
        self._state = _State.BODY
        return True


def _headers(block: bytes) -> dict[str, str]:
    headers = {}
    for line in block.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if line and (not colon or not name.strip()):
            raise MultipartError("a part's head is no list of fields")
        if line:
            headers[name.strip().lower()] = value.strip()
    return headers
