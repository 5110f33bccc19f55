"""MLLP (HL7 v2 transport): blocks between 0x0B and 0x1C 0x0D; a server that always answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

START, END = b"\x0b", b"\x1c"
BLOCK_END = b"\x1c\r"
READ_BYTES = 1 << 16

Answer = Callable[[bytes, str], Awaitable[list[bytes]]]  # a block, the peer's address -> answers
Refuse = Callable[[str, bytes, str], list[bytes]]  # why, the bytes that came so far, the address


class TooLarge(Exception):
    """A block went beyond the limit; `head` holds its first bytes."""

    def __init__(self, head: bytes) -> None:
        super().__init__("block too large")
        self.head = head


@dataclass(frozen=True, slots=True)
class Block:
    """`is_whole` False: another block began before this one's end came."""

    data: bytes
    is_whole: bool = True


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

    async def blocks(self) -> AsyncIterator[Block]:
        """Blocks until the peer closes. TimeoutError after an idle time, TooLarge."""
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

    def _take(self) -> Block | None:
        if not self._is_inside:
            start = self._buffer.find(START)
            if start < 0:
                self._buffer.clear()
                return None
            del self._buffer[: start + 1]
            self._is_inside, self._searched = True, 0
        end = self._buffer.find(END, self._searched)
        another = self._buffer.find(START, self._searched, end if end >= 0 else len(self._buffer))
        if another >= 0:  # 0x0B is in no character set's text: a sender that writes no 0x1C
            block = Block(bytes(self._buffer[:another]), is_whole=False)
            del self._buffer[: another + 1]
            self._searched = 0
            return block
        if end < 0:
            self._searched = len(self._buffer)
            return None
        block = Block(bytes(self._buffer[:end]))
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
        peer = str((writer.get_extra_info("peername") or ("",))[0])
        try:
            if len(self._tasks) > self._max_connections:
                await self._send(writer, self._refuse("too_many_connections", b"", peer))
                return
            await self._converse(reader, writer, peer)
        except (ConnectionError, TimeoutError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str
    ) -> None:
        blocks = BlockReader(reader, max_bytes=self._max_bytes, idle_s=self._idle_s)
        try:
            async for block in blocks.blocks():
                if block.is_whole:
                    await self._send(writer, await self._answer(block.data, peer))
                else:
                    await self._send(writer, self._refuse("message_cut_off", block.data, peer))
        except TooLarge as error:
            await self._send(writer, self._refuse("message_too_large", error.head, peer))
            return
        except TimeoutError:
            pass
        if blocks.unfinished:
            await self._send(writer, self._refuse("message_cut_off", blocks.unfinished, peer))

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, answers: list[bytes]) -> None:
        for answer in answers:
            writer.write(START + answer + BLOCK_END)
        async with asyncio.timeout(30):
            await writer.drain()
