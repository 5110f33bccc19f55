"""Every call to WeChat: what comes back when all is well, and what each errcode makes of it."""

import asyncio
import traceback
from datetime import UTC, datetime

import httpx
import pytest

from demo.fake_wechat import App, FakeWeChat
from demo.fake_wechat.push import encrypt, signature
from domain.errors import Refused
from domain.wechat import Action, WeChatError
from integrations.wechat import ServiceAccount, WeChatGateway
from integrations.wechat.gateway import sign
from integrations.wechat.policy import POLICY, action_for, pause_s
from integrations.wechat.push import check_url
from tests.support.wechat import (
    AES_KEY,
    MINI,
    MINI_SECRET,
    MINI_TEMPLATE,
    PUSH_TOKEN,
    SECRET,
    SERVICE,
    MemoryShelf,
    accounts,
    calls,
    control,
)

TOKEN_PATH = "/cgi-bin/stable_token"
SEND_PATH = "/cgi-bin/message/template/send"
DATA = {"thing1": "颅脑CT", "time2": "2026-11-24 14:05"}


async def send(gateway: WeChatGateway, fake: FakeWeChat, user: str = "alice") -> str:
    openid = fake.world.openid(fake.world.apps[SERVICE], user)
    return await gateway.send_template(openid, data=DATA, url="https://h/q", message_id="m1")


def code(fake: FakeWeChat, kind: str, app: str = SERVICE, user: str = "alice") -> str:
    return fake.world.make_code(app, user, kind)


async def refusal(work: object) -> WeChatError:
    with pytest.raises(WeChatError) as caught:
        await work  # type: ignore[misc]
    return caught.value


async def test_what_each_call_answers(gateway: WeChatGateway, fake: FakeWeChat) -> None:
    service, mini = fake.world.apps[SERVICE], fake.world.apps[MINI]
    person = await gateway.exchange_code(code(fake, "oauth"))
    assert (person.openid, person.unionid) == (fake.world.openid(service, "alice"), "")
    player = await gateway.login_mini(code(fake, "login", MINI))
    assert (player.openid, player.is_mini) == (fake.world.openid(mini, "alice"), True)
    assert player.unionid == fake.world.unionid(mini, "alice")
    assert await gateway.phone_number(code(fake, "phone", MINI)) == "10000001037"
    profile = await gateway.profile(person.openid)
    assert (profile.is_subscribed, profile.unionid) == (True, player.unionid)
    assert (await send(gateway, fake)).isdigit()
    fake.world.users["alice"].grants[MINI_TEMPLATE] = 1
    await gateway.send_subscribe(player.openid, data=DATA, page="pages/home/home")
    assert [m["kind"] for m in fake.world.messages] == ["template", "subscribe"]
    assert (await gateway.code_picture("A" * 22, "pages/scan/scan")).startswith(b"\x89PNG")
    assert (await gateway.url_link("pages/home/home", "")).startswith("https://")
    assert (await gateway.scheme("pages/home/home", "")).startswith("weixin://")
    assert "session_key" not in repr(player)
    assert all("access_token" not in one["query"] for one in calls(fake, "/sns/jscode2session"))


async def test_a_person_of_a_snapshot_page_is_known_as_one(
    gateway: WeChatGateway, fake: FakeWeChat
) -> None:
    fake.world.users["alice"].is_snapshot = True
    assert (await gateway.exchange_code(code(fake, "oauth"))).is_snapshot


