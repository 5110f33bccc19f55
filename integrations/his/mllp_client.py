"""The sending side of MLLP: one connection that stays open, one message at a time, its answer.

An answer that does not name our message (MSA-2) is somebody else's or a late one and passed over.
After anything odd the connection is closed, so that no late answer is taken for the next one's.
"""

import asyncio
import contextlib

from integrations.his.hl7_text import Message, MessageRefused
from integrations.his.mllp import BLOCK_END, START, BlockReader, TooLarge

MAX_ANSWER = 1 << 20


class NoAnswer(Exception):
    """Not reached, or silent: nobody knows whether the message was taken. Says why in one word."""


class MllpClient:
    """Not for several messages at once."""

    def __init__(self, host: str, port: int, *, timeout_s: float = 30) -> None:
        self._address = (host, port)
        self._timeout_s = timeout_s
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, message: bytes, control_id: str) -> tuple[str, str]:
        """(MSA-1, MSA-3) of the answer to `control_id`."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(message, control_id)
        except TimeoutError as error:
            await self.close()
            raise NoAnswer("timeout") from error
        except (OSError, TooLarge) as error:
            await self.close()
            raise NoAnswer(type(error).__name__) from error
        except BaseException:
            await self.close()
            raise

    async def _ask(self, message: bytes, control_id: str) -> tuple[str, str]:
        reader, writer = await self._open()
        writer.write(START + message + BLOCK_END)
        await writer.drain()
        blocks = BlockReader(reader, max_bytes=MAX_ANSWER, idle_s=self._timeout_s)
        async for block in blocks.blocks():
            try:
                answer = Message(block.data)
            except MessageRefused as error:
                raise NoAnswer("answer_unreadable") from error
            if answer.get("MSA", 2) == control_id:
                return answer.get("MSA", 1).upper(), answer.get("MSA", 3)
        raise NoAnswer("closed")

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._stream is not None and self._stream[0].at_eof():  # the peer hung up meanwhile
            await self.close()
        if self._stream is None:
            self._stream = await asyncio.open_connection(*self._address)
        return self._stream

    async def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream[1].close()
            with contextlib.suppress(OSError):
                await stream[1].wait_closed()


async def send_message(host: str, port: int, message: bytes, *, timeout_s: float = 30) -> bytes:
    """Send one message on a connection of its own; returns whatever is answered first."""
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(START + message + BLOCK_END)
            await writer.drain()
            async for block in BlockReader(reader, max_bytes=MAX_ANSWER, idle_s=timeout_s).blocks():
                return block.data
            raise ConnectionError("the peer closed without an answer")
        finally:
            writer.close()
