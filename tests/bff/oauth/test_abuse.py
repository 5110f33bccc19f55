"""What an attacker or a sloppy program sends to the authorization server (BATTERY A5, A6, A14, A15;
RFC 9700)."""

import io
import logging
from contextlib import redirect_stderr
from urllib.parse import urlencode

import httpx
import pytest

from assembly.logs import configure_logging
from assembly.runtime import Runtime
from domain.errors import Invalid
from domain.redirects import check_redirect_uri
from storage.records.oauth import OAuthClient, OAuthGrant, OAuthToken
from tests.bff.oauth.conftest import (
    CALLBACK,
    MakeClient,
    Party,
    allowed_code,
    decide,
    parameters,
    sign_in,
)
from tests.bff.test_patient_path import boot_of
from usecases.staff.accounts import make_account

VERIFIER_OF_ANOTHER = "a" * 64
NOT_REGISTERED = [
    CALLBACK + "/", CALLBACK[:-1], CALLBACK.replace("https", "http"), CALLBACK.upper(),
    "https://app.example.cn/cb", "https://app.example.cn/cb?from=film&x=1",
    "https://app.example.cn.evil.com/cb?from=film", "https://app.example.cn@evil.com/cb?from=film",
    "https://evil.com/?https://app.example.cn/cb?from=film", "//evil.com/cb", "/\\evil.com",
    "https:evil.com", "https://app.example.cn/../cb?from=film", CALLBACK + "#x",
    "https://app.example.cn%0d%0aX:1/cb?from=film", "javascript:alert(1)", "中文",
    'https://app.example.cn/"quote', "https://app.example.cn:443/cb?from=film",
]  # fmt: skip


async def test_a14_only_the_registered_address_is_ever_sent_to(
    browser: httpx.AsyncClient, party: Party
) -> None:
    url, _ = party.url()
    for uri in NOT_REGISTERED:
        changed = str(httpx.URL(url).copy_set_param("redirect_uri", uri))
        page = await browser.get(changed)
        assert page.status_code == 400 and "location" not in page.headers, uri
        assert boot_of(page)["kind"] == "refused"


@pytest.mark.parametrize(
    "uri",
    ["", "app", "http://example.cn/cb", "https://a.cn/#x", "https://u:p@a.cn/", "javascript:alert(1)",
     "data:text/html,x", "https://*.a.cn/中", "https://a.cn/ b", "https:///cb", "ftp://a.cn/",
     "https://a.cn:99999/", "https://[::1/", "file:///etc/passwd", "https://a.cn/" + "x" * 500],
)  # fmt: skip
def test_a8_addresses_that_may_not_be_registered(uri: str) -> None:
    with pytest.raises(Invalid):
        check_redirect_uri(uri)


@pytest.mark.parametrize(
    "uri",
    ["https://a.cn/cb?x=1", "http://127.0.0.1:8000/cb", "http://[::1]/", "cn.hospital.app:/cb"],
)
def test_addresses_that_may_be_registered(uri: str) -> None:
    assert check_redirect_uri(uri) == uri


async def test_pkce_is_required_and_only_s256(doctor: httpx.AsyncClient, party: Party) -> None:
    url = httpx.URL(party.url()[0])
    for changed in (
        url.copy_remove_param("code_challenge"),
        url.copy_set_param("code_challenge_method", "plain"),
        url.copy_remove_param("code_challenge_method"),
        url.copy_set_param("code_challenge", "short"),
    ):
        page = await doctor.get(changed)
        told = parameters(page.headers["location"])
        assert page.status_code == 302 and told["error"] == "invalid_request"
        assert told["iss"] == party.base_url and "state" in told
        assert (await decide(doctor, str(changed))).status_code == 400
    code = await allowed_code(doctor, party)
    for verifier in (VERIFIER_OF_ANOTHER, "", "short"):
        refused = await party.redeem(code, code_verifier=verifier)
        assert refused.json()["error"] in ("invalid_grant", "invalid_request")
    wrong_place = await party.redeem(code, redirect_uri="https://app.example.cn/cb")
    assert wrong_place.json()["error"] == "invalid_grant"
    assert (await party.redeem(code)).status_code == 200  # none of these was a use


