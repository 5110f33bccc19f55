"""The acceptor's side of TLS around one connection, on memory buffers: the same on every event
loop, and a handshake that fails is heard of (the loops' own TLS servers drop it in silence)."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any, cast

from dicomnet.transport.connection import Connection

Ended = Callable[["TlsDoor", Exception | None], None]


class TlsDoor(asyncio.Protocol):
    """Speaks to the socket in TLS and to `inner` in plain bytes. `inner.connection_made` is called
    when the handshake is done. `ended` is called once, when it is done or has failed: with the
    error, or None where there is none (done, or a caller that left without a word)."""

    def __init__(
        self, inner: Connection, context: ssl.SSLContext, ended: Ended, *, is_wanted: bool
    ) -> None:
        self._inner, self._ended, self._is_wanted = inner, ended, is_wanted
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._transport: asyncio.Transport | None = None
        self._is_open = False
        self._is_paused = False
        self._has_spoken = False
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.address = str(name[0]) if isinstance(name, tuple) and name else ""
        if not self._is_wanted:
            self.abort()

    def data_received(self, data: bytes) -> None:
        self._has_spoken = True
        self._incoming.write(data)
        if not self._is_open:
            self._shake_hands()
        if self._is_open:
            self.deliver()

    def eof_received(self) -> bool:
        if self._is_open:
            self._inner.eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_open:
            self._inner.connection_lost(exc)
        else:
            self._end(ConnectionResetError("in the handshake") if self._has_spoken else None)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def expire(self) -> None:
        """The handshake has taken too long."""
        if not self._is_open:
            self._end(TimeoutError("handshake"))
            self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _end(self, error: Exception | None = None) -> None:
        ended, self._ended = self._ended, lambda *_: None
        ended(self, error)

    def _shake_hands(self) -> None:
        assert self._transport is not None
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except (ssl.SSLError, OSError) as error:
            self._flush()  # the alert says why
            self._end(error)
            self._transport.close()
            return
        self._flush()
        self._is_open = True
        self._end()
        self._inner.is_tls = True
        self._inner.connection_made(_TlsTransport(self, self._transport))

    def deliver(self) -> None:
        """Give what has come to the connection, as far as it takes it."""
        while not self._is_paused and self._is_open:
            room = self._inner.get_buffer(-1)
            try:
                count = self._tls.read(len(room), cast(Any, room)) if len(room) else 0
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError:
                self.abort()
                break
            if not count:  # the peer has said goodbye
                if len(room):
                    self._inner.eof_received()
                break
            self._inner.buffer_updated(cast(int, count))
        self._flush()

    def set_paused(self, is_paused: bool) -> None:
        assert self._transport is not None
        self._is_paused = is_paused
        if is_paused:
            self._transport.pause_reading()
            return
        self._transport.resume_reading()
        asyncio.get_running_loop().call_soon(self.deliver)

    def write(self, data: bytes) -> None:
        self._tls.write(data)
        self._flush()

    def say_goodbye(self) -> None:
        with contextlib.suppress(ssl.SSLError, OSError):
            self._tls.unwrap()
        self._flush()

    def _flush(self) -> None:
        assert self._transport is not None
        if self._outgoing.pending and not self._transport.is_closing():
            self._transport.write(self._outgoing.read())


class _TlsTransport(asyncio.Transport):
    """What the connection takes for its socket."""

    def __init__(self, door: TlsDoor, wire: asyncio.Transport) -> None:
        super().__init__()
        self._door, self._wire = door, wire

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._wire.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._wire.is_closing()

    def pause_reading(self) -> None:
        self._door.set_paused(True)

    def resume_reading(self) -> None:
        self._door.set_paused(False)

    def write(self, data: Any) -> None:
        self._door.write(bytes(data))

    def close(self) -> None:
        self._door.say_goodbye()
        self._wire.close()

    def abort(self) -> None:
        self._wire.abort()
