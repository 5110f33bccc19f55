"""A signed-in doctor, registered programs, and authlib's client, which we did not write."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client

from assembly.runtime import Runtime
from domain.scopes import SCOPES
from storage.records.oauth import OAuthClient
from usecases.oauth.register_client import Registration, register_client
from usecases.staff.accounts import make_account

CALLBACK = "https://app.example.cn/cb?from=film"
READS = "exams.read dicomweb.read fhir.read"
MakeClient = Callable[..., Awaitable["Party"]]


class Party:
    """A third party: its registration and its OAuth library."""

    def __init__(self, base_url: str, row: OAuthClient, secret: str) -> None:
        self.row, self.secret, self.base_url = row, secret, base_url
        self.verifier = generate_token(64)
        self.library = AsyncOAuth2Client(
            row.client_id,
            secret or None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            code_challenge_method="S256",
            redirect_uri=CALLBACK,
            timeout=20,
        )

    def url(self, scope: str = READS, **more: Any) -> tuple[str, str]:
        """(authorization address, state)."""
        url, state = self.library.create_authorization_url(
            f"{self.base_url}/oauth/authorize", code_verifier=self.verifier, scope=scope, **more
        )
        return str(url), str(state)

    async def fetch(self, **form: Any) -> dict[str, Any]:
        token = await self.library.fetch_token(f"{self.base_url}/oauth/token", **form)
        return dict(token)

    async def post(self, path: str, **form: str) -> httpx.Response:
        """Without the library: what it would never send."""
        auth = (self.row.client_id, self.secret) if self.secret else None
        if not self.secret:
            form = {"client_id": self.row.client_id} | form
        async with httpx.AsyncClient(base_url=self.base_url, timeout=20) as client:
            return await client.post(path, data=form, auth=auth)

    async def redeem(self, code: str, **form: str) -> httpx.Response:
        whole = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        }  # fmt: skip
        return await self.post("/oauth/token", **(whole | form))


@pytest.fixture
async def make_client(runtime: Runtime, base_url: str) -> AsyncIterator[MakeClient]:
    made: list[Party] = []

    async def make(name: str = "门户", **more: Any) -> Party:
        asked = {"scopes": " ".join(SCOPES), "redirect_uris": (CALLBACK,)} | more
        row, secret = await register_client(Registration(name, **asked), by="test")
        made.append(Party(base_url, row, secret))
        return made[-1]

    yield make
    for party in made:
        await party.library.aclose()


@pytest.fixture
async def party(make_client: MakeClient) -> Party:
    return await make_client()


@pytest.fixture
async def doctor(runtime: Runtime, browser: httpx.AsyncClient) -> httpx.AsyncClient:
    """A signed-in doctor's browser."""
    await make_account("wang", "correct horse battery", "doctor", "王医生")
    await sign_in(browser, "wang")
    return browser


async def sign_in(browser: httpx.AsyncClient, username: str) -> None:
    answer = await browser.post(
        "/api/staff/v1/session",
        json={"username": username, "password": "correct horse battery"},
    )
    assert answer.status_code == 200, answer.text


async def decide(
    browser: httpx.AsyncClient, url: str, decision: str = "allow", username: str = "wang"
) -> httpx.Response:
    """What the page's button does."""
    body = {"request": urlsplit(url).query, "decision": decision, "username": username}
    return await browser.post("/oauth/authorize", json=body)


def sent_back(answer: httpx.Response) -> dict[str, str]:
    """The parameters at the registered address."""
    assert answer.status_code == 200, answer.text
    return parameters(answer.json()["redirect_to"])


def parameters(location: str) -> dict[str, str]:
    assert location.startswith(CALLBACK + "&")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def allowed_code(browser: httpx.AsyncClient, party: Party, scope: str = READS) -> str:
    url, _ = party.url(scope)
    return sent_back(await decide(browser, url))["code"]
