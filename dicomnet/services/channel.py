"""What an operation of an accepted association can say and hear while it runs: whole messages go
out one after the other; a cancel and the peer's responses come in (PS3.7 9.3.2.3, 9.3.3.3)."""

import asyncio
from collections.abc import Awaitable, Callable

from dicomnet.dimse.command import Command, encode_command
from dicomnet.dimse.fragment import DataSet, Streamed, fragments, fragments_of, payload_room
from dicomnet.errors import RemoteProtocolError

JOIN_BELOW = 1 << 16
Write = Callable[[bytes], Awaitable[None]]


class Channel:
    """`write` sends bytes of P-DATA-TF PDUs and waits while the peer does not read."""

    def __init__(self, write: Write, peer_max_length: int) -> None:
        self._write = write
        self._room = payload_room(peer_max_length)
        self._lock = asyncio.Lock()
        self._cancelled: set[int] = set()
        self._responses: asyncio.Queue[Command] = asyncio.Queue()
        self._asked = 0
        self._last_id = 0

    async def send(self, context_id: int, command: Command, data: DataSet | None = None) -> None:
        """One whole message; nothing else comes between its parts. Unfinished when its data set
        cannot be read to its end."""
        parts = list(
            fragments(context_id, encode_command(command), is_command=True, room=self._room)
        )
        async with self._lock:
            if isinstance(data, Streamed):
                await self._write(b"".join(parts))
                async for part in fragments_of(context_id, data, room=self._room):
                    await self._write(part)
                return
            if data is None or len(data) < JOIN_BELOW:
                if data is not None:
                    parts += fragments(context_id, data, is_command=False, room=self._room)
                await self._write(b"".join(parts))
                return
            await self._write(b"".join(parts))
            for part in fragments(context_id, data, is_command=False, room=self._room):
                await self._write(part)

    async def ask(
        self, context_id: int, command: Command, data: DataSet | None, timeout_s: float
    ) -> Command:
        """Send a request of ours and wait for its response. TimeoutError."""
        self._asked += 1
        await self.send(context_id, command, data)
        async with asyncio.timeout(timeout_s):
            response = await self._responses.get()
        if response.number(0x0120) != command.message_id:
            raise RemoteProtocolError("a response to another request")
        return response

    def next_message_id(self) -> int:
        """For requests of ours on the peer's association."""
        self._last_id = self._last_id % 0xFFFF + 1
        return self._last_id

    def is_cancelled(self, message_id: int) -> bool:
        return message_id in self._cancelled

    def hear_cancel(self, message_id: int) -> None:
        self._cancelled = {message_id}

    def hear_response(self, response: Command) -> None:
        """RemoteProtocolError when nothing was asked."""
        if not self._asked:
            raise RemoteProtocolError("a response to nothing")
        self._asked -= 1
        self._responses.put_nowait(response)
