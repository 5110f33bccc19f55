"""What the fake knows: apps, people, codes, tokens, quotas, faults, and a clock to be moved."""

import hashlib
import secrets
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

CODE_S = 300.0

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40029: "invalid code",
    40037: "invalid template_id",
    42001: "access_token expired",
    45009: "reach max api daily quota limit",
    45015: "response out of time limit or subscription is canceled",
}


class Refuse(Exception):
    """An answer with this errcode."""

    def __init__(self, errcode: int, errmsg: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.errmsg = errmsg or MESSAGES.get(errcode, "refused")


@dataclass(slots=True)
class App:
    """A service account or a mini-program, with the console's settings."""

    app_id: str
    secret: str
    is_mini: bool = False
    token: str = ""
    aes_key: str = ""
    push_url: str = ""
    oauth_domains: list[str] = field(default_factory=list)
    templates: dict[str, list[str]] = field(default_factory=dict)  # id -> its field names
    is_ip_allowed: bool = True
    is_template_allowed: bool = True
    has_unionid: bool = True


@dataclass(slots=True)
class User:
    """Somebody with WeChat on the phone."""

    name: str
    is_snapshot: bool = False
    refuses: bool = False  # taps 拒绝 on the authorisation page
    is_blocked: bool = False  # 40226: high risk
    has_blocked_us: bool = False  # "failed:user block"
    follows: bool = True
    phone: str = "10000001037"
    grants: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # template -> accepts


@dataclass(slots=True)
class Code:
    """One use, five minutes."""

    app_id: str
    user: str
    kind: str  # oauth, login, phone
    made_at: float
    scope: str = "snsapi_base"
    is_used: bool = False


@dataclass(slots=True)
class Fault:
    """What the next `times` answers of a path are instead."""

    path: str
    times: int = 1
    errcode: int | None = None
    status: int | None = None
    delay_s: float = 0.0
    cut: bool = False
    body: str | None = None


@dataclass(slots=True)
class Token:
    value: str
    app_id: str
    expires_at: float
    is_latest: bool = True


@dataclass(slots=True)
class World:
    """Shared by all requests; whoever reads or writes holds `lock`."""

    apps: dict[str, App] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    current_user: str = ""
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    stable: dict[str, str] = field(default_factory=dict)  # app -> its stable token
    forced_at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    oauth_tokens: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    quotas: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    logins: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    calls: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    pushes: list[dict[str, Any]] = field(default_factory=list)
    last_talk: dict[str, float] = field(default_factory=dict)
    offset_s: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> float:
        return time.time() + self.offset_s

    def app(self, app_id: str, secret: str | None = None) -> App:
        """40013 for an app nobody has, 40125 for a wrong secret."""
        app = self.apps.get(app_id)
        if app is None:
            raise Refuse(40013, "invalid appid")
        if secret is not None and not secrets.compare_digest(app.secret, secret):
            raise Refuse(40125, "invalid appsecret")
        return app

    def openid(self, app: App, user: str) -> str:
        """28 characters, another for each app."""
        return "o" + hashlib.sha256(f"{app.app_id}/{user}".encode()).hexdigest()[:27]

    def unionid(self, app: App, user: str) -> str:
        return (
            "u" + hashlib.sha256(f"union/{user}".encode()).hexdigest()[:27]
            if app.has_unionid
            else ""
        )

    def user_of(self, app: App, openid: str) -> str:
        """40003 for an openid that is not of this app."""
        for name in self.users:
            if self.openid(app, name) == openid:
                return name
        raise Refuse(40003, "invalid openid")

    def make_code(self, app_id: str, user: str, kind: str, scope: str = "snsapi_base") -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(app_id, user, kind, self.now(), scope)
        return code

    def use_code(self, code: str, app: App, kind: str) -> Code:
        """40029 unknown, of another app or kind; 40163 used; 42003 timed out."""
        found = self.codes.get(code)
        if found is None or found.app_id != app.app_id or found.kind != kind:
            raise Refuse(40029)
        if found.is_used:
            raise Refuse(40163, "code been used")
        if self.now() - found.made_at > CODE_S:
            raise Refuse(42003, "oauth_code expired")
        found.is_used = True
        return found

    def take_fault(self, path: str) -> Fault | None:
        """The fault that this answer is to be, if one waits for this path."""
        for fault in self.faults:
            if fault.path in (path, "*") and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def count_quota(self, path: str) -> None:
        """45009 when the day's calls of this path are used up."""
        self.used[path] += 1
        if path in self.quotas and self.used[path] > self.quotas[path]:
            raise Refuse(45009)
