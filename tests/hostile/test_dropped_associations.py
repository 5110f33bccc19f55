"""Ten thousand associations opened and dropped at every state (BATTERY.md class 16): no socket, task
or memory stays behind. Most of them in memory, some over real sockets and over TLS."""

import asyncio
import gc
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dicomnet.services.session import Session, SessionLimits
from dicomnet.transport.connection import Connection
from dicomnet.transport.server import DicomServer, ServerLimits, _ServerConnection
from dicomnet.transport.tls import server_context
from dicomnet.transport.tls_door import TlsDoor
from dicomnet.ul.encode import encode
from dicomnet.ul.pdu import Abort, ReleaseRQ
from tests.support.certificates import make_certificates
from tests.support.dicom_peer import REQUEST, MemoryStorage, RawPeer, serving, store_bytes, until

COMMAND, DATA = store_bytes("1.1", b"x" * 40_000)  # three PDUs
RQ = encode(REQUEST)
STATES: dict[str, bytes] = {
    "connected": b"", "half a request": RQ[:40], "established": RQ, "half a command": RQ + COMMAND[:20],
    "command": RQ + COMMAND, "half a data set": RQ + COMMAND + DATA[:2000],
    "spooled": RQ + COMMAND + DATA[:20_000], "answered": RQ + COMMAND + DATA,
    "released": RQ + encode(ReleaseRQ()), "aborted": RQ + encode(Abort()), "broken": RQ + b"\x09" * 10,
    "two objects": RQ + (COMMAND + DATA) * 2 + COMMAND,
}  # fmt: skip
ASSOCIATIONS = 10_000
AT_ONCE = 40


class MemoryTransport(asyncio.Transport):
    """A socket that takes everything."""

    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else default

    def is_closing(self) -> bool:
        return self.is_closed

    def write(self, data: Any) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True


def open_memory(server: DicomServer) -> Connection:
    connection = _ServerConnection(server._association(), server)
    connection.connection_made(MemoryTransport())
    return connection


def give(connection: Connection, data: bytes) -> None:
    while data:
        room = connection.get_buffer(-1)
        count = min(len(room), len(data))
        if not count:
            return
        room[:count] = data[:count]
        connection.buffer_updated(count)
        data = data[count:]


def alive() -> list[object]:
    gc.collect()
    kinds = (Connection, Session, TlsDoor)
    return [one for one in gc.get_objects() if isinstance(one, kinds)]


@pytest.fixture
def left_over() -> Callable[[], list[object]]:
    """What is there and was not there before this test (another one's may still be held, by its
    own report for instance)."""
    before = alive()
    return lambda: [one for one in alive() if not any(one is other for other in before)]


async def drop_many(server: DicomServer, states: Iterator[bytes], count: int) -> None:
    for _ in range(count // AT_ONCE):
        batch = [open_memory(server) for _ in range(AT_ONCE)]
        for connection in batch:
            give(connection, next(states))
        for _ in range(4):
            await asyncio.sleep(0)
        for number, connection in enumerate(batch):
            if number % 2:
                connection.eof_received()
            connection.connection_lost(ConnectionResetError() if number % 3 else None)
        await until(lambda: server.connections == 0)


def for_ever() -> Iterator[bytes]:
    while True:
        yield from STATES.values()


async def test_ten_thousand_dropped_at_every_state_leave_nothing(
    caplog: pytest.LogCaptureFixture, left_over: Callable[[], list[object]]
) -> None:
    caplog.set_level(logging.CRITICAL, "dicomnet.server")  # the records are kept by pytest
    storage = MemoryStorage()
    limits = ServerLimits(session=SessionLimits(spool_bytes=3000))
    tasks, files = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))
    async with serving(storage, limits) as server:
        states = for_ever()
        await drop_many(server, states, 400)
        spools = len(storage.spools)
        gc.collect()
        before = len(gc.get_objects())
        await drop_many(server, states, ASSOCIATIONS - 400)
        assert len(storage.spools) > spools
        assert all(one.is_discarded for one in storage.spools)
        storage.spools.clear()
        await until(lambda: left_over() == [], 20)
        # what has grown is less than one object for each hundred associations
        assert len(gc.get_objects()) - before < ASSOCIATIONS // 100
        assert (server.connections, server.associations) == (0, 0)
        peer = await RawPeer.associated(server.port)
        peer.drop()
        await until(lambda: server.connections == 0)
    await until(lambda: len(asyncio.all_tasks()) <= tasks)
    await until(lambda: len(os.listdir("/proc/self/fd")) <= files)


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "TLS"])
async def test_over_real_sockets(
    is_tls: bool, tmp_path: Path, left_over: Callable[[], list[object]]
) -> None:
    tls = None
    if is_tls:
        t = make_certificates(tmp_path)
        tls = server_context(t / "server.pem", t / "server.key", t / "ca.pem")
    hello = bytes.fromhex("16030100050100000100")  # the beginning of a handshake
    said = [b"", hello, hello[:3], RQ] if is_tls else list(STATES.values())
    async with serving() as server:
        port = await server.start("127.0.0.1", 0, tls)
        files = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            for data in said:
                peer = await RawPeer.connect(port)
                await peer.say(data)
                peer.drop()
        await until(lambda: server.connections == 0, 20)
        await until(lambda: len(os.listdir("/proc/self/fd")) <= files)
    await until(lambda: left_over() == [], 20)
