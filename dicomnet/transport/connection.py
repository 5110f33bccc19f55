"""One TCP connection: bytes go straight into the association's parser, reading stops while it is
full, writing waits while the peer does not read."""

import asyncio
import socket
from typing import cast

from dicomnet.ul.association import Association


class Connection(asyncio.BufferedProtocol):
    """An asyncio protocol with a task on top that waits for whole PDUs."""

    def __init__(self, association: Association) -> None:
        self.association = association
        self.peer = ""
        self.is_tls = False
        self.is_closed = False
        self._parser = association.parser
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._is_paused = False
        self._lost = asyncio.Event()
        self._scrap: memoryview | None = None
        self._loop = asyncio.get_running_loop()
        self.last_byte_at = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        wire = transport.get_extra_info("socket")
        if wire is not None and wire.family in (socket.AF_INET, socket.AF_INET6):
            # a small response must not wait for the ACK of the one before (Nagle)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = transport.get_extra_info("peername")
        self.peer = name[0] if isinstance(name, tuple) and name else ""

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._parser.free() if self._scrap is None else self._scrap

    def buffer_updated(self, nbytes: int) -> None:
        self.last_byte_at = self._loop.time()
        if self._scrap is not None:
            return
        self._parser.filled(nbytes)
        if self._parser.missing == 0:
            self._wake()
            if len(self._parser.free()) == 0 and self._transport is not None:
                self._is_paused = True
                self._transport.pause_reading()

    def eof_received(self) -> bool:
        self.is_closed = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        self._lost.set()
        self._may_write.set()
        self._wake()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait_pdu(self, timeout_s: float | None) -> bool:
        """Wait until a whole PDU has come (True) or the peer is gone (False); TimeoutError."""
        if self._parser.missing and not self.is_closed:
            self._resume_reading()
            self._waiter = self._loop.create_future()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._waiter
            finally:
                self._waiter = None
        return self._parser.missing == 0

    def _resume_reading(self) -> None:
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

    def flush(self) -> None:
        """Write what the association wants to say."""
        outgoing = self.association.outgoing
        if outgoing:
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(bytes(outgoing))
            outgoing.clear()

    async def send(self, data: bytes, timeout_s: float) -> None:
        """Write, and wait while the peer does not read; TimeoutError, ConnectionError."""
        self.flush()
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the peer has closed the connection")
        self._transport.write(data)
        await self.drain(timeout_s)

    async def drain(self, timeout_s: float) -> None:
        if not self._may_write.is_set():
            async with asyncio.timeout(timeout_s):
                await self._may_write.wait()

    async def wait_closed(self, timeout_s: float) -> None:
        """Throw away what still comes (Sta13: an A-ABORT must not be lost to a TCP reset) and
        wait for the peer to close; it does not matter when it does not."""
        self._scrap = memoryview(bytearray(1 << 14))
        self._resume_reading()
        try:
            async with asyncio.timeout(timeout_s):
                await self._lost.wait()
        except TimeoutError:
            return

    def close(self) -> None:
        """Close after what has been written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
