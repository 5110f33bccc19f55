"""`python -m bench.viewer.cookie_proxy PORT TARGET_PORT`: adds the session's cookie (from the
environment, COOKIE) to every request on its way to the product, for a harness that cannot sign in.
Answers pass as they are. It stands behind the harness's shaper, so the link is not shortened."""

import asyncio
import contextlib
import os
import re
import sys

import uvloop

HEAD_END = b"\r\n\r\n"
BODY_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PIECE_BYTES = 1 << 17


async def serve(port: int, target: int, cookie: bytes) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_product, to_product = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        line = b"\r\nCookie: " + cookie
        tasks = [
            asyncio.create_task(_requests(reader, to_product, line)),
            asyncio.create_task(_answers(from_product, writer)),
        ]
        await asyncio.wait(tasks)
        for end in (writer, to_product):
            end.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


async def _requests(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cookie_line: bytes
) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(HEAD_END)
            writer.write(head[: -len(HEAD_END)] + cookie_line + HEAD_END)
            length = BODY_LENGTH.search(head)
            if length:
                writer.write(await reader.readexactly(int(length[1])))
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]), os.environ["COOKIE"].encode()))
