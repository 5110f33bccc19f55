"""The acceptor: listens, counts associations, runs one task for each, drains at the end."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field

from dicomnet.errors import ProtocolError
from dicomnet.services.gate import Caller, Gatekeeper, OpenGate
from dicomnet.services.negotiation import LOCAL_LIMIT_EXCEEDED, Acceptance
from dicomnet.services.session import Agreed, Handlers, Session, SessionLimits
from dicomnet.transport.connection import Connection
from dicomnet.transport.tls import why_failed
from dicomnet.transport.tls_door import TlsDoor
from dicomnet.ul.association import Association
from dicomnet.ul.machine import State
from dicomnet.ul.pdu import AssociateAC, AssociateRJ, AssociateRQ, PData, ReleaseRQ

log = logging.getLogger("dicomnet.server")

MAX_WAITING = 512  # connections that have not yet asked for an association, or are being closed
DRAIN_QUIET_S = 0.5


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Durations in seconds. `idle_s` bounds the wait for each next PDU."""

    max_associations: int = 64
    artim_s: float = 30
    idle_s: float = 60
    session: SessionLimits = field(default_factory=SessionLimits)


class DicomServer:
    """Use as `await start(...)` (again for another door), later `await drain(seconds)`."""

    def __init__(
        self,
        acceptance: Acceptance,
        handlers: Handlers,
        limits: ServerLimits | None = None,
        gate: Gatekeeper | None = None,
    ) -> None:
        self._acceptance = acceptance
        self._handlers = handlers
        self._limits = limits or ServerLimits()
        self._gate = gate or OpenGate()
        self._servers: list[asyncio.Server] = []
        self._tasks: dict[asyncio.Task[None], Connection] = {}
        self._sessions: dict[Connection, Session] = {}
        self._titles: dict[Connection, str] = {}
        self._handshakes: dict[TlsDoor, asyncio.TimerHandle] = {}
        self._is_draining = False
        self.port = 0

    @property
    def associations(self) -> int:
        return len(self._sessions)

    @property
    def connections(self) -> int:
        return len(self._tasks) + len(self._handshakes)

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen, over TLS with a context; the port."""
        loop = asyncio.get_running_loop()

        def door() -> asyncio.BaseProtocol:
            if tls is not None:
                return self._tls_door(tls)
            return _ServerConnection(self._association(), self)

        server = await loop.create_server(door, host, port, backlog=256)
        self._servers.append(server)
        self.port = int(server.sockets[0].getsockname()[1])
        return self.port

    async def drain(self, timeout_s: float) -> None:
        """Take no new connection, let messages that are under way be answered, abort the rest."""
        self._is_draining = True
        for server in self._servers:
            server.close()
        for door in list(self._handshakes):
            door.abort()
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        while self._tasks:
            now = loop.time()
            for task, connection in self._tasks.items():
                if now >= end or self._is_resting(connection, now):
                    task.cancel()
            await asyncio.wait(self._tasks, timeout=0.05)

    def _is_resting(self, connection: Connection, now: float) -> bool:
        session = self._sessions.get(connection)
        is_busy = session is not None and session.is_busy
        return not is_busy and now - connection.last_byte_at > DRAIN_QUIET_S

    def _association(self) -> Association:
        return Association(is_requestor=False, max_length=self._acceptance.max_length)

    def opened(self, connection: Connection) -> None:
        if self._is_full():
            connection.abort()
            return
        self._run(connection, self._serve(connection))

    def _tls_door(self, tls: ssl.SSLContext) -> TlsDoor:
        """For a connection whose handshake is still to come: bounded in number and time."""
        connection = _ServerConnection(self._association(), self)
        door = TlsDoor(connection, tls, self._shaken, is_wanted=not self._is_full())
        self._handshakes[door] = asyncio.get_running_loop().call_later(
            self._limits.artim_s, door.expire
        )
        return door

    def _shaken(self, door: TlsDoor, error: Exception | None) -> None:
        """Who fails the handshake is told to the gate, except one that only knocked."""
        self._handshakes.pop(door).cancel()
        if error is not None:
            log.warning("no TLS with %s: %s", door.address, str(error))
            self._gate.refused(Caller("", "", door.address, True), f"tls_{why_failed(error)}"[:40])

    def _is_full(self) -> bool:
        return self._is_draining or self.connections >= self._limits.max_associations + MAX_WAITING

    def _run(self, connection: Connection, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = connection
        task.add_done_callback(self._tasks.pop)

    async def _serve(self, connection: Connection) -> None:
        association = connection.association
        try:
            await self._converse(connection)
        except ProtocolError as error:
            log.warning("association broken by %s: %s", connection.peer, str(error))
            association.abort(reason=getattr(error, "reason", 0))
        except TimeoutError:
            log.warning("association of %s idle, aborted", connection.peer)
            association.abort(reason=0)
        except ConnectionError:
            log.info("connection of %s lost", connection.peer)
        except asyncio.CancelledError:
            association.abort()
        except Exception:  # whatever it was, this association alone must end
            log.exception("association of %s failed", connection.peer)
            association.abort(reason=0)
        finally:
            connection.flush()
            if association.state == State.AWAITING_CLOSE and not self._is_draining:
                with contextlib.suppress(asyncio.CancelledError):
                    await connection.wait_closed(self._limits.artim_s)
            connection.close()

    async def _converse(self, connection: Connection) -> None:
        request = await self._next(connection, self._limits.artim_s)
        if not isinstance(request, AssociateRQ):
            return
        answer = self._answer(connection, request)
        if isinstance(answer, AssociateRJ):
            connection.association.reject(answer)
            return
        connection.association.accept(answer)
        connection.flush()
        session = Session(
            Agreed(request, answer, connection.peer),
            self._handlers,
            self._limits.session,
            lambda data: connection.send(data, self._limits.idle_s),
        )
        self._sessions[connection] = session
        self._titles[connection] = request.calling_ae
        try:
            await self._established(connection, session)
        finally:
            del self._sessions[connection], self._titles[connection]
            await session.close()

    def _answer(self, connection: Connection, request: AssociateRQ) -> AssociateAC | AssociateRJ:
        """The protocol's word, then the limits', then the gate's."""
        same = [
            other
            for other, title in self._titles.items()
            if title == request.calling_ae and other.peer == connection.peer
        ]
        caller = Caller(
            request.calling_ae, request.called_ae, connection.peer, connection.is_tls, len(same)
        )
        answer = self._acceptance.answer(request, self._gate.preferred_syntaxes(caller))
        if self.associations >= self._limits.max_associations:
            answer = LOCAL_LIMIT_EXCEEDED
        if isinstance(answer, AssociateRJ):
            self._gate.refused(caller, f"rejected_{answer.source}_{answer.reason}")
        else:
            answer = self._gate.admit(caller) or answer
        if isinstance(answer, AssociateRJ):
            log.warning(
                "association from %s rejected: source %d reason %d",
                connection.peer, answer.source, answer.reason,
            )  # fmt: skip
        return answer

    async def _established(self, connection: Connection, session: Session) -> None:
        while True:
            pdu = await self._next_beside(connection, session)
            if isinstance(pdu, PData):
                await session.take(pdu)
            elif isinstance(pdu, ReleaseRQ):
                connection.association.answer_release()
                return
            else:  # A-ABORT, or the peer is gone
                return

    async def _next_beside(self, connection: Connection, session: Session) -> object:
        """The next PDU, while an operation of the session may run and end. The peer may be silent
        as long as it runs."""
        while session.operation is not None:
            reading = asyncio.ensure_future(self._next(connection, None))
            try:
                await asyncio.wait(
                    (reading, session.operation), return_when=asyncio.FIRST_COMPLETED
                )
                if reading.done():
                    return reading.result()
                session.operation_ended()
            finally:
                if not reading.done():
                    reading.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await reading
        return await self._next(connection, self._limits.idle_s)

    async def _next(self, connection: Connection, timeout_s: float | None) -> object:
        """The next PDU that concerns us; None when the connection has ended."""
        while True:
            pdu = connection.association.next_indication()
            if pdu is not None:
                return pdu
            if not await connection.wait_pdu(timeout_s):
                connection.association.connection_closed()
                return None


class _ServerConnection(Connection):
    def __init__(self, association: Association, server: DicomServer) -> None:
        super().__init__(association)
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._server.opened(self)
