"""Presentation data values become messages: a command and, where it says so, a data set
(PS3.7 section 6.3, PS3.8 annex E)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dicomnet.dimse.command import MAX_COMMAND_BYTES, Command, decode_command
from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.pdu import INVALID_PARAMETER, PDV, PData

MAX_EMPTY_VALUES = 64
Piece = bytes | memoryview


@dataclass(slots=True)
class Message:
    """`data` holds the data set's bytes in pieces as they came; `is_too_large` when it went
    beyond the limit and was thrown away while it came in."""

    context_id: int
    command: Command
    data: list[Piece] = field(default_factory=list)
    size: int = 0
    is_too_large: bool = False


class MessageAssembler:
    """Feeds on P-DATA, gives whole messages. Bounds what a peer may make us keep: above
    `max_data_bytes` a data set is dropped and only counted, above twice that it is an attack."""

    def __init__(self, max_data_bytes: int) -> None:
        self._max = max_data_bytes
        self._empty = 0
        self._command_raw = bytearray()
        self._context_id = 0
        self._open: Message | None = None
        self._pending = 0

    @property
    def open_message(self) -> Message | None:
        """The message whose data set is coming in now."""
        return self._open

    @property
    def pending_bytes(self) -> int:
        """How much of that data set lies in memory."""
        return self._pending

    def take_pieces(self) -> list[Piece]:
        """Take what has come of the open data set; the message will hold only the rest."""
        assert self._open is not None
        pieces, self._open.data, self._pending = self._open.data, [], 0
        return pieces

    def feed(self, pdu: PData) -> Iterator[Message]:
        for value in pdu.values:
            message = self._feed_value(value)
            if message is not None:
                yield message

    def _feed_value(self, value: PDV) -> Message | None:
        self._empty = 0 if value.data or value.is_last else self._empty + 1
        if self._empty > MAX_EMPTY_VALUES:
            raise _broken("endless empty data values")
        if self._open is None:
            if not value.is_command:
                raise _broken("data set before its command")
            return self._feed_command(value)
        if value.is_command or value.context_id != self._open.context_id:
            raise _broken("data set expected")
        return self._feed_data(self._open, value)

    def _feed_command(self, value: PDV) -> Message | None:
        if self._command_raw and value.context_id != self._context_id:
            raise _broken("command changes its context")
        self._context_id = value.context_id
        self._command_raw += value.data
        if len(self._command_raw) > MAX_COMMAND_BYTES:
            raise _broken("command set too long")
        if not value.is_last:
            return None
        message = Message(self._context_id, decode_command(bytes(self._command_raw)))
        self._command_raw.clear()
        if message.command.has_data_set:
            self._open = message
            return None
        return message

    def _feed_data(self, message: Message, value: PDV) -> Message | None:
        message.size += len(value.data)
        if message.size > self._max:
            if message.size > 2 * self._max:
                raise _broken("endless data set")
            message.is_too_large = True
            message.data.clear()
            self._pending = 0
        elif value.data:
            message.data.append(value.data)
            self._pending += len(value.data)
        if not value.is_last:
            return None
        self._open, self._pending = None, 0
        return message


def _broken(message: str) -> RemoteProtocolError:
    return RemoteProtocolError(message, reason=INVALID_PARAMETER)
