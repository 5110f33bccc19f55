"""Codes, tokens and their ends, with authlib's client, on SQLite and PostgreSQL (tender A5.1, A6.2;
BATTERY A7)."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from assembly.runtime import Runtime
from storage.records.oauth import OAuthGrant, OAuthToken
from storage.records.staff import StaffAccount
from storage.transactions import db_now
from tests.bff.oauth.conftest import READS, Party, allowed_code, decide, parameters, sent_back
from usecases.oauth.register_client import revoke_client
from usecases.oauth.sweep_ended import sweep_ended


@pytest.fixture
def runtime(each_runtime: Runtime) -> Runtime:
    return each_runtime


async def is_active(party: Party, token: str) -> bool:
    answer = await party.post("/oauth/introspect", token=token)
    assert answer.status_code == 200
    return bool(answer.json()["active"])


async def test_the_whole_life_of_a_grant(doctor: httpx.AsyncClient, party: Party) -> None:
    url, state = party.url()
    page = await doctor.get(url)
    assert page.status_code == 200 and page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    answer = sent_back(await decide(doctor, url))
    assert answer["state"] == state and answer["iss"] == party.base_url
    token = await party.fetch(code=answer["code"], code_verifier=party.verifier)
    assert set(token["scope"].split()) == set(READS.split())
    assert token["expires_in"] == 1800 and len(token["access_token"]) >= 43
    told = (await party.post("/oauth/introspect", token=token["access_token"])).json()
    assert told["active"] and told["username"] == "wang"
    assert told["client_id"] == party.row.client_id and told["exp"] - told["iat"] <= 1801
    renewed = dict(await party.library.refresh_token(f"{party.base_url}/oauth/token"))
    assert renewed["refresh_token"] != token["refresh_token"]
    assert await is_active(party, renewed["access_token"])
    stored = await OAuthToken.all().values_list("token_sha256", flat=True)
    assert not {renewed["access_token"], renewed["refresh_token"]} & set(stored)
    ended = await party.library.revoke_token(
        f"{party.base_url}/oauth/revoke", renewed["refresh_token"]
    )
    assert ended.status_code == 200
    assert not await is_active(party, renewed["access_token"])


async def test_a_code_is_good_once_however_many_race(
    doctor: httpx.AsyncClient, party: Party
) -> None:
    code = await allowed_code(doctor, party)
    answers = await asyncio.gather(*(party.redeem(code) for _ in range(8)))
    won = [a.json() for a in answers if a.status_code == 200]
    lost = {a.json()["error"] for a in answers if a.status_code != 200}
    assert len(won) == 1 and lost == {"invalid_grant"}
    assert not await is_active(party, won[0]["access_token"])  # the reuse took it along


async def test_a_code_that_comes_again_ends_what_it_gave(
    doctor: httpx.AsyncClient, party: Party
) -> None:
    code = await allowed_code(doctor, party)
    token = (await party.redeem(code)).json()
    assert await is_active(party, token["access_token"])
    assert (await party.redeem(code)).json()["error"] == "invalid_grant"
    assert not await is_active(party, token["access_token"])
    assert not await is_active(party, token["refresh_token"])


async def test_a7_a_refresh_token_used_twice_ends_the_family(
    doctor: httpx.AsyncClient, party: Party
) -> None:
    first = (await party.redeem(await allowed_code(doctor, party))).json()

    async def refresh(token: str) -> httpx.Response:
        return await party.post("/oauth/token", grant_type="refresh_token", refresh_token=token)

    second = (await refresh(first["refresh_token"])).json()
    third = (await refresh(second["refresh_token"])).json()
    assert await is_active(party, third["access_token"])
    assert (await refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    for token in (first, second, third):
        assert not await is_active(party, token["access_token"])
    assert (await refresh(third["refresh_token"])).status_code == 400
    raced = (await party.redeem(await allowed_code(doctor, party))).json()
    answers = await asyncio.gather(*(refresh(raced["refresh_token"]) for _ in range(6)))
    assert sorted(a.status_code for a in answers) == [200] + [400] * 5
    (won,) = (a.json() for a in answers if a.status_code == 200)
    assert not await is_active(party, won["access_token"])


async def test_what_has_expired_is_over_by_the_databases_clock(
    doctor: httpx.AsyncClient, party: Party
) -> None:
    code = await allowed_code(doctor, party)
    past = await db_now() - timedelta(seconds=1)
    await OAuthGrant.all().update(code_expires_at=past)
    assert (await party.redeem(code)).json()["error"] == "invalid_grant"
    token = (await party.redeem(await allowed_code(doctor, party))).json()
    await OAuthToken.filter(kind="access").update(expires_at=past)
    assert not await is_active(party, token["access_token"])
    late = await ask_exams(party, token["access_token"])
    assert (late.status_code, late.json()["error"]["code"]) == (401, "token_expired")
    assert 'error="invalid_token"' in late.headers["www-authenticate"]
    renewed = await party.post(
        "/oauth/token", grant_type="refresh_token", refresh_token=token["refresh_token"]
    )
    assert renewed.status_code == 200
    await OAuthToken.filter(kind="refresh").update(expires_at=past)
    again = await party.post(
        "/oauth/token", grant_type="refresh_token", refresh_token=renewed.json()["refresh_token"]
    )
    assert again.json()["error"] == "invalid_grant"


async def ask_exams(party: Party, token: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=party.base_url, timeout=20) as client:
        return await client.get(
            "/api/ris/v1/exams/none/code", headers={"Authorization": f"Bearer {token}"}
        )


async def test_a_revoked_client_and_a_rejected_doctor_end_at_once(
    doctor: httpx.AsyncClient, party: Party
) -> None:
    own = await party.fetch(grant_type="client_credentials", scope="ris")
    assert (await ask_exams(party, own["access_token"])).status_code == 404
    lent = (await party.redeem(await allowed_code(doctor, party))).json()
    assert (await ask_exams(party, lent["access_token"])).status_code == 403  # no scope `ris`
    await StaffAccount.filter(username="wang").update(state="rejected")
    assert (await ask_exams(party, lent["access_token"])).status_code == 401
    renewed = await party.post(
        "/oauth/token", grant_type="refresh_token", refresh_token=lent["refresh_token"]
    )
    assert renewed.json()["error"] == "invalid_grant"
    await revoke_client(party.row.client_id, by="test")
    assert (await ask_exams(party, own["access_token"])).status_code == 401
    refused = await party.post("/oauth/token", grant_type="client_credentials")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


async def test_denied_is_told_to_the_program(doctor: httpx.AsyncClient, party: Party) -> None:
    url, state = party.url()
    answer = await decide(doctor, url, "deny")
    told = parameters(answer.json()["redirect_to"])
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", state, party.base_url)
    assert await OAuthGrant.all().count() == 0


async def test_what_is_over_is_swept_and_what_lives_stays(
    doctor: httpx.AsyncClient, party: Party
) -> None:
    over = (await party.redeem(await allowed_code(doctor, party))).json()
    lives = (await party.redeem(await allowed_code(doctor, party))).json()
    first = await OAuthGrant.all().order_by("id").first()
    assert first is not None
    await OAuthGrant.filter(id=first.id).update(ends_at=await db_now() - timedelta(days=8))
    await sweep_ended()
    assert await OAuthGrant.all().count() == 1 and await OAuthToken.all().count() == 2
    assert await is_active(party, lives["access_token"])
    assert not await is_active(party, over["access_token"])
