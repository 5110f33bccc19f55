"""A BFF that listens on loopback, on a fresh product."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sanic.server import AsyncioServer

from assembly.runtime import Runtime
from bff.app import create_app
from storage.records.client import ApiClient
from storage.tokens import new_token, sha256_hex
from tests.support.servers import free_port


@pytest.fixture
async def base_url(runtime: Runtime) -> AsyncIterator[str]:
    """The BFF of this test, in this process, over a real socket."""
    port = free_port()
    app = create_app(runtime.settings.model_copy(update={"bff_port": port}), name=f"t{port}")
    server: AsyncioServer | None = await app.create_server(
        host="127.0.0.1", port=port, return_asyncio_server=True
    )
    assert server is not None
    await server.startup()
    await server.before_start()
    app.ctx.film.runtime = Runtime(
        settings=runtime.settings.model_copy(update={"bff_port": port}),
        objects=runtime.objects,
        sealer=runtime.sealer,
    )
    serving = asyncio.create_task(server.serve_forever())
    yield f"http://127.0.0.1:{port}"
    serving.cancel()
    await server.close()


@pytest.fixture
async def browser(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a cookie jar."""
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
        yield client


@pytest.fixture
async def ris(runtime: Runtime, base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a RIS token."""
    token = new_token()
    await ApiClient.create(name="ris", token_sha256=sha256_hex(token), scopes="ris")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=20) as client:
        yield client
