"""/healthz says that the process lives, /readyz what it depends on, /metrics in figures."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from assembly import health
from assembly.health import HealthServer, database_is_up
from assembly.runtime import Runtime
from storage.database import close_database
from tests.support.servers import free_port


@asynccontextmanager
async def serving(**checks: Callable[[], Awaitable[bool]]) -> AsyncIterator[int]:
    port = free_port()
    async with HealthServer(port, checks):
        yield port


async def say(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


async def get(port: int, path: str) -> tuple[int, bytes]:
    answer = await say(port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    return int(head.split()[1]), body


async def yes() -> bool:
    return True


async def raises() -> bool:
    raise OSError("away")


async def test_a_live_process_with_a_broken_part_is_live_and_not_ready() -> None:
    async with serving(fine=yes, broken=raises) as port:
        assert (await get(port, "/healthz"))[0] == 200
        status, body = await get(port, "/readyz")
    assert status == 503
    assert json.loads(body) == {"fine": True, "broken": False}


async def test_a_ready_process_says_so(runtime: Runtime) -> None:
    async with serving(database=database_is_up) as port:
        assert await get(port, "/readyz") == (200, b'{"database":true}')
        await close_database()
        assert await get(port, "/readyz") == (503, b'{"database":false}')


async def test_metrics_and_unknown_paths() -> None:
    async with serving() as port:
        status, body = await get(port, "/metrics")
        assert status == 200
        assert b"python_info" in body
        assert (await get(port, "/secret.key"))[0] == 404


async def test_a_database_that_hangs_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(health, "run_sql", hang)
    monkeypatch.setattr(health, "LIMIT_S", 0.05)
    async with serving(database=database_is_up) as port:
        assert (await get(port, "/readyz"))[0] == 503


@pytest.mark.parametrize(
    "request_", [b"", b"\r\n", b"GET", b"\xff" * 100_000, b"GET /" + b"a" * 99]
)
async def test_nonsense_ends_its_own_connection_only(
    request_: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LIMIT_S", 0.1)
    async with serving() as port:
        with suppress(ConnectionError):
            await say(port, request_)
        assert (await get(port, "/healthz"))[0] == 200


async def test_port_zero_means_none() -> None:
    async with HealthServer(0, {}) as server:
        assert server._server is None