HAND_ON = [({"response_type": "token"}, "unsupported_response_type"), ({"scope": "ris"}, "invalid_scope"),
     ({"scope": "exams.read dicomweb.write"}, "invalid_scope"), ({"scope": "root"}, "invalid_scope")]  # fmt: skip


async def test_what_staff_cannot_hand_on(browser: httpx.AsyncClient, party: Party) -> None:
    for change, error in HAND_ON:
        page = await browser.get(httpx.URL(party.url()[0]).copy_merge_params(change))
        assert parameters(page.headers["location"])["error"] == error


async def test_hostile_authorization_requests_have_an_answer(
    browser: httpx.AsyncClient, party: Party
) -> None:
    url, _ = party.url()
    query = url.split("?", 1)[1]
    for hostile in (
        "", "client_id=", "client_id=%00", f"{query}&state=two&state=three",
        query.replace("response_type=code", "response_type=%22%E4%B8%AD%5C"),
        f"{query}&scope={'x' * 5000}", "%ff%fe=1", "&".join(f"a{n}=1" for n in range(100)),
        urlencode({"client_id": "' OR 1=1 --"}),
    ):  # fmt: skip
        page = await browser.get(f"/oauth/authorize?{hostile}")
        assert page.status_code in (302, 400), hostile
        if page.status_code == 302:
            assert page.headers["location"].startswith(CALLBACK)


async def test_a15_consent_needs_our_page_and_the_shown_account(
    runtime: Runtime, doctor: httpx.AsyncClient, party: Party
) -> None:
    url, _ = party.url()
    query = url.split("?", 1)[1]
    body = {"request": query, "decision": "allow", "username": "wang"}
    foreign = await doctor.post(
        "/oauth/authorize", json=body, headers={"Origin": "https://evil.example"}
    )
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "origin_foreign")
    form = await doctor.post("/oauth/authorize", data=body)
    assert (form.status_code, form.json()["error"]["code"]) == (400, "media_type")
    await make_account("li", "correct horse battery", "doctor", "李医生")
    assert boot_of(await doctor.get(url))["account"]["username"] == "wang"  # type: ignore[index]
    await sign_in(doctor, "li")  # in another tab
    late = await decide(doctor, url)
    assert (late.status_code, late.json()["error"]["code"]) == (400, "account_changed")
    assert await OAuthGrant.all().count() == 0
    doctor.cookies.clear()
    assert boot_of(await doctor.get(url))["account"] is None
    assert (await decide(doctor, url)).status_code == 401


async def test_a_foreign_client_learns_and_ends_nothing(
    doctor: httpx.AsyncClient, party: Party, make_client: MakeClient
) -> None:
    other = await make_client("别家")
    code = await allowed_code(doctor, party)
    stolen = await other.redeem(code, code_verifier=party.verifier)
    assert stolen.json()["error"] == "invalid_grant"
    token = (await party.redeem(code)).json()
    asked = await other.post("/oauth/introspect", token=token["access_token"])
    assert asked.json() == {"active": False}
    taken = await other.post(
        "/oauth/token", grant_type="refresh_token", refresh_token=token["refresh_token"]
    )
    assert taken.json()["error"] == "invalid_grant"
    await other.post("/oauth/revoke", token=token["refresh_token"])
    mine = await party.post("/oauth/introspect", token=token["access_token"])
    assert mine.json()["active"] is True
    unknown = await other.post("/oauth/revoke", token="x" * 43)
    assert unknown.status_code == 200


async def test_a_program_without_a_secret(
    doctor: httpx.AsyncClient, make_client: MakeClient
) -> None:
    public = await make_client("手机应用", is_public=True, scopes="fhir.read")
    token = await public.fetch(
        code=await allowed_code(doctor, public, "fhir.read"), code_verifier=public.verifier
    )
    assert token["scope"] == "fhir.read" and token["refresh_token"]
    own = await public.post("/oauth/token", grant_type="client_credentials")
    assert (own.status_code, own.json()["error"]) == (401, "invalid_client")
    asked = await public.post("/oauth/introspect", token=token["access_token"])
    assert asked.status_code == 401


