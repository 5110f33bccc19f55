"""`/healthz` (the process lives), `/readyz` (what it depends on) and `/metrics` for the processes
that speak no HTTP otherwise. One request a connection, loopback only."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import orjson
from prometheus_client import generate_latest

from storage.transactions import run_sql

Check = Callable[[], Awaitable[bool]]
LIMIT_S = 5


async def database_is_up() -> bool:
    """One statement within the limit."""
    async with asyncio.timeout(LIMIT_S):
        await run_sql("SELECT 1 AS one")
    return True


class HealthServer:
    """An async context manager; port 0 means none is wanted."""

    def __init__(self, port: int, checks: dict[str, Check]) -> None:
        self._port = port
        self._checks = checks
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        if self._port:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(LIMIT_S * 2):
                line = await reader.readline()
                path = line.split(b" ")[1].decode("ascii", "replace") if b" " in line else ""
                status, kind, body = await self._answer(path)
                head = (
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n"
                    f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                )
                writer.write(head.encode() + body)
                await writer.drain()
        except (ConnectionError, TimeoutError, ValueError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: str) -> tuple[str, str, bytes]:
        if path == "/healthz":
            return "200 OK", "application/json", b'{"status":"ok"}'
        if path == "/metrics":
            return "200 OK", "text/plain; version=0.0.4", generate_latest()
        if path == "/readyz":
            results = {name: await _passes(check) for name, check in self._checks.items()}
            status = "200 OK" if all(results.values()) else "503 Service Unavailable"
            return status, "application/json", orjson.dumps(results)
        return "404 Not Found", "application/json", b"{}"


async def _passes(check: Check) -> bool:
    try:
        return await check()
    except Exception:  # noqa: BLE001 - a check that fails in any way has failed
        return False
