"""Pages of the configured origins may ask the machine doors from a browser; nobody else's may."""

from collections.abc import AsyncIterator

import httpx
import pytest

from assembly.runtime import Runtime
from tests.bff.conftest import serving

OURS, OTHERS = "https://viewer.example", "https://evil.example"
DOORS = {
    "/dicomweb/studies": "GET", "/dicomweb": "GET", "/fhir/Patient": "GET",
    "/api/open/v1/exams": "GET", "/api/open/v1/exams/query": "POST", "/oauth/token": "POST",
    "/oauth/revoke": "POST", "/.well-known/oauth-authorization-server": "GET",
}  # fmt: skip
CLOSED = ("/oauth/authorize", "/api/v1/home", "/api/staff/v1/me", "/api/ris/v1/exams/A1/code")


@pytest.fixture
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    runtime.settings.web_origins = f"{OURS}/, https://two.example"
    async with serving(runtime) as url, httpx.AsyncClient(base_url=url) as ready:
        yield ready


def asked(origin: str, method: str = "") -> dict[str, str]:
    headers = {"Origin": origin}
    if method:
        headers |= {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        }
    return headers


async def test_a_preflight_is_answered_to_named_origins_only(client: httpx.AsyncClient) -> None:
    for path, method in DOORS.items():
        ours = await client.options(path, headers=asked(OURS, method))
        assert (ours.status_code, ours.content) == (204, b""), path
        assert ours.headers["access-control-allow-origin"] == OURS
        assert method in ours.headers["access-control-allow-methods"]
        allowed = ours.headers["access-control-allow-headers"].lower()
        assert "authorization" in allowed and "content-type" in allowed
        assert "access-control-allow-credentials" not in ours.headers
        for origin in (OTHERS, "null", OURS + ".evil.example", "http://viewer.example"):
            others = await client.options(path, headers=asked(origin, method))
            assert "access-control-allow-origin" not in others.headers
            assert "Origin" in others.headers["vary"]


async def test_answers_and_errors_are_shown_to_named_origins_only(
    client: httpx.AsyncClient,
) -> None:
    for path, method in DOORS.items():
        for origin, shown in ((OURS, OURS), ("https://two.example",) * 2, (OTHERS, None)):
            answer = await client.request(method, path, headers=asked(origin))
            assert answer.headers.get("access-control-allow-origin") == shown, path
            assert "Origin" in answer.headers["vary"]
        assert answer.status_code in (200, 400, 401, 404, 405), path


async def test_other_doors_stay_closed(client: httpx.AsyncClient) -> None:
    for path in CLOSED:
        answer = await client.get(path, headers=asked(OURS))
        assert "access-control-allow-origin" not in answer.headers, path
        preflight = await client.options(path, headers=asked(OURS, "GET"))
        assert "access-control-allow-origin" not in preflight.headers, path
