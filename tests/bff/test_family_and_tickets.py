"""Consent, guardians, the mini-program and its one-time ticket; sessions that must end (A7, A22)."""

import asyncio
import io

import httpx
import pytest

from assembly.runtime import Runtime
from demo.fake_wechat import FakeWeChat
from storage.records.consent import Consent, ConsentText
from storage.records.entry_ticket import EntryTicket
from storage.records.exam_code import ExamCode
from storage.records.session import ViewingSession
from storage.transactions import db_now
from tests.bff.conftest import serving
from tests.bff.test_patient_path import boot_of
from tests.bff.wechat_parts import (
    RIGHT,
    WRONG,
    bind_self,
    code_of,
    fake,
    mini_login,
    open_page,
    phone,
    report_arrives,
    settings,
    verify,
)
from tests.support.wechat import MINI, control

__all__ = ["fake", "settings"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_consent_is_asked_once_and_kept_with_its_text(
    runtime: Runtime, browser: httpx.AsyncClient, base_url: str
) -> None:
    token = await code_of(runtime)
    asked = boot_of(await browser.get(f"/q/{token}"))["consent"]
    outdated = await verify(browser, token, consent="A" * 22)
    assert (outdated.status_code, outdated.json()["error"]["code"]) == (400, "consent_outdated")
    assert (await ExamCode.get()).wrong_total == 0  # and was no try
    opened = await verify(browser, token, consent=asked["version"])  # type: ignore[index]
    assert opened.status_code == 200 and "home" in opened.json()
    assert boot_of(await browser.get(f"/q/{token}"))["consent"] is None
    assert (await verify(browser, token)).status_code == 200
    kept = await Consent.get()
    text = await ConsentText.get(version=kept.version)
    assert text.text == asked["text"]  # type: ignore[index]


async def test_withdrawal_ends_everything_and_is_asked_anew(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one, httpx.AsyncClient(base_url=base_url) as other:
        await bind_self(one, token)
        await verify(other, token)
        share = await one.post("/api/share/v1/shares", json={"exam": "", "days": 1})
        assert share.status_code == 201
        done = await one.post("/api/patient/v1/consent/withdraw", json={})
        assert done.status_code == 204
        for each in (one, other):
            assert (await each.get("/api/patient/v1/home")).status_code == 401
        assert (await other.get("/s/" + share.json()["url"].rsplit("/", 1)[1])).status_code == 410
        boot = boot_of(await open_page(one, f"/q/{token}"))
        assert boot["consent"] and "one_tap" not in boot
        assert (await verify(one, token)).status_code == 200


async def test_a_new_text_waits_at_the_one_tap_door_and_shows_nothing_before(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one:
        await bind_self(one, token)
        await one.post("/api/patient/v1/sign-out")
        await Consent.all().update(version="an-older-text")
        entered = (await one.post(f"/api/wechat/v1/codes/{token}/enter", json={})).json()
        assert "home" not in entered and "studies" not in entered
        for path in ("patient/v1/home", "patient/v1/history", "viewing/v1/manifest"):
            refused = await one.get(f"/api/{path}")
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "consent_needed")
        version = entered["consent"]["version"]
        opened = await one.post("/api/patient/v1/consent", json={"consent": version})
        assert opened.json()["home"]["exam"]["accession_number"] == "A1"
        assert (await one.get("/api/patient/v1/home")).status_code == 200


async def test_a_guardian_is_invited_accepts_once_is_named_and_leaves(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with (
        phone(base_url, fake) as father,
        phone(base_url, fake, "bob") as daughter,
        phone(base_url, fake, "carol") as late,
    ):
        await bind_self(father, token)
        path = "/api/patient/v1/guardians"
        assert (await father.post(path, json={"relation": "self"})).status_code == 400
        invited = (await father.post(path, json={"relation": "child"})).json()
        place = "/g/" + invited["url"].rsplit("/", 1)[1]
        invitation = place.removeprefix("/g/")
        boot = boot_of(await open_page(daughter, place))
        assert boot["invitation"]["masked_name"] == "李*英"  # type: ignore[index]
        await open_page(late, place)
        accept = f"/api/wechat/v1/invitations/{invitation}/accept"
        both = await asyncio.gather(
            *(each.post(accept, json={}) for each in (daughter, late, daughter, late))
        )
        assert sorted(a.status_code for a in both)[0] == 200
        assert [a.status_code for a in both].count(200) == 1
        winner = daughter if 200 in (both[0].status_code, both[2].status_code) else late
        assert (await winner.get("/api/patient/v1/home")).status_code == 200
        visits = (await father.get("/api/patient/v1/visits")).json()["visits"]
        assert "家人(子女)" in {line["who"] for line in visits}
        refused = await winner.post("/api/patient/v1/consent/withdraw", json={})
        assert refused.status_code == 403
        shown = (await father.get("/api/patient/v1/bindings")).json()
        guardian = next(b for b in shown["bindings"] if b["relation"] == "child")
        own = next(b for b in shown["bindings"] if b["relation"] == "self")
        ending = "/api/patient/v1/bindings/{}/end"
        assert (await winner.post(ending.format(own["id"]), json={})).status_code == 401
        gone = await father.post(ending.format(guardian["id"]), json={})
        assert gone.status_code == 204
        assert (await winner.get("/api/patient/v1/home")).status_code == 401
        assert (await late.get(place)).status_code == 410


async def test_the_mini_program_enters_and_hands_over_to_the_web_view(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with (
        httpx.AsyncClient(base_url=base_url) as program,
        httpx.AsyncClient(base_url=base_url) as view,
        httpx.AsyncClient(base_url=base_url) as thief,
        serving(runtime) as second_node,
    ):
        login = bearer(await mini_login(program, fake))
        state = (await program.get(f"/api/patient/v1/codes/{token}", headers=login)).json()
        assert state["masked_name"] == "李*英" and state["consent"]
        path = f"/api/patient/v1/codes/{token}/verify"
        opened = (await program.post(path, json={"digits": RIGHT}, headers=login)).json()
        session = opened["session"]["token"]
        program.cookies.clear()
        home = await program.get("/api/patient/v1/home", headers=bearer(session))
        assert home.status_code == 200
        ask = {"session": session, "target": "//evil.example"}
        told = await program.post("/api/wechat/v1/mini/ticket", json=ask, headers=login)
        address = told.json()["url"]
        assert told.json()["expires_in"] == 60
        other = address.replace(base_url, second_node)
        answers = await asyncio.gather(
            *(each.get(url) for each, url in ((view, address), (thief, other), (thief, address)))
        )
        assert sorted(a.status_code for a in answers) == [303, 410, 410]
        won = next(a for a in answers if a.status_code == 303)
        assert won.headers["location"] == "/home"
        assert (await thief.get(other)).status_code == 410  # replayed on a second node
        told = await program.post("/api/wechat/v1/mini/ticket", json=ask, headers=login)
        await EntryTicket.filter(used_at=None).update(expires_at=await db_now())
        assert (await view.get(told.json()["url"])).status_code == 410  # too late


async def test_a_web_view_ends_with_the_session_that_it_came_from(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    """Signing out in the mini-program ends what its tickets opened, and the WeChat login there; the
    web-view's own sign-out leaves the program in."""
    token = await code_of(runtime)
    async with (
        httpx.AsyncClient(base_url=base_url) as program,
        httpx.AsyncClient(base_url=base_url) as first,
        httpx.AsyncClient(base_url=base_url) as second,
    ):
        login = bearer(await mini_login(program, fake))
        path = f"/api/patient/v1/codes/{token}/verify"
        opened = (await program.post(path, json={"digits": RIGHT}, headers=login)).json()
        session = opened["session"]["token"]
        program.cookies.clear()
        for view in (first, second):
            ask = {"session": session, "target": "/home"}
            told = await program.post("/api/wechat/v1/mini/ticket", json=ask, headers=login)
            assert (await view.get(told.json()["url"])).status_code == 303
            assert (await view.get("/api/patient/v1/home")).status_code == 200
            assert (await view.get("/api/wechat/v1/people")).status_code == 200
        assert (await second.post("/api/patient/v1/sign-out")).status_code == 204
        for each, headers in ((program, bearer(session)), (first, {})):
            assert (await each.get("/api/patient/v1/home", headers=headers)).status_code == 200
        headers = login | {"Cookie": f"cf_session={session}"}
        done = await program.post("/api/wechat/v1/sign-out", headers=headers)
        assert done.status_code == 204
        for path in ("patient/v1/home", "viewing/v1/manifest", "wechat/v1/people"):
            assert (await first.get(f"/api/{path}")).status_code == 401
        assert await ViewingSession.filter(revoked_at=None).count() == 0


@pytest.mark.parametrize(
    ("errcode", "status", "code"),
    [(40029, 401, "wechat_code_used"), (40163, 401, "wechat_code_used"),
     (40226, 403, "wechat_blocked"), (45011, 503, "wechat_next_minute"), (-1, 503, "wechat_retry")],
)  # fmt: skip
async def test_a_login_that_wechat_refuses(
    browser: httpx.AsyncClient, fake: FakeWeChat, errcode: int, status: int, code: str
) -> None:
    control(fake, "fault", path="/sns/jscode2session", times=9, errcode=errcode)
    answer = await browser.post("/api/wechat/v1/mini/login", json={"code": "c"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "微信" in answer.json()["error"]["message"]


async def test_a_vouched_phone_helps_only_where_the_phone_is_asked(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    by_card = await code_of(runtime)
    by_phone = await code_of(runtime, "B1", patient_number="P2", name="王五", id_card="")
    async with httpx.AsyncClient(base_url=base_url) as program:
        login = bearer(await mini_login(program, fake))
        enter = "/api/wechat/v1/codes/{}/enter"
        assert (
            await program.post(enter.format(by_phone), json={}, headers=login)
        ).status_code == 401
        code = fake.world.make_code(MINI, "alice", "phone")
        done = await program.post("/api/wechat/v1/mini/phone", json={"code": code}, headers=login)
        assert done.status_code == 204
        assert (
            await program.post(enter.format(by_phone), json={}, headers=login)
        ).status_code == 200
        assert (
            await program.post(enter.format(by_card), json={}, headers=login)
        ).status_code == 401


async def test_a1_of_two_hundred_wrong_tries_five_are_compared(
    runtime: Runtime, base_url: str
) -> None:
    token = await code_of(runtime)
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(base_url=base_url, timeout=60, limits=limits) as thief:
        answers = await asyncio.gather(*(verify(thief, token, WRONG) for _ in range(200)))
        assert [a.status_code for a in answers].count(403) == 4
        assert {a.status_code for a in answers} == {403, 429}
        assert (await verify(thief, token, RIGHT)).status_code == 429
    row = await ExamCode.get()
    assert (row.wrong_recent, row.wrong_total) == (5, 5)


async def test_a7_a22_what_has_ended_opens_nothing(
    runtime: Runtime, base_url: str, browser: httpx.AsyncClient
) -> None:
    token = await code_of(runtime)
    await report_arrives(runtime)
    await verify(browser, token)
    paths = (
        "patient/v1/report.pdf", "patient/v1/card.png", "patient/v1/home", "patient/v1/visits",
        "viewing/v1/manifest",
    )  # fmt: skip
    for path in paths:
        answer = await browser.get(f"/api/{path}")
        assert answer.status_code == 200
        assert (
            "private" in answer.headers["cache-control"]
            or "no-store" in answer.headers["cache-control"]
        )
    cookies = dict(browser.cookies)
    assert (await browser.post("/api/patient/v1/sign-out")).status_code == 204
    async with httpx.AsyncClient(base_url=base_url, cookies=cookies) as kept:
        for path in paths:
            assert (await kept.get(f"/api/{path}")).status_code == 401
    assert await ViewingSession.filter(revoked_at=None).count() == 0


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
async def test_a15_a_foreign_page_does_not_act(
    runtime: Runtime, base_url: str, fake: FakeWeChat, headers: dict[str, str]
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one:
        binding = await bind_self(one, token)
        for path in (
            "patient/v1/consent/withdraw", f"patient/v1/bindings/{binding}/end",
            "patient/v1/guardians", "wechat/v1/sign-out", f"wechat/v1/codes/{token}/enter",
        ):  # fmt: skip
            answer = await one.post(f"/api/{path}", json={}, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_foreign")
        plain = await one.post("/api/patient/v1/consent/withdraw", content="{}")
        assert plain.status_code == 400
        assert (await one.get("/api/patient/v1/consent/withdraw")).status_code == 405
        assert (await one.get("/api/patient/v1/home")).status_code == 200


async def test_a13_nothing_that_names_anybody_stands_in_clear(
    runtime: Runtime, base_url: str, fake: FakeWeChat, capfd: pytest.CaptureFixture[str]
) -> None:
    """Representative flows, then the database, the objects and everything that was said."""
    token = await code_of(runtime)
    async with phone(base_url, fake) as one:
        await bind_self(one, token)
        invited = await one.post("/api/patient/v1/guardians", json={"relation": "child"})
        cookies = list(dict(one.cookies).values())
        login = await mini_login(one, fake)
        control(fake, "fault", path="*", times=20, cut=True)
        await one.get("/api/wechat/v1/js-config", params={"url": base_url})
    canaries = [
        "999900195108021045", "10000001037", token, login, *cookies,
        invited.json()["url"].rsplit("/", 1)[1], *fake.world.stable.values(),
        *(fake.world.openid(app, "alice") for app in fake.world.apps.values()),
        *(app.secret for app in fake.world.apps.values()),
    ]  # fmt: skip
    out, err = capfd.readouterr()
    said = (out + err).encode()
    kept = io.BytesIO()
    for path in runtime.settings.data_dir.rglob("*"):
        if path.is_file():
            kept.write(path.read_bytes())
    for canary in canaries:
        assert len(canary) > 8
        assert canary.encode() not in said and canary.encode() not in kept.getvalue()