def test_the_signature_of_a_page_is_the_platforms() -> None:
    ticket = (
        "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    )
    signed = sign("Wm3WZYTPz0wzccnW", ticket, 1414587457, "http://mp.weixin.qq.com?params=value")
    assert signed == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


async def test_a_ticket_is_fetched_once(gateway: WeChatGateway, fake: FakeWeChat) -> None:
    for _ in range(3):
        told = await gateway.sign_page("https://film.example/q/x#y")
    assert told["appId"] == SERVICE and len(told["signature"]) == 40
    assert len(calls(fake, "/cgi-bin/ticket/getticket")) == 1


@pytest.mark.parametrize("errcode", [code for code in POLICY if code is not None])
async def test_each_code_of_the_policy_table(
    gateway: WeChatGateway, fake: FakeWeChat, errcode: int
) -> None:
    """A send that always meets this code: how often WeChat is asked, how often for a token, and
    what comes out."""
    control(fake, "fault", path=SEND_PATH, times=50, errcode=errcode)
    error = await refusal(send(gateway, fake))
    action = POLICY[errcode]
    assert (error.errcode, error.action) == (errcode, action)
    sends, fetched = len(calls(fake, SEND_PATH)), len(calls(fake, TOKEN_PATH))
    assert (sends, fetched) == ((2, 2) if action is Action.REFRESH else (1, 1))
    low, high = {Action.NEXT_MINUTE: (60, 70), Action.NEXT_DAY: (0, 86_700)}.get(action, (1, 60))
    assert low <= error.retry_after_s <= high


def test_a_day_ends_at_midnight_in_china() -> None:
    evening = datetime(2026, 11, 24, 15, 59, tzinfo=UTC)  # 23:59 there
    assert 60 <= pause_s(Action.NEXT_DAY, evening) <= 361
    morning = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert 86_400 <= pause_s(Action.NEXT_DAY, morning) <= 86_701


def test_an_unknown_code_is_no_reason_to_hammer() -> None:
    assert action_for(99999) is Action.FAULT


@pytest.mark.parametrize(
    "fault",
    [
        {"errcode": -1}, {"status": 502}, {"status": 500}, {"cut": True}, {"delay_s": 1.0},
        {"body": "<html>"}, {"body": ""}, {"body": "[]"}, {"body": '{"errcode": "x"}'},
        {"body": "{}"}, {"body": '{"openid": 7, "access_token": "a", "refresh_token": "r"}'},
        {"status": 302, "body": "away"},
    ],
)  # fmt: skip
async def test_silence_and_nonsense_are_tried_three_times_and_no_more(
    gateway: WeChatGateway, fake: FakeWeChat, fault: dict[str, object]
) -> None:
    control(fake, "fault", path="/sns/oauth2/access_token", times=50, **fault)
    error = await refusal(gateway.exchange_code(code(fake, "oauth")))
    assert error.action is Action.RETRY
    assert 1 <= len(calls(fake, "/sns/oauth2/access_token")) <= 3


async def test_after_a_busy_answer_the_second_try_wins(
    gateway: WeChatGateway, fake: FakeWeChat
) -> None:
    control(fake, "fault", path="/sns/jscode2session", times=1, errcode=-1)
    assert (await gateway.login_mini(code(fake, "login", MINI))).openid


async def test_control_bytes_in_an_answer_do_no_harm(
    gateway: WeChatGateway, fake: FakeWeChat
) -> None:
    body = '{"openid": "o1", "access_token": "a\x01", "refresh_token": "\x00", "expires_in": 7200}'
    control(fake, "fault", path="/sns/oauth2/access_token", body=body)
    assert (await gateway.exchange_code("any")).openid == "o1"


@pytest.mark.parametrize(
    ("spoil", "errcode"), [("used", 40163), ("other app", 40029), ("old", 42003), ("none", 40029)]
)
async def test_a_code_is_good_once_for_five_minutes_for_one_app(
    gateway: WeChatGateway, fake: FakeWeChat, spoil: str, errcode: int
) -> None:
    given = code(fake, "oauth", MINI if spoil == "other app" else SERVICE)
    if spoil == "used":
        await gateway.exchange_code(given)
    elif spoil == "old":
        control(fake, "clock", advance_s=301)
    error = await refusal(gateway.exchange_code(given if spoil != "none" else "invented"))
    assert (error.errcode, error.action) == (errcode, Action.LOGIN_AGAIN)


async def test_a_token_that_another_party_refreshed_is_replaced(
    gateway: WeChatGateway, fake: FakeWeChat
) -> None:
    await send(gateway, fake)
    forced = {
        "grant_type": "client_credential",
        "appid": SERVICE,
        "secret": SECRET,
        "force_refresh": True,
    }
    httpx.post(fake.base_url + TOKEN_PATH, json=forced)
    await gateway.send_template(
        fake.world.openid(fake.world.apps[SERVICE], "bob"), data=DATA, url="u", message_id="m2"
    )
    assert len(calls(fake, TOKEN_PATH)) == 3


@pytest.mark.parametrize("errcode", [40164, 40125, 45009, -1])
async def test_without_a_token_nobody_hammers(
    gateway: WeChatGateway, fake: FakeWeChat, errcode: int
) -> None:
    control(fake, "fault", path=TOKEN_PATH, times=1000, errcode=errcode)
    results = await asyncio.gather(
        *(send(gateway, fake) for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(one, WeChatError) for one in results)
    assert {one.errcode for one in results} <= {errcode}  # type: ignore[union-attr]
    assert len(calls(fake, TOKEN_PATH)) <= 3
    assert calls(fake, SEND_PATH) == []


async def test_the_daily_quota_of_a_path(gateway: WeChatGateway, fake: FakeWeChat) -> None:
    control(fake, "quota", path=SEND_PATH, limit=1)
    await send(gateway, fake)
    error = await refusal(send(gateway, fake))
    assert (error.errcode, error.action) == (45009, Action.NEXT_DAY)


async def test_no_exception_holds_a_secret(gateway: WeChatGateway, fake: FakeWeChat) -> None:
    await send(gateway, fake)
    token = fake.world.stable[SERVICE]
    control(fake, "fault", path="*", times=100, cut=True)
    secret_code = code(fake, "oauth")
    errors = [
        await refusal(gateway.exchange_code(secret_code)),
        await refusal(gateway.login_mini(code(fake, "login", MINI))),
        await refusal(send(gateway, fake)),
    ]
    said = "".join("".join(traceback.format_exception(one)) + repr(vars(one)) for one in errors)
    for one in errors:
        seen: BaseException | None = one
        while seen is not None:
            said += repr(seen) + repr(seen.args)
            seen = seen.__cause__ or seen.__context__
    for secret in (SECRET, MINI_SECRET, token, secret_code):
        assert secret not in said


async def test_a_dark_port_is_given_up_in_time() -> None:
    gateway = WeChatGateway(accounts("http://127.0.0.1:1", timeout_s=0.5), MemoryShelf())
    error = await refusal(gateway.exchange_code("c"))
    assert error.action is Action.RETRY
    gateway.close()


def test_the_console_may_check_our_address() -> None:
    query = {
        "timestamp": "1714036504", "nonce": "1514711492",
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
    }  # fmt: skip
    assert check_url(ServiceAccount("a", "s", push_token="AAAAA"), query)
    assert not check_url(ServiceAccount("a", "s", push_token="AAAAB"), query)


def pushed(app: App, xml: str, **spoil: str) -> tuple[dict[str, str], bytes]:
    encrypted = encrypt(app, xml, inner_app_id=spoil.get("app_id", ""))
    query = {"timestamp": "1", "nonce": "2"}
    query["msg_signature"] = spoil.get("signature") or signature(app.token, "1", "2", encrypted)
    return query, f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode()


async def test_a_push_is_opened(gateway: WeChatGateway, fake: FakeWeChat) -> None:
    xml = "<xml><FromUserName>o1</FromUserName><Event><![CDATA[SCAN]]></Event></xml>"
    query, body = pushed(fake.world.apps[SERVICE], xml)
    assert gateway.open_push(query, body) == {"FromUserName": "o1", "Event": "SCAN"}


@pytest.mark.parametrize("how", ["signature", "app_id", "key", "entity", "no xml", "plain", "huge"])
async def test_a_push_that_is_not_ours_is_refused(
    gateway: WeChatGateway, fake: FakeWeChat, how: str
) -> None:
    app = fake.world.apps[SERVICE]
    xml = "<xml><Event>SCAN</Event></xml>"
    if how == "signature":
        query, body = pushed(app, xml, signature="0" * 40)
    elif how == "app_id":
        query, body = pushed(app, xml, app_id="wx-somebody-else")
    elif how == "key":
        query, body = pushed(App(SERVICE, "", token=PUSH_TOKEN, aes_key=AES_KEY[::-1]), xml)
    else:
        query, _ = pushed(app, xml)
        body = {
            "entity": b'<!DOCTYPE x [<!ENTITY e "a">]><xml><Encrypt>&e;</Encrypt></xml>',
            "no xml": b"\x00\x01",
            "plain": b"<xml><Event>SCAN</Event></xml>",
            "huge": b"<xml><Encrypt>" + b"A" * 70_000 + b"</Encrypt></xml>",
        }[how]
    with pytest.raises(Refused):
        gateway.open_push(query, body)


async def test_an_inner_entity_bomb_opens_nothing(gateway: WeChatGateway, fake: FakeWeChat) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY e "aaaa">]><xml><Event>&e;</Event></xml>'
    query, body = pushed(fake.world.apps[SERVICE], bomb)
    assert gateway.open_push(query, body) == {}
