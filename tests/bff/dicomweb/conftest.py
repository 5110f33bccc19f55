"""A DICOMweb door on a filled archive, with the process that looks inside images beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from assembly.runtime import Runtime
from storage.records.client import ApiClient
from storage.tokens import new_token, sha256_hex
from tests.bff.conftest import serving
from tests.support.archive import files
from tests.support.images import images
from tests.usecases.rendering.conftest import feeder
from workers.pixels import pixel_server

SCOPES = "dicomweb.read dicomweb.write fhir.read"


@asynccontextmanager
async def web_client(
    runtime: Runtime, scopes: str = SCOPES, *, name: str = "pacs"
) -> AsyncIterator[httpx.AsyncClient]:
    """A machine with a token, at the root of the service."""
    token = new_token()
    await ApiClient.create(name=name, token_sha256=sha256_hex(token), scopes=scopes)
    async with (
        pixel_server(runtime.settings, runtime.objects),
        serving(runtime) as url,
        httpx.AsyncClient(
            base_url=url + "/dicomweb", headers={"Authorization": f"Bearer {token}"}, timeout=60
        ) as client,
    ):
        yield client


@pytest.fixture
async def web(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """On SQLite, with headers and images."""
    await feeder(runtime)([*files(), *images()])
    async with web_client(runtime) as client:
        yield client


@pytest.fixture
async def each_web(each_runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """On each database."""
    await feeder(each_runtime)([*files(), *images()])
    async with web_client(each_runtime) as client:
        yield client
