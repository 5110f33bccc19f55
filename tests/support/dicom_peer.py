"""Peers of our DICOM server: a storage that remembers, and a raw peer that may say anything."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dicomnet.dimse.assembly import Piece
from dicomnet.dimse.command import encode_command
from dicomnet.dimse.fragment import fragments
from dicomnet.services.negotiation import Acceptance
from dicomnet.services.session import Handlers
from dicomnet.services.storage import StoreAnswer, StoreRequest
from dicomnet.services.storage_scu import SendableObject, store_command
from dicomnet.transport.server import DicomServer, ServerLimits
from dicomnet.ul.decode import decode
from dicomnet.ul.encode import encode
from dicomnet.ul.pdu import PDU, AssociateRQ, ProposedContext, UserInformation
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE, STORAGE_ROOT, VERIFICATION

CT = STORAGE_ROOT + "2"
REQUEST = AssociateRQ(
    "CLOUDFILM",
    "PEER",
    (
        ProposedContext(1, VERIFICATION, (IMPLICIT_LITTLE,)),
        ProposedContext(3, CT, (EXPLICIT_LITTLE,)),
    ),
    UserInformation(16384, "1.2.3"),
)


@dataclass
class MemorySpool:
    pieces: list[bytes] = field(default_factory=list)
    is_discarded: bool = False

    async def write(self, pieces: list[Piece]) -> None:
        self.pieces += [bytes(piece) for piece in pieces]

    async def discard(self) -> None:
        self.is_discarded = True


@dataclass
class MemoryStorage:
    """Keeps what it gets; `gate` holds answers back, `answer` is what it says."""

    answer: StoreAnswer = field(default_factory=lambda: StoreAnswer(0))
    stored: dict[str, bytes] = field(default_factory=dict)
    spools: list[MemorySpool] = field(default_factory=list)
    gate: asyncio.Event | None = None
    error: Exception | None = None

    async def open_spool(self, request: StoreRequest) -> MemorySpool:
        self.spools.append(MemorySpool())
        return self.spools[-1]

    async def store(
        self, request: StoreRequest, pieces: list[Piece], spool: MemorySpool | None
    ) -> StoreAnswer:
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        first = b"".join(spool.pieces) if spool is not None else b""
        self.stored[request.sop_instance_uid] = first + b"".join(pieces)
        return self.answer


@asynccontextmanager
async def serving(
    storage: MemoryStorage | None = None,
    limits: ServerLimits | None = None,
    acceptance: Acceptance | None = None,
    handlers: Handlers | None = None,
) -> AsyncIterator[DicomServer]:
    handlers = handlers or Handlers(storage or MemoryStorage())
    server = DicomServer(acceptance or Acceptance("CLOUDFILM"), handlers, limits)
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.drain(0)


class RawPeer:
    """Says bytes, hears PDUs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> "RawPeer":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def associated(cls, port: int) -> "RawPeer":
        peer = await cls.connect(port)
        await peer.say(REQUEST)
        await peer.hear()
        return peer

    async def say(self, *what: PDU | bytes) -> None:
        for part in what:
            self.writer.write(part if isinstance(part, bytes) else encode(part))
        await self.writer.drain()

    async def hear(self, timeout_s: float = 5) -> PDU | None:
        """The next PDU; None when the server has closed."""
        async with asyncio.timeout(timeout_s):
            try:
                kind, length = struct.unpack(">BxI", await self.reader.readexactly(6))
                return decode(kind, await self.reader.readexactly(length))
            except (asyncio.IncompleteReadError, ConnectionError):
                return None

    def drop(self) -> None:
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()


def ct(uid: str, data: bytes = b"\x08\0\x18\0UI\2\x001\0") -> SendableObject:
    return SendableObject(CT, uid, EXPLICIT_LITTLE, memoryview(data))


def store_bytes(uid: str, data: bytes, *, message_id: int = 1) -> tuple[bytes, bytes]:
    """The command's and the data set's PDUs of a C-STORE on context 3."""
    item = ct(uid, data)
    command = encode_command(store_command(item, message_id))
    return (
        b"".join(fragments(3, command, is_command=True, room=16000)),
        b"".join(fragments(3, data, is_command=False, room=16000)),
    )


async def until(condition: "object", timeout_s: float = 5) -> None:
    """Wait until `condition()` holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)