async def test_token_requests_that_are_none(party: Party, base_url: str) -> None:
    auth = (party.row.client_id, party.secret)
    async with httpx.AsyncClient(base_url=base_url, timeout=20, auth=auth) as client:

        async def error(content: str, kind: str = "application/x-www-form-urlencoded") -> str:
            answer = await client.post(
                "/oauth/token", content=content, headers={"Content-Type": kind}
            )
            assert answer.headers["cache-control"] == "no-store"
            return str(answer.json()["error"])

        own = "grant_type=client_credentials"
        assert (
            await error("grant_type=password&username=wang&password=x") == "unsupported_grant_type"
        )
        assert await error("grant_type=implicit") == "unsupported_grant_type"
        assert await error(own + "&scope=root") == "invalid_scope"
        assert await error(own + "&" + own) == "invalid_request"
        assert await error(own + "&client_id=another") == "invalid_request"
        assert await error('{"grant_type":"client_credentials"}', "application/json") == "invalid_request"  # fmt: skip
        assert await error("%ff=%fe") in ("invalid_request", "unsupported_grant_type")
        assert await error("") == "unsupported_grant_type"
        assert await error("grant_type=refresh_token") == "invalid_request"
        assert (
            await error("grant_type=authorization_code&code=x&code_verifier=y") == "invalid_grant"
        )
        assert (await client.get("/oauth/token")).status_code == 405
    for header in ("Basic !!!", "Basic /////w==", "Basic", "Bearer x", "Basic Og=="):
        async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
            answer = await client.post(
                "/oauth/token", data={"grant_type": "client_credentials"},
                headers={"Authorization": header},
            )  # fmt: skip
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            assert answer.headers["www-authenticate"].startswith("Basic")


async def test_wrong_secrets_are_counted_and_stop_the_guesser(
    party: Party, base_url: str, make_client: MakeClient
) -> None:
    form = {"grant_type": "client_credentials"}
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as guesser:
        for number in range(10):
            answer = await guesser.post(
                "/oauth/token", data=form, auth=(party.row.client_id, f"guess{number}")
            )
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        stopped = await guesser.post("/oauth/token", data=form, auth=(party.row.client_id, "x"))
        assert stopped.status_code == 429 and int(stopped.headers["retry-after"]) > 0
        unknown = await guesser.post("/oauth/token", data=form, auth=("nobody", "x"))
        assert unknown.json() == answer.json()  # nobody learns which clients there are
    row = await OAuthClient.get(id=party.row.id)
    assert row.wrong_secrets == 10 and row.last_wrong_at is not None
    other = await make_client("别家")
    assert (await other.post("/oauth/token", **form)).status_code == 200


async def test_a_client_cannot_fill_the_table(
    party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usecases.oauth.limit_clients.MAX_ISSUED", 3)
    monkeypatch.setattr("usecases.oauth.limit_clients.ISSUE_WINDOW_S", 86_400)
    answers = [await party.post("/oauth/token", grant_type="client_credentials") for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
    assert await OAuthToken.all().count() == 3


async def test_no_secret_is_ever_in_a_log(doctor: httpx.AsyncClient, party: Party) -> None:
    heard = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    with redirect_stderr(heard):
        configure_logging("DEBUG", process="test")
        root.setLevel(logging.DEBUG)
        try:
            code = await allowed_code(doctor, party)
            token = (await party.redeem(code)).json()
            await party.redeem(code)
            await party.post("/oauth/token", grant_type="refresh_token", refresh_token="r" * 43)
        finally:
            root.handlers[:] = before
            root.setLevel(level)
    said = heard.getvalue()
    assert "oauth_replayed" in said
    for secret in (code, party.secret, token["access_token"], token["refresh_token"], "r" * 43):
        assert secret not in said
