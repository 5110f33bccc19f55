"""Registration by administrators over HTTP, the metadata document, and the fixed tokens of old."""

import httpx
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from assembly.runtime import Runtime
from storage.records.audit import AuditEntry
from storage.records.oauth import OAuthClient
from tests.bff.oauth.conftest import sign_in
from usecases.staff.accounts import make_account, make_client

CLIENTS = "/api/admin/v1/oauth-clients"


async def test_an_administrator_registers_rotates_and_revokes(
    runtime: Runtime, browser: httpx.AsyncClient, base_url: str
) -> None:
    assert (await browser.get(CLIENTS)).status_code == 401
    await make_account("wang", "correct horse battery", "doctor", "王医生")
    await sign_in(browser, "wang")
    refused = await browser.post(CLIENTS, json={"name": "门户", "scopes": ["fhir.read"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "role_missing")
    await make_account("chief", "correct horse battery", "admin", "张主任")
    await sign_in(browser, "chief")
    made = await browser.post(CLIENTS, json={"name": "门户", "scopes": ["fhir.read", "ris"]})
    assert made.status_code == 201
    client_id, secret = made.json()["client_id"], made.json()["client_secret"]
    (listed,) = (await browser.get(CLIENTS)).json()["clients"]
    assert listed["name"] == "门户" and "client_secret" not in listed and secret not in str(listed)
    assert secret not in str(await OAuthClient.all().values())

    async def token(with_secret: str) -> int:
        async with httpx.AsyncClient(base_url=base_url, timeout=20) as third_party:
            form = {"grant_type": "client_credentials"}
            auth = (client_id, with_secret)
            return (await third_party.post("/oauth/token", data=form, auth=auth)).status_code

    assert await token(secret) == 200
    new = (await browser.post(f"{CLIENTS}/{client_id}/secret")).json()["client_secret"]
    assert (await token(secret), await token(new)) == (401, 200)
    gone = await browser.post(f"{CLIENTS}/{client_id}/revoke")
    assert gone.json()["revoked_at"] and await token(new) == 401
    late = await browser.post(f"{CLIENTS}/{client_id}/secret")
    assert late.json()["error"]["code"] == "client_revoked"
    assert (await browser.post(f"{CLIENTS}/none/revoke")).status_code == 404
    actions = await AuditEntry.all().values_list("action", flat=True)
    assert {"oauth_client_made", "oauth_secret_made", "oauth_client_revoked"} <= set(actions)


async def test_registrations_that_cannot_be(runtime: Runtime, browser: httpx.AsyncClient) -> None:
    await make_account("chief", "correct horse battery", "admin", "张主任")
    await sign_in(browser, "chief")
    await make_client("old-ris", "ris")
    good = {"name": "门户", "scopes": ["fhir.read"]}
    for change, code in (
        ({"name": ""}, "client_name_malformed"),
        ({"name": "a\u202eb"}, "client_name_malformed"),
        ({"name": "old-ris"}, "client_name_taken"),
        ({"scopes": []}, "scope_unknown"),
        ({"scopes": ["root"]}, "scope_unknown"),
        ({"scopes": "fhir.read"}, "body_malformed"),
        ({"redirect_uris": ["http://a.cn/"]}, "redirect_uri_malformed"),
        ({"redirect_uris": ["https://a.cn/"] * 21}, "too_many_redirect_uris"),
        ({"is_public": True}, "redirect_uri_missing"),
        ({"is_public": "yes"}, "body_malformed"),
        ({"per_day": 0}, "quota_range"),
        (
            {"is_public": True, "redirect_uris": ["https://a.cn/"], "scopes": ["ris"]},
            "scope_not_for_public",
        ),
    ):
        answer = await browser.post(CLIENTS, json=good | change)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert (await browser.post(CLIENTS, json=good)).status_code == 201
    again = await browser.post(CLIENTS, json=good)
    assert again.json()["error"]["code"] == "client_name_taken"


async def test_the_metadata_document_is_valid_and_true(
    browser: httpx.AsyncClient, base_url: str
) -> None:
    told = (await browser.get("/.well-known/oauth-authorization-server")).json()
    AuthorizationServerMetadata(told).validate()
    assert told["issuer"] == base_url and told["code_challenge_methods_supported"] == ["S256"]
    assert not {"implicit", "password"} & set(told["grant_types_supported"])
    for name in ("token", "revocation", "introspection"):
        endpoint = told[f"{name}_endpoint"]
        assert (await browser.post(endpoint, data={"token": "x"})).status_code in (400, 401)


async def test_a_fixed_token_still_works(
    ris: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    assert (await ris.get("/api/ris/v1/exams/none/code")).status_code == 404
    bare = await browser.get("/api/ris/v1/exams/none/code")
    assert bare.status_code == 401
    assert bare.headers["www-authenticate"] == 'Bearer realm="cloudfilm"'
