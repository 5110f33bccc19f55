"""WeChat's browser: scan, OAuth, digits, one tap, and every wrong turn of the callback (A4, A14)."""

import asyncio
import re

import httpx
import pytest

from assembly.runtime import Runtime
from demo.fake_wechat import FakeWeChat
from storage.records.binding import Binding
from storage.records.exam_code import ExamCode
from storage.records.session import ViewingSession
from storage.records.wechat_login import WeChatLogin, WeChatState
from storage.records.wechat_user import WeChatUser
from storage.transactions import db_now
from tests.bff.conftest import serving
from tests.bff.test_patient_path import boot_of
from tests.bff.wechat_parts import (
    RIGHT,
    WRONG,
    bind_self,
    child_code,
    code_of,
    fake,
    open_page,
    phone,
    settings,
    state_in,
    to_callback,
    verify,
)
from tests.support.wechat import ANDROID, IPHONE, SERVICE, calls, control

__all__ = ["fake", "settings"]

EXCHANGE = "/sns/oauth2/access_token"


@pytest.mark.parametrize("agent", [IPHONE, ANDROID])
async def test_scan_login_digits_bind_and_the_next_scan_is_one_tap(
    runtime: Runtime, base_url: str, fake: FakeWeChat, agent: str
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake, agent=agent) as one:
        page = await open_page(one, f"/q/{token}")
        assert page.status_code == 200 and page.url.path == f"/q/{token}" and not page.url.query
        boot = boot_of(page)
        assert (boot["state"], boot["door"]) == ("challenge", "wechat")
        assert boot["consent"] and "one_tap" not in boot
        opened = (await verify(one, token)).json()
        assert opened["home"]["exam"]["accession_number"] == "A1"
        assert opened["bind_offer"] == [{"relation": "self", "label": "本人"}]
        made = await one.post("/api/patient/v1/bindings", json={"relation": "self"})
        assert made.status_code == 201
        await one.post("/api/patient/v1/sign-out")
        assert (await one.get("/api/patient/v1/home")).status_code == 401
    async with phone(base_url, fake, agent=agent) as another_day:
        boot = boot_of(await open_page(another_day, f"/q/{token}"))
        assert boot["one_tap"] == {"relation": "self", "relation_label": "本人"}
        assert boot["masked_name"] == "李*英" and boot["consent"] is None
        entered = await another_day.post(f"/api/wechat/v1/codes/{token}/enter", json={})
        assert entered.status_code == 200
        assert entered.json()["home"]["patient"]["name"] == "李秀英"
        visits = (await another_day.get("/api/patient/v1/visits")).json()["visits"]
        assert {"绑定微信", "微信一键进入"} <= {line["what"] for line in visits}
    async with phone(base_url, fake, "bob", agent) as stranger:
        assert "one_tap" not in boot_of(await open_page(stranger, f"/q/{token}"))
        refused = await stranger.post(f"/api/wechat/v1/codes/{token}/enter", json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not_bound")


async def test_another_browser_never_meets_wechat(
    runtime: Runtime, browser: httpx.AsyncClient, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    for agent in ("Mozilla/5.0", IPHONE + " miniProgram/wx1", IPHONE + " wxwork/4"):
        page = await browser.get(f"/q/{token}", headers={"User-Agent": agent})
        assert page.status_code == 200
    assert fake.world.calls == []


async def test_a_bound_owner_enters_although_strangers_have_locked_the_code(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as owner, phone(base_url, fake, "bob") as thief:
        await bind_self(owner, token)
        await owner.post("/api/patient/v1/sign-out")
        for _ in range(5):
            await verify(thief, token, WRONG)
        assert (await verify(thief, token, RIGHT)).status_code == 429
        boot = boot_of(await open_page(owner, f"/q/{token}"))
        assert boot["state"] == "locked" and boot["one_tap"]
        entered = await owner.post(f"/api/wechat/v1/codes/{token}/enter", json={})
        assert entered.status_code == 200


async def test_two_callbacks_at_once_exchange_once_and_both_end_in_the_page(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one, serving(runtime) as second_node:
        back = await to_callback(one, f"/q/{token}")
        control(fake, "fault", path=EXCHANGE, delay_s=0.4)
        other = back.replace(base_url, second_node)
        answers = await asyncio.gather(*(one.get(url) for url in (back, other, back, other)))
        assert [a.status_code for a in answers] == [303] * 4
        assert {a.headers["location"] for a in answers} == {f"/q/{token}"}
        again = await one.get(back)  # the person reloads the callback
        assert again.headers["location"] == f"/q/{token}"
    assert len(calls(fake, EXCHANGE)) == 1
    assert await WeChatLogin.exclude(user=None).count() == 1
    assert await WeChatUser.all().count() == 1


async def test_a_replayed_code_restarts_the_login_once(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one:
        back = await to_callback(one, f"/q/{token}")
        used = re.search(r"code=([^&]+)", back)
        assert used is not None
        await one.get(f"{fake.base_url}{EXCHANGE}", params={
            "appid": SERVICE, "secret": fake.world.apps[SERVICE].secret, "code": used.group(1),
            "grant_type": "authorization_code",
        })  # fmt: skip
        again = await one.get(back)
        assert again.status_code == 303 and "/connect/oauth2/authorize" in again.headers["location"]
        page = await open_page(one, again.headers["location"])
        assert boot_of(page)["door"] == "wechat"
    assert await WeChatUser.all().count() == 1


async def test_codes_that_never_work_end_in_the_digits_and_not_in_a_loop(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    control(fake, "fault", path=EXCHANGE, times=99, errcode=40163)
    async with phone(base_url, fake) as one:
        page = await open_page(one, f"/q/{token}")
        assert boot_of(page)["state"] == "challenge"
        assert (await verify(one, token)).status_code == 200
    assert len(calls(fake, EXCHANGE)) == 2


@pytest.mark.parametrize(
    "fault", [{"errcode": -1}, {"status": 502}, {"cut": True}, {"body": "nonsense"}]
)
async def test_a_silent_wechat_leaves_the_digits(
    runtime: Runtime, base_url: str, fake: FakeWeChat, fault: dict[str, object]
) -> None:
    token = await code_of(runtime)
    control(fake, "fault", path=EXCHANGE, times=99, **fault)
    async with phone(base_url, fake) as one:
        boot = boot_of(await open_page(one, f"/q/{token}"))
        assert boot["state"] == "challenge"
        answer = await verify(one, token)
        assert answer.status_code == 200 and "bind_offer" not in answer.json()


async def test_who_refuses_in_wechat_types_digits(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    control(fake, "user", name="alice", refuses=True)
    async with phone(base_url, fake) as one:
        assert boot_of(await open_page(one, f"/q/{token}"))["state"] == "challenge"


async def test_a_snapshot_page_is_nobody_and_is_never_bound(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    control(fake, "user", name="alice", is_snapshot=True)
    async with phone(base_url, fake) as one:
        await open_page(one, f"/q/{token}")
        assert (await verify(one, token)).status_code == 200
        refused = await one.post("/api/patient/v1/bindings", json={"relation": "self"})
        assert refused.status_code == 401
    assert await WeChatUser.all().count() == await Binding.all().count() == 0


async def test_a_state_is_one_browsers_and_no_others(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    """Login CSRF: the thief's code in the victim's browser, and the other way round."""
    token = await code_of(runtime)
    async with phone(base_url, fake, "bob") as thief, phone(base_url, fake) as victim:
        lure = await to_callback(thief, f"/q/{token}")
        await victim.get(f"/q/{token}")
        answer = await victim.get(lure)
        assert answer.status_code == 403 and boot_of(answer)["state"] == "wechat_failed"
        assert token not in answer.text
        for state in ("", "x", "A" * 22):
            answer = await victim.get("/wechat/callback", params={"code": "c", "state": state})
            assert answer.status_code == 403
    assert calls(fake, EXCHANGE) == []
    assert await WeChatUser.all().count() == 0


async def test_an_old_state_starts_the_login_anew(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one:
        back = await to_callback(one, f"/q/{token}")
        await WeChatState.all().update(expires_at=await db_now())
        again = await one.get(back)
        assert again.status_code == 303
        assert state_in(again.headers["location"]) != state_in(back)
    assert calls(fake, EXCHANGE) == []


async def test_a_foreign_domain_is_wechats_page_10003(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one:
        fake.world.apps[SERVICE].oauth_domains.clear()
        assert "10003" in (await open_page(one, f"/q/{token}")).text


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example", "\\\\evil.example", "https:evil.example", "https://evil.example",
        "/%0d%0aLocation:%20https://evil", "/home/../../evil", "/home?x=//evil", "/home@evil",
        "http://trusted@evil.example", "/q/short", "javascript:alert(1)", "/\\evil.example", "",
        "/home\n", " /home", "/q/" + "A" * 22 + "\n",
    ],
)  # fmt: skip
async def test_no_door_leads_off_our_pages(base_url: str, fake: FakeWeChat, to: str) -> None:
    """A14, through WeChat and back."""
    async with phone(base_url, fake) as one:
        there = await one.get("/wechat/start", params={"to": to})
        back = (await one.get(there.headers["location"])).headers["location"]
        assert back.startswith(base_url + "/wechat/callback?")
        assert (await one.get(back)).headers["location"] == "/home"
        known = await one.get("/wechat/start", params={"to": to})
        assert known.headers["location"] == "/home"


async def test_a_menu_leads_to_the_people_one_may_see(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one:
        await bind_self(one, token)
        await one.post("/api/patient/v1/sign-out")
        boot = boot_of(await open_page(one, "/home"))
        (person,) = boot["people"]  # type: ignore[misc]
        assert person["masked_name"] == "李*英" and "李秀英" not in str(boot)
        entered = await one.post(f"/api/wechat/v1/people/{person['binding']}/enter", json={})
        assert entered.json()["home"]["exam"]["accession_number"] == "A1"
    async with phone(base_url, fake, "bob") as stranger:
        await open_page(stranger, "/home")
        path = f"/api/wechat/v1/people/{person['binding']}"
        assert (await stranger.post(f"{path}/enter", json={})).status_code == 404
        assert (await stranger.post(f"{path}/leave", json={})).status_code == 404


async def test_two_sessions_racing_to_bind_make_one_binding(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one, phone(base_url, fake) as two:
        for each in (one, two):
            await open_page(each, f"/q/{token}")
            assert (await verify(each, token)).status_code == 200
        path = "/api/patient/v1/bindings"
        answers = await asyncio.gather(
            *(each.post(path, json={"relation": "self"}) for each in (one, two, one, two))
        )
        assert [a.status_code for a in answers] == [201] * 4
        assert len({a.json()["binding"] for a in answers}) == 1
    assert await Binding.all().count() == 1


async def test_a_wechat_user_is_one_patient_himself(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    """And two at once do not get round it."""
    mine = await code_of(runtime)
    other = await code_of(
        runtime, "B1", patient_number="P9", name="王五", id_card="999900198001011016"
    )
    async with phone(base_url, fake) as one, phone(base_url, fake) as two:
        for each, token, digits in ((one, mine, RIGHT), (two, other, "011016")):
            await open_page(each, f"/q/{token}")
            assert (await verify(each, token, digits)).status_code == 200
        path = "/api/patient/v1/bindings"
        answers = await asyncio.gather(
            *(each.post(path, json={"relation": "self"}) for each in (one, two))
        )
        assert sorted(a.status_code for a in answers) == [201, 403]
        assert await Binding.all().count() == 1


async def test_unbinding_ends_the_sessions_it_opened_on_every_node(
    runtime: Runtime, base_url: str, fake: FakeWeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await code_of(runtime)
    async with phone(base_url, fake) as one, phone(base_url, fake) as tablet:
        binding = await bind_self(one, token)
        await open_page(tablet, f"/q/{token}")
        await tablet.post(f"/api/wechat/v1/codes/{token}/enter", json={})
        assert (await tablet.get("/api/patient/v1/home")).status_code == 200
        gone = await one.post(f"/api/patient/v1/bindings/{binding}/end", json={})
        assert gone.status_code == 204
        for each in (one, tablet):
            assert (await each.get("/api/patient/v1/home")).status_code == 401
        assert "one_tap" not in boot_of(await open_page(tablet, f"/q/{token}"))
    assert await ViewingSession.filter(revoked_at=None).count() == 0


async def test_a_child_is_bound_by_a_parent_and_a_grown_up_by_nobody_else(
    runtime: Runtime, base_url: str, fake: FakeWeChat
) -> None:
    child, grown = await child_code(runtime), await code_of(runtime)
    path = "/api/patient/v1/bindings"
    async with phone(base_url, fake) as one:
        await open_page(one, f"/q/{child}")
        opened = (await verify(one, child, "017896")).json()
        assert [o["relation"] for o in opened["bind_offer"]] == ["parent", "self"]
        assert (await one.post(path, json={"relation": "parent"})).status_code == 201
        entered = await one.post(f"/api/wechat/v1/codes/{child}/enter", json={})
        assert entered.status_code == 200
        visits = (await one.get("/api/patient/v1/visits")).json()["visits"]
        assert visits[0]["who"] == "家人(父母)"
        await verify(one, grown)
        for relation in ("parent", "child", "spouse", "guardian"):
            refused = await one.post(path, json={"relation": relation})
            assert refused.json()["error"]["code"] == "invitation_needed"
        assert (await one.post(path, json={"relation": "owner"})).status_code == 400


async def test_wrong_tries_follow_the_wechat_user_from_phone_to_phone(
    runtime: Runtime, base_url: str, fake: FakeWeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    from usecases.identity import soft_limits

    monkeypatch.setattr(soft_limits, "MAX_DEVICE", 2)
    token = await code_of(runtime)
    seen = []
    for _ in range(3):
        async with phone(base_url, fake, "bob") as new_phone:
            await open_page(new_phone, f"/q/{token}")
            seen.append((await verify(new_phone, token, WRONG)).json()["error"]["code"])
    assert seen == ["digits_wrong", "digits_wrong", "too_many_tries"]
    assert (await ExamCode.get()).wrong_total == 2


async def test_pages_are_signed_for_our_host_alone(base_url: str, fake: FakeWeChat) -> None:
    async with phone(base_url, fake) as one:
        path = "/api/wechat/v1/js-config"
        told = (await one.get(path, params={"url": f"{base_url}/q/x#y"})).json()
        assert (told["appId"], len(told["signature"])) == (SERVICE, 40)
        for url in (
            "",
            "https://evil.example/",
            base_url + ".evil.example/",
            "//evil",
            base_url[:-1],
        ):
            assert (await one.get(path, params={"url": url})).status_code == 401


async def test_check_files_stand_at_the_root_and_under_the_codes(
    runtime: Runtime, browser: httpx.AsyncClient
) -> None:
    folder = runtime.settings.check_files_dir
    assert folder is not None
    folder.mkdir()
    (folder / "MP_verify_abc123.txt").write_text("abc123")
    (folder / "secret.key").write_text("x")
    for path in ("/MP_verify_abc123.txt", "/q/MP_verify_abc123.txt"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.text) == (200, "abc123")
    for path in ("/none.txt", "/q/none.txt", "/q/..%2Fservice.txt", "/secret.key", "/q/a%2Fb.txt"):
        assert (await browser.get(path)).status_code == 404
