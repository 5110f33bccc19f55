"""The client of both servers: HTTP/1.1 over kept connections, each answer read to its end and
thrown away, with as little Python as that takes."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    port: int
    paths: list[str]
    accept: str
    token: str


async def fetch(asked: Asked, connections: int) -> float:
    """Every path once, shared by the connections; answers a second."""
    waiting = list(reversed(asked.paths))
    start = time.perf_counter()
    await asyncio.gather(*(_one(asked, waiting) for _ in range(connections)))
    return len(asked.paths) / (time.perf_counter() - start)


async def _one(asked: Asked, waiting: list[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", asked.port, limit=1 << 21)
    head = "Host: 127.0.0.1\r\nConnection: keep-alive\r\n"
    if asked.token:
        head += f"Authorization: Bearer {asked.token}\r\n"
    if asked.accept:
        head += f"Accept: {asked.accept}\r\n"
    while waiting:
        writer.write(f"GET {waiting.pop()} HTTP/1.1\r\n{head}\r\n".encode())
        await _read_answer(reader)
    writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200" not in head[:20]:
        raise RuntimeError(head[:200].decode("latin-1"))
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
        return
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    if length < 100:
        raise RuntimeError("an answer without content")
    await reader.readexactly(length)
