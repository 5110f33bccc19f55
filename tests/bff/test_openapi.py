"""The OpenAPI document is whole, its shapes are true, and nothing that fits or misses them makes the
server fail: schemathesis against the running app (BATTERY section 5)."""

import asyncio
import os
import sys
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator

from assembly.runtime import Runtime
from domain.scopes import SCOPES
from storage.records.client import ApiClient
from storage.records.oauth import OAuthClient
from storage.tokens import new_token, sha256_hex
from tests.bff.oauth.conftest import sign_in
from tests.usecases.matching.test_any_order import ORDER, ZONE
from usecases.oauth.register_client import Registration, register_client
from usecases.orders.place_order import place_order
from usecases.staff.accounts import make_account

SHAPES = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "missing_required_header,ignored_auth"
)

# it cannot make PDFs; tests/bff/test_ris_rest.py does
NOT_PDF = ("--exclude-path-regex", "/stamp$")


async def schemathesis(base_url: str, *options: str, folder: Path) -> str:
    """What it says; the test fails when it found something."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", f"{base_url}/openapi.json",
        "--seed", "7", "--generation-deterministic",
        "--no-color", "--request-timeout", "20", *options,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder)},
    )  # fmt: skip
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said[-6000:]
    return said


@pytest.fixture
async def bearer(runtime: Runtime) -> str:
    """Every scope, an examination to find, and no limit that generated requests would meet."""
    token = new_token()
    await place_order(runtime.sealer, ORDER, zone=ZONE)
    await ApiClient.create(name="any", token_sha256=sha256_hex(token), scopes=" ".join(SCOPES))
    return f"Authorization: Bearer {token}"


async def test_the_open_interfaces_do_what_their_document_says(
    base_url: str, bearer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usecases.oauth.check_token.PER_MINUTE", 10**6)
    said = await schemathesis(
        base_url, "--checks", SHAPES, "--max-examples", "12", "-H", bearer,
        "--include-tag", "RIS", "--include-tag", "开放接口", *NOT_PDF, folder=tmp_path,
    )  # fmt: skip
    assert "Selected: 8/" in said, said[:3000]


async def test_the_authorization_server_does_what_its_document_says(
    runtime: Runtime, browser: httpx.AsyncClient, base_url: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("usecases.oauth.limit_clients.MAX_WRONG", 10**6)
    monkeypatch.setattr("usecases.oauth.limit_clients.MAX_ISSUED", 10**6)
    client, secret = await register_client(Registration("x", "ris"), by="test")
    await make_account("chief", "correct horse battery", "admin", "张主任")
    await sign_in(browser, "chief")
    cookie = f"Cookie: cf_session={browser.cookies['cf_session']}"
    await schemathesis(
        base_url, "--checks", SHAPES, "--max-examples", "8", "--include-tag", "授权",
        "--auth", f"{client.client_id}:{secret}", folder=tmp_path,
    )  # fmt: skip
    await schemathesis(
        base_url, "--checks", SHAPES, "--exclude-checks", "negative_data_rejection,ignored_auth",
        "--max-examples", "8", "--include-tag", "授权管理", "-H", cookie, folder=tmp_path,
    )  # fmt: skip
    assert await OAuthClient.all().count() > 1


async def test_no_route_fails_whatever_comes(
    base_url: str, bearer: str, tmp_path: Path, browser: httpx.AsyncClient
) -> None:
    await schemathesis(
        base_url, "--checks", "not_a_server_error", "--max-examples", "2", "-H", bearer,
        "--phases", "fuzzing", *NOT_PDF, folder=tmp_path,
    )  # fmt: skip


async def test_the_document_is_whole(browser: httpx.AsyncClient) -> None:
    document = (await browser.get("/openapi.json")).json()
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    text = (await browser.get("/openapi.json")).text
    for name in document["components"]["schemas"]:
        assert f'"$ref":"#/components/schemas/{name}"' in text, f"{name} is used nowhere"
    names = [o["operationId"] for path in document["paths"].values() for o in path.values()]
    assert len(names) == len(set(names))
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"] and operation["x-access"]
            assert ("security" in operation) == (operation["x-access"] != "public")
