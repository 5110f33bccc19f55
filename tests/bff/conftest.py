"""A BFF that listens on loopback, on a fresh product."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from sanic.server import AsyncioServer

from assembly.runtime import Runtime
from bff.app import create_app
from storage.records.client import ApiClient
from storage.tokens import new_token, sha256_hex
from tests.support.servers import free_port


@asynccontextmanager
async def serving(runtime: Runtime) -> AsyncIterator[str]:
    """A node of the BFF in this process, over a real socket; several share one database."""
    port = free_port()
    settings = runtime.settings.model_copy(update={"bff_port": port})
    app = create_app(settings, name=f"t{port}_{secrets.token_hex(4)}")
    server: AsyncioServer | None = await app.create_server(
        host="127.0.0.1", port=port, return_asyncio_server=True
    )
    assert server is not None
    await server.startup()
    await server.before_start()
    app.ctx.film.runtime = replace(runtime, settings=settings)
    task = asyncio.create_task(server.serve_forever())
    yield f"http://127.0.0.1:{port}"
    task.cancel()
    await server.close()


@pytest.fixture
async def base_url(runtime: Runtime) -> AsyncIterator[str]:
    """The BFF of this test."""
    async with serving(runtime) as url:
        yield url


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
