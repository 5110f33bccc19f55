"""Web OAuth of a service account: the page that sends the browser back, and the exchange."""

import re
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from demo.fake_wechat.answers import OK, Answer, Asked
from demo.fake_wechat.world import App, Refuse, User, World

_USER_IN_AGENT = re.compile(r"FakeUser/([\w-]+)")
REFRESH_S = 30 * 86400.0


def who(world: World, asked: Asked) -> str:
    """Whose phone this is: named in the user agent, else the one set by the control verb."""
    named = _USER_IN_AGENT.search(asked.user_agent)
    name = named.group(1) if named else world.current_user
    world.users.setdefault(name, User(name))
    return name


def authorize(world: World, asked: Asked) -> Answer:
    """302 back with code and state; with the state alone when the person refuses; page 10003 for a
    domain that is not the app's."""
    query = asked.query
    app = world.app(query.get("appid", ""))
    target = query.get("redirect_uri", "")
    if query.get("response_type") != "code" or query.get("scope") not in (
        "snsapi_base", "snsapi_userinfo",
    ):  # fmt: skip
        return _page("10005", "scope 参数错误或没有 scope 权限")
    if urlsplit(target).netloc not in app.oauth_domains:
        return _page("10003", "redirect_uri 参数错误")
    user = who(world, asked)
    back = {"state": query.get("state", "")}
    if not world.users[user].refuses:
        back = {"code": world.make_code(app.app_id, user, "oauth", query["scope"]), **back}
    joiner = "&" if urlsplit(target).query else "?"
    return Answer(302, headers={"Location": f"{target}{joiner}{urlencode(back)}"})


def _page(code: str, text: str) -> Answer:
    html = f"<!doctype html><meta charset=utf-8><h1>{text}</h1><p>错误码:{code}</p>"
    return Answer(200, html.encode(), "text/html; charset=utf-8")


def access_token(world: World, asked: Asked) -> dict[str, Any]:
    query = asked.query
    app = world.app(query.get("appid", ""), query.get("secret", ""))
    code = world.use_code(query.get("code", ""), app, "oauth")
    return _granted(world, app, code.user, code.scope)


def _granted(world: World, app: App, user: str, scope: str) -> dict[str, Any]:
    access, refresh = secrets.token_urlsafe(60), secrets.token_urlsafe(60)
    world.oauth_tokens[access] = (app.app_id, user, world.now() + 7200)
    world.oauth_tokens[refresh] = (app.app_id, user, world.now() + REFRESH_S)
    given: dict[str, Any] = {
        "access_token": access, "expires_in": 7200, "refresh_token": refresh,
        "openid": world.openid(app, user), "scope": scope,
    }  # fmt: skip
    if world.users[user].is_snapshot:
        given |= {"is_snapshotuser": 1, "openid": "o" + secrets.token_hex(14)[:27]}
    elif scope == "snsapi_userinfo" and app.has_unionid:
        given["unionid"] = world.unionid(app, user)
    return given


def refresh_token(world: World, asked: Asked) -> dict[str, Any]:
    app = world.app(asked.query.get("appid", ""))
    held = world.oauth_tokens.get(asked.query.get("refresh_token", ""))
    if held is None or held[0] != app.app_id:
        raise Refuse(40030, "invalid refresh_token")
    if held[2] <= world.now():
        raise Refuse(42002, "refresh_token expired")
    return _granted(world, app, held[1], "snsapi_base")


def _holder(world: World, asked: Asked) -> tuple[App, str]:
    held = world.oauth_tokens.get(asked.query.get("access_token", ""))
    if held is None:
        raise Refuse(40001)
    if held[2] <= world.now():
        raise Refuse(42001)
    app = world.apps[held[0]]
    if asked.query.get("openid") != world.openid(app, held[1]):
        raise Refuse(40003, "invalid openid")
    return app, held[1]


def userinfo(world: World, asked: Asked) -> dict[str, Any]:
    app, user = _holder(world, asked)
    return {
        "openid": world.openid(app, user), "nickname": "微信用户", "headimgurl": "",
        "unionid": world.unionid(app, user),
    }  # fmt: skip


def auth(world: World, asked: Asked) -> dict[str, Any]:
    _holder(world, asked)
    return OK
