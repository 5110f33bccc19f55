"""Messages of every kind, and what else lies under `/cgi-bin`."""

import re
import secrets
from typing import Any

from demo.fake_wechat.answers import OK, Answer, Asked
from demo.fake_wechat.mini import PNG
from demo.fake_wechat.tokens import app_of
from demo.fake_wechat.world import App, Refuse, World

TALK_S, TALK_MOST = 48 * 3600.0, 5
LONGEST = {
    "thing": 20, "number": 32, "letter": 32, "character_string": 32, "name": 10, "phrase": 5,
    "time": 32, "date": 32,
}  # fmt: skip


def check_fields(app: App, body: dict[str, Any]) -> None:
    """40037 for a template that is not the app's, 47003 for data that it does not take."""
    wanted = app.templates.get(str(body.get("template_id", "")))
    if wanted is None:
        raise Refuse(40037)
    data = body.get("data", {})
    if set(data) != set(wanted):
        raise Refuse(47003, "argument invalid! data keys")
    for name, value in data.items():
        text = str(value.get("value", "")) if isinstance(value, dict) else ""
        kind = re.sub(r"\d+$", "", name)
        if not text or len(text) > LONGEST.get(kind, 200):
            raise Refuse(47003, f"argument invalid! data.{name}.value invalid")


def _keep(world: World, app: App, user: str, kind: str, body: dict[str, Any]) -> None:
    world.messages.append({"kind": kind, "app_id": app.app_id, "user": user, **body})


def subscribe(world: World, asked: Asked) -> dict[str, Any]:
    """One accept is one message: 43101 when none is left."""
    app, body = app_of(world, asked), asked.json()
    user = world.user_of(app, str(body.get("touser", "")))
    check_fields(app, body)
    if str(body.get("page", "")).startswith("/"):
        raise Refuse(41030, "invalid page")
    grants = world.users[user].grants
    if grants.get(body["template_id"], 0) <= 0:
        raise Refuse(43101, "user refuse to accept the msg")
    grants[body["template_id"]] -= 1
    _keep(world, app, user, "subscribe", body)
    return OK


def template(world: World, asked: Asked) -> dict[str, Any]:
    """`client_msg_id` makes a repeated send one message; the outcome is pushed afterwards."""
    app, body = app_of(world, asked), asked.json()
    if not app.is_template_allowed:
        raise Refuse(48001, "api unauthorized")
    user = world.user_of(app, str(body.get("touser", "")))
    check_fields(app, body)
    if not world.users[user].follows:
        raise Refuse(43004, "require subscribe")
    known = str(body.get("client_msg_id", ""))
    for earlier in world.messages:
        if known and earlier.get("client_msg_id") == known:
            return {**OK, "msgid": earlier["msgid"]}
    msgid = secrets.randbelow(10**15)
    _keep(world, app, user, "template", {**body, "msgid": msgid})
    outcome = "failed:user block" if world.users[user].has_blocked_us else "success"
    world.pushes.append(
        {"app_id": app.app_id, "user": user, "event": "TEMPLATESENDJOBFINISH",
         "MsgID": str(msgid), "Status": outcome}
    )  # fmt: skip
    return {**OK, "msgid": msgid}


def custom(world: World, asked: Asked) -> dict[str, Any]:
    """Only within 48 hours of the person's last word, and a few."""
    app, body = app_of(world, asked), asked.json()
    user = world.user_of(app, str(body.get("touser", "")))
    spoken = world.last_talk.get(user, 0.0)
    if world.now() - spoken > TALK_S:
        raise Refuse(45015)
    said = [one for one in world.messages if (one["kind"], one.get("user")) == ("custom", user)]
    if sum(one["at"] >= spoken for one in said) >= TALK_MOST:
        raise Refuse(45047, "out of response count limit")
    _keep(world, app, user, "custom", {**body, "at": world.now()})
    return OK


def qrcode(world: World, asked: Asked) -> dict[str, Any]:
    app_of(world, asked)
    ticket = secrets.token_urlsafe(40)
    return {"ticket": ticket, "expire_seconds": 60, "url": f"http://weixin.qq.com/q/{ticket[:16]}"}


def show_qrcode(_: World, __: Asked) -> Answer:
    return Answer(200, PNG, "image/png")


def user_info(world: World, asked: Asked) -> dict[str, Any]:
    app = app_of(world, asked)
    openid = asked.query.get("openid", "")
    user = world.user_of(app, openid)
    if not world.users[user].follows:
        return {"subscribe": 0, "openid": openid} | (
            {"unionid": world.unionid(app, user)} if app.has_unionid else {}
        )
    return {"subscribe": 1, "openid": openid, "unionid": world.unionid(app, user)}


def callback_ip(world: World, asked: Asked) -> dict[str, Any]:
    app_of(world, asked)
    return {"ip_list": ["127.0.0.1"]}


def clear_quota(world: World, asked: Asked) -> dict[str, Any]:
    app = app_of(world, asked)
    if asked.json().get("appid") != app.app_id:
        raise Refuse(40013, "invalid appid")
    if world.used["clear_quota"] >= 10:
        raise Refuse(48006, "forbid to clear quota because of reaching the limit")
    world.used.clear()
    world.used["clear_quota"] += 1
    return OK


def sec_check(world: World, asked: Asked) -> dict[str, Any]:
    app_of(world, asked)
    return {**OK, "result": {"suggest": "pass", "label": 100}}
