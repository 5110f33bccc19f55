"""The mini-program's server side: login, phone number, code pictures, links."""

import re
import secrets
from typing import Any

from demo.fake_wechat.answers import OK, Answer, Asked
from demo.fake_wechat.tokens import app_of
from demo.fake_wechat.world import Refuse, World

LOGINS_A_MINUTE = 100
SCENE = re.compile(r"[0-9a-zA-Z!#$&'()*+,/:;=?@\-._~]{1,32}")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "606060000000050001a5f645400000000049454e44ae426082"
)


def jscode2session(world: World, asked: Asked) -> dict[str, Any]:
    query = asked.query
    app = world.app(query.get("appid", ""), query.get("secret", ""))
    code = world.use_code(query.get("js_code", ""), app, "login")
    user, now = world.users[code.user], world.now()
    if user.is_blocked:
        raise Refuse(40226, "code blocked")
    recent = [at for at in world.logins[code.user] if now - at < 60]
    world.logins[code.user] = [*recent, now]
    if len(recent) >= LOGINS_A_MINUTE:
        raise Refuse(45011, "api minute-quota reach limit")
    given = {"openid": world.openid(app, code.user), "session_key": secrets.token_urlsafe(16)}
    return given | ({"unionid": world.unionid(app, code.user)} if app.has_unionid else {})


def phone_number(world: World, asked: Asked) -> dict[str, Any]:
    app = app_of(world, asked)
    code = world.use_code(str(asked.json().get("code", "")), app, "phone")
    phone = world.users[code.user].phone
    info = {
        "phoneNumber": phone, "purePhoneNumber": phone, "countryCode": "86",
        "watermark": {"timestamp": int(world.now()), "appid": app.app_id},
    }  # fmt: skip
    return {**OK, "phone_info": info}


def check_session(world: World, asked: Asked) -> dict[str, Any]:
    app = app_of(world, asked)
    world.user_of(app, asked.query.get("openid", ""))
    if len(asked.query.get("signature", "")) != 64:
        raise Refuse(87009, "invalid signature")
    return OK


def code_picture(world: World, asked: Asked) -> Answer:
    """Image bytes, not JSON, when all is well."""
    app_of(world, asked)
    body = asked.json()
    if not SCENE.fullmatch(str(body.get("scene", ""))):
        raise Refuse(40169, "invalid length for scene, or the data is not json string")
    if str(body.get("page", "")).startswith("/") or "?" in str(body.get("page", "")):
        raise Refuse(41030, "invalid page")
    return Answer(200, PNG, "image/png")


def url_link(world: World, asked: Asked) -> dict[str, Any]:
    _check_link(world, asked)
    return {**OK, "url_link": f"https://wxaurl.cn/{secrets.token_urlsafe(8)}"}


def scheme(world: World, asked: Asked) -> dict[str, Any]:
    _check_link(world, asked)
    return {**OK, "openlink": f"weixin://dl/business/?t={secrets.token_urlsafe(8)}"}


def _check_link(world: World, asked: Asked) -> None:
    app_of(world, asked)
    body = asked.json()
    path = body.get("path", body.get("jump_wxa", {}).get("path", ""))
    if str(path).startswith("http"):
        raise Refuse(40165, "invalid weapp pagepath")
    if int(body.get("expire_interval", 30) or 30) > 30:
        raise Refuse(85079, "invalid expire_interval")
