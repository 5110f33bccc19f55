"""One keep-alive HTTP/1.1 connection with as little as the driver needs: what a client library
costs a request would be more than what the server takes."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """`ms` is from the first byte sent to the last byte received."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    ms: float


class Connection:
    """`await Connection.open(...)`, then `ask` one after the other."""

    def __init__(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._host, self._reader, self._writer = host, reader, writer
        self.cookie = ""

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        return cls(f"{host}:{port}", *await asyncio.open_connection(host, port, limit=1 << 20))

    async def ask(self, path: str, body: bytes | None = None) -> Answer:
        """A GET, or a POST of JSON. Raises RuntimeError for anything but 2xx."""
        method = "GET" if body is None else "POST"
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", "Accept-Encoding: gzip"]
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        if body is not None:
            lines += [f"Origin: http://{self._host}", "Content-Type: application/json"]
            lines.append(f"Content-Length: {len(body)}")
        start = time.perf_counter()
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *rest = head[:-4].split(b"\r\n")
        headers = {}
        for line in rest:
            name, _, value = line.partition(b": ")
            headers[name.lower()] = value
        data = await self._body(headers)
        ms = 1000 * (time.perf_counter() - start)
        status = int(first.split(b" ", 2)[1])
        if not 200 <= status < 300:
            raise RuntimeError(f"{method} {path[:12]}…: {status} {data[:200]!r}")
        return Answer(status, headers, data, ms)

    async def _body(self, headers: dict[bytes, bytes]) -> bytes:
        if b"content-length" in headers:
            return await self._reader.readexactly(int(headers[b"content-length"]))
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readline()
        return b"".join(parts)

    def close(self) -> None:
        self._writer.close()
