"""The fake of WeChat against the platform's table, row by row: what each call answers when all is
well, and each error that it must be able to play, met in the way in which the platform meets it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from demo.fake_wechat import FakeWeChat
from demo.fake_wechat.world import User
from tests.support.wechat import (
    FIELDS,
    MINI,
    MINI_SECRET,
    MINI_TEMPLATE,
    SECRET,
    SERVICE,
    TEMPLATE,
    control,
    fake_wechat,
)


class Platform:
    """One who calls the platform as `app_id`, with a token where the path wants one."""

    def __init__(self, fake: FakeWeChat, client: httpx.Client) -> None:
        self.fake, self._client = fake, client
        fake.world.apps[SERVICE].oauth_domains.append("film.example")

    def ask(
        self, path: str, *, app_id: str = SERVICE, post: dict[str, Any] | None = None, **query: str
    ) -> dict[str, Any]:
        if path.startswith(("/cgi-bin", "/wxa")) and "token" not in path:
            query = {"access_token": self.token(app_id)} | query
        answer = self.raw(path, post=post, **query)
        assert answer.status_code == 200
        if answer.headers["content-type"] == "image/png":
            return {"image": answer.content}
        told: dict[str, Any] = answer.json()
        if told.get("errcode"):
            assert "rid: " in told["errmsg"]
        return told

    def raw(self, path: str, *, post: dict[str, Any] | None = None, **query: str) -> httpx.Response:
        if post is None:
            return self._client.get(path, params=query)
        return self._client.post(path, params=query, json=post)

    def token(self, app_id: str) -> str:
        secret = SECRET if app_id == SERVICE else MINI_SECRET
        return str(self.stable(appid=app_id, secret=secret)["access_token"])

    def stable(self, **more: object) -> dict[str, Any]:
        body = {"grant_type": "client_credential", "appid": SERVICE, "secret": SECRET, **more}
        return self.ask("/cgi-bin/stable_token", post=body)

    def openid(self, app_id: str, user: str = "alice") -> str:
        return self.fake.world.openid(self.fake.world.apps[app_id], user)

    def code(self, kind: str, app_id: str = SERVICE) -> str:
        return self.fake.world.make_code(app_id, "alice", kind)

    def granted(self, **more: str) -> dict[str, Any]:
        given = {"appid": SERVICE, "secret": SECRET, "code": self.code("oauth"),
                 "grant_type": "authorization_code", **more}  # fmt: skip
        return self.ask("/sns/oauth2/access_token", **given)

    def message(self, path: str, app_id: str, **more: Any) -> dict[str, Any]:
        template = TEMPLATE if app_id == SERVICE else MINI_TEMPLATE
        data = {name: {"value": "颅脑CT"} for name in FIELDS}
        body = {"touser": self.openid(app_id), "template_id": template, "data": data, **more}
        return self.ask(f"/cgi-bin/message/{path}", app_id=app_id, post=body)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with fake_wechat() as fake, httpx.Client(base_url=fake.base_url) as client:
        yield Platform(fake, client)


def test_authorize(platform: Platform) -> None:
    asked = {"appid": SERVICE, "redirect_uri": "https://film.example/cb", "response_type": "code",
             "scope": "snsapi_base", "state": "s1"}  # fmt: skip
    path = "/connect/oauth2/authorize"
    answer = platform.raw(path, **asked)
    assert answer.status_code == 302
    assert "code=" in answer.headers["location"] and "state=s1" in answer.headers["location"]
    platform.fake.world.users["alice"].refuses = True
    assert platform.raw(path, **asked).headers["location"] == "https://film.example/cb?state=s1"
    foreign = platform.raw(path, **asked | {"redirect_uri": "https://evil.example/cb"})
    assert foreign.status_code == 200 and "10003" in foreign.text


def test_web_oauth(platform: Platform) -> None:
    given = platform.granted()
    assert {"access_token", "expires_in", "refresh_token", "openid", "scope"} == set(given)
    used = platform.code("oauth")
    platform.granted(code=used)
    assert platform.granted(code=used)["errcode"] == 40163
    assert platform.granted(code=platform.code("oauth", MINI))["errcode"] == 40029
    assert platform.granted(appid="wx-none")["errcode"] == 40013
    assert platform.granted(secret="wrong")["errcode"] == 40125
    late = platform.code("oauth")
    control(platform.fake, "clock", advance_s=301)
    assert platform.granted(code=late)["errcode"] == 42003
    again = {"appid": SERVICE, "grant_type": "refresh_token"}
    refresh = "/sns/oauth2/refresh_token"
    renewed = platform.ask(refresh, refresh_token=given["refresh_token"], **again)
    assert renewed["openid"] == given["openid"]
    assert platform.ask(refresh, refresh_token="none", **again)["errcode"] == 40030
    control(platform.fake, "clock", advance_s=31 * 86400)
    assert platform.ask(refresh, refresh_token=given["refresh_token"], **again)["errcode"] == 42002
    who = {"access_token": given["access_token"], "openid": given["openid"]}
    assert platform.ask("/sns/userinfo", **who)["errcode"] == 42001


def test_who_somebody_is(platform: Platform) -> None:
    given = platform.granted()
    who = {"access_token": given["access_token"], "openid": given["openid"]}
    info = platform.ask("/sns/userinfo", **who)
    assert {"openid", "nickname", "headimgurl", "unionid"} <= set(info)
    assert platform.ask("/sns/auth", **who)["errcode"] == 0
    assert platform.ask("/sns/auth", **who | {"access_token": "none"})["errcode"] == 40001
    assert platform.ask("/sns/auth", **who | {"openid": "o-other"})["errcode"] == 40003
    platform.fake.world.users["alice"].is_snapshot = True
    assert platform.granted()["is_snapshotuser"] == 1


def login(platform: Platform, **more: str) -> dict[str, Any]:
    given = {"appid": MINI, "secret": MINI_SECRET, "js_code": platform.code("login", MINI),
             "grant_type": "authorization_code", **more}  # fmt: skip
    return platform.ask("/sns/jscode2session", **given)


def test_the_mini_programs_login(platform: Platform) -> None:
    assert {"openid", "session_key", "unionid"} == set(login(platform))
    used = platform.code("login", MINI)
    login(platform, js_code=used)
    assert login(platform, js_code=used)["errcode"] == 40163
    assert login(platform, js_code="none")["errcode"] == 40029
    platform.fake.world.users["alice"].is_blocked = True
    assert login(platform)["errcode"] == 40226
    platform.fake.world.users["alice"].is_blocked = False
    for _ in range(99):
        login(platform)
    assert login(platform)["errcode"] == 45011
    control(platform.fake, "clock", advance_s=61)
    assert "openid" in login(platform)
    control(platform.fake, "fault", path="/sns/jscode2session", errcode=-1)
    assert login(platform)["errcode"] == -1


def test_the_old_token(platform: Platform) -> None:
    asked = {"grant_type": "client_credential", "appid": SERVICE, "secret": SECRET}
    first = platform.ask("/cgi-bin/token", **asked)["access_token"]
    assert platform.ask("/cgi-bin/token", **asked)["access_token"] != first
    for spoil, errcode in (
        ({"grant_type": "x"}, 40002), ({"appid": "wx-none"}, 40013), ({"secret": "x"}, 40125),
    ):  # fmt: skip
        assert platform.ask("/cgi-bin/token", **asked | spoil)["errcode"] == errcode
    control(platform.fake, "quota", path="/cgi-bin/token", limit=0)
    assert platform.ask("/cgi-bin/token", **asked)["errcode"] == 45009


def test_the_stable_token(platform: Platform) -> None:
    first = platform.stable()
    assert platform.stable()["access_token"] == first["access_token"]
    control(platform.fake, "clock", advance_s=7200 - 200)
    second = platform.stable()
    assert second["access_token"] != first["access_token"] and second["expires_in"] >= 300
    openid = platform.openid(SERVICE)
    for token in (first, second):  # in the overlap both are good
        told = platform.ask("/cgi-bin/user/info", access_token=token["access_token"], openid=openid)
        assert told["subscribe"] == 1
    assert platform.stable(force_refresh=True)["access_token"] != second["access_token"]
    assert platform.stable(force_refresh=True)["errcode"] == 45011  # 30 s apart
    for _ in range(19):
        control(platform.fake, "clock", advance_s=31)
        assert "access_token" in platform.stable(force_refresh=True)
    control(platform.fake, "clock", advance_s=31)
    assert platform.stable(force_refresh=True)["errcode"] == 45011  # 20 a day
    for spoil, errcode in (
        ({"grant_type": "x"}, 40002), ({"appid": "wx-none"}, 40013), ({"secret": "x"}, 40125),
    ):  # fmt: skip
        assert platform.stable(**spoil)["errcode"] == errcode
    assert platform.ask("/cgi-bin/stable_token", appid=SERVICE)["errcode"] == 43002  # a GET
    control(platform.fake, "app", app_id=SERVICE, is_ip_allowed=False)
    assert platform.stable()["errcode"] == 40164


@pytest.mark.parametrize(
    ("spoil", "errcode"),
    [("missing", 41001), ("unknown", 40001), ("replaced", 40001), ("old", 42001), ("quota", 45009),
     ("busy", -1)],
)  # fmt: skip
def test_every_call_with_a_token(platform: Platform, spoil: str, errcode: int) -> None:
    path, token = "/cgi-bin/getcallbackip", platform.token(SERVICE)
    assert platform.ask(path, access_token=token)["ip_list"]
    if spoil == "replaced":
        platform.stable(force_refresh=True)
    elif spoil == "old":
        control(platform.fake, "clock", advance_s=7201)
    elif spoil == "quota":
        control(platform.fake, "quota", path=path, limit=1)
    elif spoil == "busy":
        control(platform.fake, "fault", path=path, errcode=-1)
    sent = {"missing": "", "unknown": "none"}.get(spoil, token)
    assert platform.ask(path, access_token=sent)["errcode"] == errcode


def test_the_ticket_of_pages(platform: Platform) -> None:
    told = platform.ask("/cgi-bin/ticket/getticket", type="jsapi")
    assert told["errcode"] == 0 and told["ticket"] and told["expires_in"] == 7200


def test_a_phone_number(platform: Platform) -> None:
    path, code = "/wxa/business/getuserphonenumber", platform.code("phone", MINI)
    info = platform.ask(path, app_id=MINI, post={"code": code})["phone_info"]
    assert {"phoneNumber", "purePhoneNumber", "countryCode", "watermark"} == set(info)
    assert platform.ask(path, app_id=MINI, post={"code": code})["errcode"] == 40163
    by_login = platform.code("login", MINI)  # the other kind of code
    assert platform.ask(path, app_id=MINI, post={"code": by_login})["errcode"] == 40029
    control(platform.fake, "fault", path=path, errcode=45011)
    assert platform.ask(path, app_id=MINI, post={"code": code})["errcode"] == 45011


def test_a_session_is_checked(platform: Platform) -> None:
    asked = {"openid": platform.openid(MINI), "sig_method": "hmac_sha256"}
    path = "/wxa/checksession"
    assert platform.ask(path, app_id=MINI, signature="0" * 64, **asked)["errcode"] == 0
    assert platform.ask(path, app_id=MINI, signature="short", **asked)["errcode"] == 87009


@pytest.mark.parametrize(
    ("spoil", "errcode"),
    [({}, 0), ({"scene": "x" * 33}, 40169), ({"scene": "a%b"}, 40169), ({"page": "/p"}, 41030),
     ({"page": "p?a=1"}, 41030)],
)  # fmt: skip
def test_a_code_picture(platform: Platform, spoil: dict[str, str], errcode: int) -> None:
    """Image bytes, or JSON where the image should be."""
    body = {"scene": "A" * 22, "page": "pages/code/code", **spoil}
    told = platform.ask("/wxa/getwxacodeunlimit", app_id=MINI, post=body)
    assert told.get("errcode", 0) == errcode
    assert told.get("image", b"").startswith(b"\x89PNG") is (errcode == 0)


def test_a_code_picture_beyond_the_quota_is_json(platform: Platform) -> None:
    path = "/wxa/getwxacodeunlimit"
    control(platform.fake, "quota", path=path, limit=0)
    body = {"scene": "A", "page": "p"}
    assert platform.ask(path, app_id=MINI, post=body)["errcode"] == 45009


@pytest.mark.parametrize(
    ("path", "key"), [("/wxa/generate_urllink", "url_link"), ("/wxa/generatescheme", "openlink")]
)
def test_links(platform: Platform, path: str, key: str) -> None:
    body: dict[str, Any] = {"path": "pages/code/code", "query": "", "expire_interval": 30}
    assert platform.ask(path, app_id=MINI, post=body)[key]
    spoiled = body | {"path": "https://evil.example"}
    assert platform.ask(path, app_id=MINI, post=spoiled)["errcode"] == 40165
    assert platform.ask(path, app_id=MINI, post=body | {"expire_interval": 31})["errcode"] == 85079


@pytest.mark.parametrize("path", ["subscribe/send", "subscribe/bizsend"])
def test_a_subscribe_message(platform: Platform, path: str) -> None:
    assert platform.message(path, MINI)["errcode"] == 43101  # not accepted yet
    control(platform.fake, "grant", user="alice", template_id=MINI_TEMPLATE)
    assert platform.message(path, MINI, touser="o-none")["errcode"] == 40003
    assert platform.message(path, MINI, template_id="none")["errcode"] == 40037
    assert platform.message(path, MINI, page="/pages/x")["errcode"] == 41030
    long = {name: {"value": "颅" * 21} for name in FIELDS}
    for data in ({}, long):
        assert platform.message(path, MINI, data=data)["errcode"] == 47003
    assert platform.message(path, MINI)["errcode"] == 0
    assert platform.message(path, MINI)["errcode"] == 43101  # one accept, one message


def test_a_template_message(platform: Platform) -> None:
    path = "template/send"
    sent = platform.message(path, SERVICE, client_msg_id="m1")
    assert platform.message(path, SERVICE, client_msg_id="m1")["msgid"] == sent["msgid"]
    assert len(platform.fake.world.messages) == 1
    assert platform.message(path, SERVICE, template_id="none")["errcode"] == 40037
    control(platform.fake, "user", name="alice", follows=False)
    assert platform.message(path, SERVICE)["errcode"] == 43004
    control(platform.fake, "user", name="alice", follows=True, has_blocked_us=True)
    platform.message(path, SERVICE)
    outcomes = [one["Status"] for one in platform.fake.world.pushes]
    assert outcomes == ["success", "failed:user block"]
    control(platform.fake, "quota", path="/cgi-bin/message/template/send", limit=1)
    assert platform.message(path, SERVICE)["errcode"] == 45009


def test_a_customer_message(platform: Platform) -> None:
    def send() -> int:
        body = {"touser": platform.openid(SERVICE), "msgtype": "text", "text": {"content": "x"}}
        return int(platform.ask("/cgi-bin/message/custom/send", post=body)["errcode"])

    assert send() == 45015  # nobody spoke
    control(platform.fake, "push", app_id=SERVICE, user="alice", text="在吗")
    assert [send() for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    control(platform.fake, "clock", advance_s=49 * 3600)
    assert send() == 45015


def test_the_rest(platform: Platform) -> None:
    made = platform.ask("/cgi-bin/qrcode/create", post={"action_name": "QR_STR_SCENE"})
    assert {"ticket", "url"} <= set(made)
    bad = platform.ask("/cgi-bin/qrcode/create", post={}, access_token="none")
    assert bad["errcode"] == 40001
    assert platform.ask("/cgi-bin/showqrcode", ticket=made["ticket"])["image"]
    control(platform.fake, "user", name="alice", follows=False)
    assert platform.ask("/cgi-bin/user/info", openid=platform.openid(SERVICE))["subscribe"] == 0
    checked = platform.ask("/wxa/msg_sec_check", app_id=MINI, post={"content": "x"})
    assert checked["result"]["suggest"] == "pass"
    assert platform.ask("/cgi-bin/clear_quota", post={"appid": SERVICE})["errcode"] == 0
    platform.fake.world.used["clear_quota"] = 10
    assert platform.ask("/cgi-bin/clear_quota", post={"appid": SERVICE})["errcode"] == 48006
    control(platform.fake, "app", app_id=SERVICE, is_template_allowed=False)
    assert platform.message("template/send", SERVICE)["errcode"] == 48001


@pytest.mark.parametrize("fault", ["status", "cut", "body"])
def test_injected_faults(platform: Platform, fault: str) -> None:
    path = "/cgi-bin/showqrcode"
    given: dict[str, Any] = {"status": 502, "cut": True, "body": '{"a": "\x00\x01"}'}
    control(platform.fake, "fault", path=path, **{fault: given[fault]})
    if fault == "cut":
        with pytest.raises(httpx.TransportError):
            platform.raw(path)
    else:
        answer = platform.raw(path)
        assert answer.status_code == (502 if fault == "status" else 200)
    assert platform.raw(path).status_code == 200  # once


def test_another_person(platform: Platform) -> None:
    platform.fake.world.users["dora"] = User("dora")
    openids = {platform.openid(app, who) for app in (SERVICE, MINI) for who in ("alice", "dora")}
    assert len(openids) == 4
