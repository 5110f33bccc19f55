"""`access_token` in both ways, and the check that every `/cgi-bin` and `/wxa` call meets."""

import secrets
from typing import Any

from demo.fake_wechat.answers import Asked
from demo.fake_wechat.world import App, Refuse, Token, World

LIFE_S, OVERLAP_S = 7200.0, 300.0
FORCED_A_DAY, FORCED_APART_S = 20, 30.0
DAY_S = 86400.0


def _new(world: World, app: App) -> Token:
    value = secrets.token_urlsafe(120)
    world.tokens[value] = Token(value, app.app_id, world.now() + LIFE_S)
    return world.tokens[value]


def _app(world: World, app_id: str, secret: str) -> App:
    app = world.app(app_id, secret)
    if not app.is_ip_allowed:
        raise Refuse(40164, "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist")
    return app


def token(world: World, asked: Asked) -> dict[str, Any]:
    """Each call makes a new one; the old one lives five minutes more."""
    query = asked.query
    if query.get("grant_type") != "client_credential":
        raise Refuse(40002, "invalid grant_type")
    app = _app(world, query.get("appid", ""), query.get("secret", ""))
    for old in world.tokens.values():
        if old.app_id == app.app_id and old.value != world.stable.get(app.app_id):
            old.is_latest = False
            old.expires_at = min(old.expires_at, world.now() + OVERLAP_S)
    return {"access_token": _new(world, app).value, "expires_in": int(LIFE_S)}


def stable_token(world: World, asked: Asked) -> dict[str, Any]:
    """The same while it is valid; a new one in its last 300 seconds, both valid meanwhile."""
    body = asked.json()
    if asked.method != "POST":
        raise Refuse(43002, "require POST method")
    if body.get("grant_type") != "client_credential":
        raise Refuse(40002, "invalid grant_type")
    app = _app(world, str(body.get("appid", "")), str(body.get("secret", "")))
    held = world.tokens.get(world.stable.get(app.app_id, ""))
    now = world.now()
    if body.get("force_refresh"):
        _count_forced(world, app, now)
        if held is not None:
            held.is_latest = False
        held = None
    elif held is not None and (not held.is_latest or held.expires_at - now <= OVERLAP_S):
        if held.is_latest and held.expires_at > now:
            held.expires_at = max(held.expires_at, now + OVERLAP_S)
        held = None
    if held is None:
        held = _new(world, app)
        world.stable[app.app_id] = held.value
    return {"access_token": held.value, "expires_in": int(held.expires_at - now)}


def _count_forced(world: World, app: App, now: float) -> None:
    times = [at for at in world.forced_at[app.app_id] if now - at < DAY_S]
    if len(times) >= FORCED_A_DAY or (times and now - times[-1] < FORCED_APART_S):
        raise Refuse(45011, "api minute-quota reach limit")
    world.forced_at[app.app_id] = [*times, now]


def app_of(world: World, asked: Asked) -> App:
    """41001 missing, 40001 unknown or not the latest, 42001 expired."""
    value = asked.query.get("access_token", "")
    if not value:
        raise Refuse(41001, "access_token missing")
    held = world.tokens.get(value)
    if held is None or not held.is_latest:
        raise Refuse(40001)
    if held.expires_at <= world.now():
        raise Refuse(42001)
    return world.apps[held.app_id]


def ticket(world: World, asked: Asked) -> dict[str, Any]:
    """`jsapi_ticket`; a mini-program's app has none."""
    app = app_of(world, asked)
    if app.is_mini or asked.query.get("type") not in ("jsapi", "wx_card"):
        raise Refuse(40097, "invalid args")
    return {"errcode": 0, "errmsg": "ok", "ticket": secrets.token_urlsafe(64), "expires_in": 7200}
