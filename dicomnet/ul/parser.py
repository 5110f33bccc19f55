"""Bytes in any pieces become PDUs, within limits. `next_pdu` returns None for "need more".

The transport receives straight into this parser's buffer (`free`, `filled`); what is kept of a
PDU is copied out of it once.
"""

import struct

from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.decode import decode
from dicomnet.ul.pdu import INVALID_PARAMETER, MAX_CONTROL_PDU, PDU, UNRECOGNIZED_PDU

HEAD = 6
FIRST_BUFFER = 1 << 14
MIN_FREE = 1 << 12


class PDUParser:
    """`max_length` bounds the variable field of a P-DATA-TF PDU (PS3.8 annex D.1)."""

    def __init__(self, max_length: int) -> None:
        self._max_length = max_length
        self._buffer = bytearray(FIRST_BUFFER)
        self._start = 0
        self._end = 0

    @property
    def missing(self) -> int:
        """How many bytes the next PDU lacks; 0 when `next_pdu` has something to say."""
        have = self._end - self._start
        if have < HEAD:
            return HEAD - have
        kind, length = struct.unpack_from(">BxI", self._buffer, self._start)
        if not 1 <= kind <= 7 or length > self._limit(kind):
            return 0
        return max(0, HEAD + int(length) - have)

    @property
    def is_empty(self) -> bool:
        return self._start == self._end

    def free(self) -> memoryview:
        """Where the next bytes go. Empty while a whole PDU waits and nothing more fits."""
        if self.is_empty:
            self._start = self._end = 0
        if len(self._buffer) - self._end < MIN_FREE and self.missing:
            self._make_room()
        return memoryview(self._buffer)[self._end :]

    def filled(self, count: int) -> None:
        """The transport has put `count` bytes where `free` said."""
        self._end += count

    def feed(self, data: bytes) -> None:
        """The same for bytes that are somewhere else already."""
        if len(self._buffer) - self._end < len(data):
            self._buffer = self._buffer[self._start : self._end] + bytearray(len(data) + MIN_FREE)
            self._start, self._end = 0, self._end - self._start
        self._buffer[self._end : self._end + len(data)] = data
        self._end += len(data)

    def next_pdu(self) -> PDU | None:
        """The next whole PDU, None when more bytes are needed; RemoteProtocolError when wrong."""
        have = self._end - self._start
        if have < HEAD:
            return None
        kind, length = struct.unpack_from(">BxI", self._buffer, self._start)
        self._check(kind, length)
        if have < HEAD + length:
            return None
        first = self._start + HEAD
        body = bytes(memoryview(self._buffer)[first : first + length])
        self._start = first + length
        return decode(kind, body)

    def _limit(self, kind: int) -> int:
        return self._max_length if kind == 4 else MAX_CONTROL_PDU

    def _check(self, kind: int, length: int) -> None:
        if not 1 <= kind <= 7:
            raise RemoteProtocolError(f"unknown PDU type {kind}", reason=UNRECOGNIZED_PDU)
        if length > self._limit(kind):
            raise RemoteProtocolError(
                f"PDU type {kind} of {length} bytes, {self._limit(kind)} allowed",
                reason=INVALID_PARAMETER,
            )

    def _make_room(self) -> None:
        """Move what is there to the front; double the buffer only when it is full of bytes that
        have really come, so that an announced length alone costs nothing."""
        have = self._end - self._start
        kept = self._buffer[self._start : self._end]
        if have > len(self._buffer) // 2:
            limit = HEAD + MIN_FREE + max(self._max_length, MAX_CONTROL_PDU)
            self._buffer = bytearray(min(2 * len(self._buffer), limit))
        self._buffer[:have] = kept
        self._start, self._end = 0, have
