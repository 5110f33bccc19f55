"""The control verbs, under `/_control/`: what a test or a person does to the fake.

POST clock {"advance_s"} · fault {"path", "times", "errcode" | "status" | "delay_s" | "cut" |
"body"} · quota {"path", "limit"} · user {"name", "current", …fields} · app {"app_id", …fields} ·
login-code, phone-code, oauth-code {"app_id", "user"} · grant {"user", "template_id"} ·
push {"app_id", "user", "event" | "text", "bad"} · check-url {"app_id"} · deliver-pushes {} ·
reset {}
GET calls, messages, openid?app_id=&user=
"""

from typing import Any

from demo.fake_wechat import push
from demo.fake_wechat.answers import Asked
from demo.fake_wechat.world import Fault, User, World


def control(world: World, asked: Asked) -> Any:
    """The verb's answer; KeyError for what is no verb."""
    verb = asked.path.rsplit("/", 1)[1]
    return _VERBS[verb](world, asked)


def _clock(world: World, asked: Asked) -> Any:
    world.offset_s += float(asked.json().get("advance_s", 0))
    return {"now": world.now()}


def _fault(world: World, asked: Asked) -> Any:
    world.faults.append(Fault(**asked.json()))
    return {"ok": True}


def _quota(world: World, asked: Asked) -> Any:
    body = asked.json()
    world.quotas[body["path"]] = int(body["limit"])
    return {"ok": True}


def _user(world: World, asked: Asked) -> Any:
    body = asked.json()
    user = world.users.setdefault(body.pop("name"), User(""))
    if body.pop("current", False):
        world.current_user = next(n for n, u in world.users.items() if u is user)
    for name, value in body.items():
        setattr(user, name, value)
    return {"ok": True}


def _app(world: World, asked: Asked) -> Any:
    body = asked.json()
    app = world.apps[body.pop("app_id")]
    for name, value in body.items():
        setattr(app, name, value)
    return {"ok": True}


def _code(kind: str) -> Any:
    def make(world: World, asked: Asked) -> Any:
        body = asked.json()
        world.users.setdefault(body["user"], User(body["user"]))
        return {"code": world.make_code(body["app_id"], body["user"], kind)}

    return make


def _grant(world: World, asked: Asked) -> Any:
    body = asked.json()
    world.users.setdefault(body["user"], User(body["user"])).grants[body["template_id"]] += 1
    return {"ok": True}


def _push(world: World, asked: Asked) -> Any:
    body = asked.json()
    world.users.setdefault(body["user"], User(body["user"]))
    return {"answers": push.deliver(world, world.apps[body["app_id"]], body)}


def _check_url(world: World, asked: Asked) -> Any:
    body = asked.json()
    status, came, wanted = push.check_url(
        world.apps[body["app_id"]], bad=bool(body.get("bad", False))
    )
    return {"status": status, "answer": came, "echostr": wanted}


def _deliver(world: World, _: Asked) -> Any:
    waiting, world.pushes = world.pushes, []
    answers = [push.deliver(world, world.apps[one["app_id"]], one) for one in waiting]
    return {"answers": answers}


def _reset(world: World, _: Asked) -> Any:
    for kept in (world.faults, world.quotas, world.used, world.calls, world.messages):
        kept.clear()
    world.offset_s = 0.0
    return {"ok": True}


def _openid(world: World, asked: Asked) -> Any:
    app = world.apps[asked.query["app_id"]]
    return {
        "openid": world.openid(app, asked.query["user"]),
        "unionid": world.unionid(app, asked.query["user"]),
    }


_VERBS: dict[str, Any] = {
    "clock": _clock,
    "fault": _fault,
    "quota": _quota,
    "user": _user,
    "app": _app,
    "oauth-code": _code("oauth"),
    "login-code": _code("login"),
    "phone-code": _code("phone"),
    "grant": _grant,
    "push": _push,
    "check-url": _check_url,
    "deliver-pushes": _deliver,
    "reset": _reset,
    "calls": lambda world, _: {"calls": world.calls},
    "messages": lambda world, _: {"messages": world.messages},
    "openid": _openid,
}
