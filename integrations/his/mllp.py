"""MLLP (HL7 v2 transport): blocks between 0x0B and 0x1C 0x0D, a server that always answers, and a
small client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

START, END = b"\x0b", b"\x1c"
BLOCK_END = b"\x1c\r"
READ_BYTES = 1 << 16

Answer = Callable[[bytes], Awaitable[bytes]]
Refuse = Callable[[str, bytes], bytes]  # why, the bytes that came so far -> an AR or AE


class TooLarge(Exception):
    """A block went beyond the limit; `head` holds its first bytes."""

    def __init__(self, head: bytes) -> None:
        super().__init__("block too large")
        self.head = head


class BlockReader:
    """Blocks from a byte stream. Bytes outside a block are noise and skipped."""

    def __init__(self, reader: asyncio.StreamReader, *, max_bytes: int, idle_s: float) -> None:
        self._reader = reader
        self._max = max_bytes
        self._idle_s = idle_s
        self._buffer = bytearray()
        self._is_inside = False
        self._searched = 0

    @property
    def unfinished(self) -> bytes:
        """What has come of a block without its end."""
        return bytes(self._buffer) if self._is_inside else b""

    async def blocks(self) -> AsyncIterator[bytes]:
        """Whole blocks until the peer closes. TimeoutError after an idle time, TooLarge."""
        while True:
            block = self._take()
            if block is not None:
                yield block
                continue
            if len(self._buffer) > self._max:
                raise TooLarge(bytes(self._buffer[:4096]))
            async with asyncio.timeout(self._idle_s):
                data = await self._reader.read(READ_BYTES)
            if not data:
                return
            self._buffer += data

    def _take(self) -> bytes | None:
        if not self._is_inside:
            start = self._buffer.find(START)
            if start < 0:
                self._buffer.clear()
                return None
            del self._buffer[: start + 1]
            self._is_inside, self._searched = True, 0
        end = self._buffer.find(END, self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        block = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._is_inside = False
        return block


class MllpServer:
    """Answers each block in order; several connections at once."""

    def __init__(
        self,
        answer: Answer,
        refuse: Refuse,
        *,
        max_bytes: int = 64 << 20,
        idle_s: float = 300,
        max_connections: int = 128,
    ) -> None:
        self._answer = answer
        self._refuse = refuse
        self._max_bytes = max_bytes
        self._idle_s = idle_s
        self._max_connections = max_connections
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        self._server = await asyncio.start_server(self._on_connection, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self, drain_s: float = 10) -> None:
        if self._server is not None:
            self._server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=drain_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if len(self._tasks) > self._max_connections:
                await self._send(writer, self._refuse("too_many_connections", b""))
                return
            await self._converse(reader, writer)
        except ConnectionError:
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        blocks = BlockReader(reader, max_bytes=self._max_bytes, idle_s=self._idle_s)
        try:
            async for block in blocks.blocks():
                await self._send(writer, await self._answer(block))
        except TooLarge as error:
            await self._send(writer, self._refuse("message_too_large", error.head))
        except TimeoutError:
            if blocks.unfinished:
                await self._send(writer, self._refuse("message_cut_off", blocks.unfinished))
        else:
            if blocks.unfinished:
                await self._send(writer, self._refuse("message_cut_off", blocks.unfinished))

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, answer: bytes) -> None:
        writer.write(START + answer + BLOCK_END)
        async with asyncio.timeout(30):
            await writer.drain()


async def send_message(host: str, port: int, message: bytes, *, timeout_s: float = 30) -> bytes:
    """Send one message on a connection of its own; returns the acknowledgement."""
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(START + message + BLOCK_END)
            await writer.drain()
            async for block in BlockReader(reader, max_bytes=1 << 20, idle_s=timeout_s).blocks():
                return block
            raise ConnectionError("the peer closed without an answer")
        finally:
            writer.close()
