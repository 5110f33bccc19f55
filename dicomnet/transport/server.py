"""The only place where an SCP meets sockets: one task a connection, limits on all of them.

Every socket has TCP_NODELAY (a small response must not wait for a delayed ACK), an ARTIM limit
until it is an association, an idle limit after that, and is closed in a `finally`.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from dicomnet.dimse.assembly import Message, MessageAssembler
from dicomnet.dimse.command import (
    C_ECHO_RQ,
    C_STORE_RQ,
    OUT_OF_RESOURCES,
    SOP_CLASS_NOT_SUPPORTED,
    SUCCESS,
    UNRECOGNIZED_OPERATION,
    Command,
    encode_command,
    response_to,
)
from dicomnet.errors import ProtocolError, RemoteProtocolError
from dicomnet.services.storage import ACCEPTED, LOCAL_LIMIT, answer_context, refusal_of
from dicomnet.ul.association import Association
from dicomnet.ul.machine import State
from dicomnet.ul.pdu import (
    PDV,
    AssociateAC,
    AssociateRQ,
    ContextResult,
    PData,
    ReleaseRQ,
    UserInformation,
)
from imaging.dicom.uid import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION

log = structlog.get_logger()

READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one peer may take from us."""

    max_associations: int = 64
    max_pdu_bytes: int = 1 << 20
    max_object_bytes: int = 1 << 30
    artim_s: float = 30.0
    idle_s: float = 60.0
    drain_s: float = 20.0


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """A C-STORE that has come in whole."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae: str
    pieces: list[bytes]


StoreHandler = Callable[[StoreRequest], Awaitable[tuple[int, str]]]  # -> status, error comment


@dataclass(slots=True)
class StorageServer:
    """C-ECHO and C-STORE SCP on one port."""

    ae_title: str
    on_store: StoreHandler
    limits: ServerLimits = field(default_factory=ServerLimits)
    check_called_ae: bool = True
    allowed_calling: frozenset[str] = frozenset()
    associations: int = 0
    is_draining: bool = False
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (useful when it was 0)."""
        self._server = await asyncio.start_server(
            self._on_connection, host, port, limit=4 * READ_BYTES, backlog=256
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more associations, let the ones there finish for a while, abort the rest."""
        self.is_draining = True
        if self._server is not None:
            self._server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.limits.drain_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.associations += 1
        try:
            raw = writer.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await _Connection(self, reader, writer).run()
        finally:
            self.associations -= 1
            self._tasks.discard(task)
            writer.close()


class _Connection:
    """One peer from connect to close."""

    def __init__(
        self, server: StorageServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        limits = server.limits
        self.association = Association(is_requestor=False, max_length=limits.max_pdu_bytes)
        self.assembler = MessageAssembler(limits.max_object_bytes)
        self.contexts: dict[int, ContextResult] = {}
        self.abstract: dict[int, str] = {}
        self.calling_ae = ""
        self.peer_max_length = 0

    async def run(self) -> None:
        peer = self.writer.get_extra_info("peername")
        try:
            while not self.association.wants_close:
                data = await self._read()
                if data is None:
                    continue
                if not data:
                    self.association.connection_closed()
                    return
                await self._take(data)
        except ProtocolError as error:
            log.warning("dicom_protocol_error", peer=peer, error=str(error))
        except (ConnectionError, TimeoutError) as error:
            log.info("dicom_connection_lost", peer=peer, error=type(error).__name__)
        except asyncio.CancelledError:
            self.association.abort()
            raise
        finally:
            await self._flush_last()

    async def _read(self) -> bytes | None:
        """The next bytes; None when a timer ran out and the machine has been told."""
        limits = self.server.limits
        limit = limits.artim_s if self.association.artim_runs else limits.idle_s
        try:
            async with asyncio.timeout(limit):
                return await self.reader.read(READ_BYTES)
        except TimeoutError:
            if self.association.artim_runs:
                self.association.artim_expired()
                self.association.wants_close = True
            else:
                self.association.abort()
                await self._flush()
            return None

    async def _take(self, data: bytes) -> None:
        try:
            for pdu in self.association.receive(data):
                if isinstance(pdu, AssociateRQ):
                    self._negotiate(pdu)
                elif isinstance(pdu, PData):
                    for message in self._messages(pdu):
                        await self._answer(message)
                elif isinstance(pdu, ReleaseRQ):
                    self.association.answer_release()
                await self._flush()
        finally:
            await self._flush()

    def _messages(self, pdu: PData) -> list[Message]:
        try:
            return list(self.assembler.feed(pdu))
        except RemoteProtocolError:
            self.association.abort()
            raise

    def _negotiate(self, request: AssociateRQ) -> None:
        server = self.server
        is_full = server.associations > server.limits.max_associations or server.is_draining
        refusal = LOCAL_LIMIT if is_full else refusal_of(
            request,
            ae_title=server.ae_title,
            check_called_ae=server.check_called_ae,
            allowed_calling=server.allowed_calling,
        )  # fmt: skip
        if refusal is not None:
            log.warning(
                "dicom_association_rejected", called=request.called_ae, reason=refusal.reason
            )
            self.association.reject(refusal)
            return
        results = tuple(answer_context(context) for context in request.contexts)
        self.contexts = {r.context_id: r for r in results if r.result == ACCEPTED}
        self.abstract = {c.context_id: c.abstract_syntax for c in request.contexts}
        self.calling_ae = request.calling_ae
        self.peer_max_length = request.user.max_length
        user = UserInformation(
            server.limits.max_pdu_bytes, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION
        )
        self.association.accept(AssociateAC(request.called_ae, request.calling_ae, results, user))

    async def _answer(self, message: Message) -> None:
        command = message.command
        context = self.contexts.get(message.context_id)
        if context is None:
            self.association.abort()
            raise RemoteProtocolError("message on a context that was not accepted")
        if command.field_code == C_ECHO_RQ:
            self._respond(message, SUCCESS)
        elif command.field_code == C_STORE_RQ:
            status, comment = await self._store(message, context)
            self._respond(message, status, comment)
        elif not command.field_code & 0x8000 and command.field_code != 0x0FFF:
            self._respond(message, UNRECOGNIZED_OPERATION)

    async def _store(self, message: Message, context: ContextResult) -> tuple[int, str]:
        command: Command = message.command
        if message.is_too_large:
            return OUT_OF_RESOURCES, "object too large"
        if command.text(0x0002) != self.abstract[message.context_id]:
            return SOP_CLASS_NOT_SUPPORTED, "SOP class is not the context's"
        if not command.has_data_set or not message.data:
            return 0xC000, "no data set"
        return await self.server.on_store(
            StoreRequest(
                sop_class_uid=command.text(0x0002),
                sop_instance_uid=command.text(0x1000),
                transfer_syntax_uid=context.transfer_syntax,
                calling_ae=self.calling_ae,
                pieces=message.data,
            )
        )

    def _respond(self, message: Message, status: int, comment: str = "") -> None:
        if self.association.state not in (
            State.ESTABLISHED, State.AWAITING_LOCAL_RELEASE_RESPONSE,
        ):  # fmt: skip
            return
        raw = encode_command(response_to(message.command, status, comment))
        value = PDV(message.context_id, is_command=True, is_last=True, data=memoryview(raw))
        self.association.send_data(PData((value,)))

    async def _flush(self) -> None:
        if self.association.outgoing:
            self.writer.write(bytes(self.association.outgoing))
            self.association.outgoing.clear()
            async with asyncio.timeout(self.server.limits.idle_s):
                await self.writer.drain()

    async def _flush_last(self) -> None:
        try:
            async with asyncio.timeout(1):
                await self._flush()
        except (ConnectionError, TimeoutError):
            pass
