"""Presentation data values become messages: a command and, where it says so, a data set."""

from collections.abc import Iterator
from dataclasses import dataclass

from dicomnet.dimse.command import MAX_COMMAND_BYTES, Command, decode_command
from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.pdu import PDV, PData

MAX_EMPTY_VALUES = 64


@dataclass(slots=True)
class Message:
    """`data` holds the data set's bytes in pieces as they came; `is_too_large` when it went
    beyond the limit and was thrown away while it came in."""

    context_id: int
    command: Command
    data: list[bytes]
    is_too_large: bool = False


class MessageAssembler:
    """Feeds on P-DATA, gives whole messages. Bounds what a peer may make us keep."""

    def __init__(self, max_data_bytes: int) -> None:
        self._max = max_data_bytes
        self._reset()
        self._empty = 0

    def _reset(self) -> None:
        self._command_raw = bytearray()
        self._command: Command | None = None
        self._context_id = 0
        self._data: list[bytes] = []
        self._size = 0
        self._is_too_large = False

    def feed(self, pdu: PData) -> Iterator[Message]:
        for value in pdu.values:
            message = self._feed_value(value)
            if message is not None:
                yield message

    def _feed_value(self, value: PDV) -> Message | None:
        self._empty = self._empty + 1 if not value.data and not value.is_last else 0
        if self._empty > MAX_EMPTY_VALUES:
            raise RemoteProtocolError("endless empty data values", reason=6)
        if self._command is None:
            if not value.is_command:
                raise RemoteProtocolError("data set before its command", reason=6)
            return self._feed_command(value)
        if value.is_command or value.context_id != self._context_id:
            raise RemoteProtocolError("data set expected", reason=6)
        return self._feed_data(value)

    def _feed_command(self, value: PDV) -> Message | None:
        if self._command_raw and value.context_id != self._context_id:
            raise RemoteProtocolError("command changes its context", reason=6)
        self._context_id = value.context_id
        self._command_raw += value.data
        if len(self._command_raw) > MAX_COMMAND_BYTES:
            raise RemoteProtocolError("command set too long", reason=6)
        if not value.is_last:
            return None
        command = decode_command(bytes(self._command_raw))
        if command.has_data_set:
            self._command = command
            return None
        message = Message(self._context_id, command, [])
        self._reset()
        return message

    def _feed_data(self, value: PDV) -> Message | None:
        self._size += len(value.data)
        if self._size > self._max:
            self._is_too_large = True
            self._data.clear()
        elif value.data:
            self._data.append(bytes(value.data))
        if not value.is_last:
            return None
        assert self._command is not None
        message = Message(self._context_id, self._command, self._data, self._is_too_large)
        self._reset()
        return message
