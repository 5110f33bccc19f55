"""Every route declares who may call it; a route without a policy stops the app from starting.

public   anybody
patient  a session from a code
waiting  the same, also while it waits for consent
wechat   a WeChat user who has logged in (a cookie, or the mini-program's bearer token)
guest    a patient's session or one from a share
owner    who may share: a patient or a member of staff
viewer   any session: a patient's, a share's, a member of staff's, or of one whom a third party sent
staff    a signed-in member of staff
admin    a signed-in administrator
client   a third party's bearer token with the named scope (`domain/scopes.py`): one of OAuth or a
         RIS' fixed one
protocol a program that proves itself in the request by another protocol's rules (OAuth's token
         endpoint): no cookie counts
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from sanic import Sanic
from sanic.request import Request

from bff.cache import TimedCache
from domain.access import PatientViewer, ShareViewer, StaffViewer, TicketViewer, Viewer
from domain.errors import Denied, Invalid, Refused
from storage.records.wechat_login import WeChatLogin
from storage.tokens import sha256_hex
from usecases.oauth.check_token import Caller, caller_of
from usecases.viewing.open_session import viewer_of
from usecases.wechat.login import login_of

COOKIE = "cf_session"
SESSION_CACHE_S = 20.0

LOGIN_COOKIE = "cf_wechat"

Kind = Literal[
    "public", "patient", "waiting", "wechat", "guest", "owner", "viewer", "staff", "admin",
    "client", "protocol",
]  # fmt: skip
Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True, slots=True)
class Policy:
    kind: Kind
    scope: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.scope}" if self.scope else self.kind


def access(kind: Kind, scope: str = "") -> Callable[[Handler], Handler]:
    """Declare a handler's policy. It is enforced before the handler runs."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__["policy"] = Policy(kind, scope)
        return handler

    return mark


def policy_of(handler: Any) -> Policy | None:
    return getattr(handler, "policy", None)


def check_every_route(app: Sanic[Any, Any]) -> None:
    """RuntimeError names the routes that declare nothing."""
    bare = [route.path for route in app.router.routes if policy_of(route.handler) is None]
    if bare:
        raise RuntimeError(f"routes without an access policy: {', '.join(sorted(bare))}")


_MAY_ENTER: dict[Kind, tuple[type, ...]] = {
    "patient": (PatientViewer,),
    "waiting": (PatientViewer,),
    "staff": (StaffViewer,),
    "admin": (StaffViewer,),
    "guest": (PatientViewer, ShareViewer),
    "owner": (PatientViewer, StaffViewer),
    "viewer": (PatientViewer, ShareViewer, StaffViewer, TicketViewer),
}


class Gate:
    """Applies the policy of the route that a request met."""

    def __init__(self) -> None:
        self._viewers: TimedCache[str, Viewer] = TimedCache(SESSION_CACHE_S, 10_000)

    async def admit(self, request: Request) -> None:
        if request.route is None:
            return
        policy = policy_of(request.route.handler)
        if policy is None or policy.kind == "public":
            _check_origin(request)
            return
        if policy.kind == "protocol":
            return
        if policy.kind == "client":
            request.ctx.caller = await _caller(request, policy.scope)
            request.ctx.viewer = request.ctx.caller.viewer
            return
        _check_origin(request)
        if policy.kind == "wechat":
            request.ctx.login = await _wechat_user(request)
            return
        viewer = await self.viewer_of(request, may_wait=policy.kind == "waiting")
        if not isinstance(viewer, _MAY_ENTER[policy.kind]):
            raise Denied("wrong_session", "请先用对应的方式登录。")
        if policy.kind == "admin" and not (
            isinstance(viewer, StaffViewer) and viewer.role == "admin"
        ):
            raise Refused("role_missing", "只有管理员可以这样做。")
        request.ctx.viewer = viewer

    async def viewer_of(self, request: Request, *, may_wait: bool = False) -> Viewer:
        """Of the request's session. Denied or Gone when there is none."""
        token = session_token_in(request)
        if may_wait:
            return await viewer_of(token, may_wait=True)
        key = sha256_hex(token)
        viewer = self._viewers.get(key)
        if viewer is None:
            viewer = await viewer_of(token)
            self._viewers.put(key, viewer)
        return viewer

    def forget(self, token: str) -> None:
        """A session ended here: do not wait for the cache."""
        self._viewers.drop(sha256_hex(token))

    def forget_all(self) -> None:
        """A share or an account ended here: every session is looked up again."""
        self._viewers.clear()


async def _caller(request: Request, scope: str) -> Caller:
    """From the header only: a token in an address would stand in logs (RFC 9700 section 4.3.2)."""
    caller = await caller_of(bearer_in(request))
    if scope not in caller.scopes:
        raise Refused("scope_missing", f"这个令牌没有 {scope} 权限。")
    return caller


def bearer_in(request: Request) -> str:
    """RFC 6750 section 2.1; "" when there is none."""
    kind, _, token = (request.headers.get("authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def session_token_in(request: Request) -> str:
    """A browser's cookie; a mini-program keeps no cookies and sends it as a bearer token."""
    return request.cookies.get(COOKIE) or bearer_in(request)


async def login_in(request: Request) -> WeChatLogin | None:
    """The WeChat login of the request, whether WeChat has named its user yet or not."""
    return await login_of(request.cookies.get(LOGIN_COOKIE) or bearer_in(request))


async def _wechat_user(request: Request) -> WeChatLogin:
    login = await login_in(request)
    if login is None or login.user is None:
        raise Denied("wechat_login_needed", "请在微信中重新打开。")
    return login


_OUR_SITES = ("same-origin", "none")


def _check_origin(request: Request) -> None:
    """A cookie that rides on a foreign page's request must not act (CSRF)."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Refused("origin_foreign", "请从本院页面操作。")
    if origin is None and request.headers.get("sec-fetch-site", "none") not in _OUR_SITES:
        raise Refused("origin_foreign", "请从本院页面操作。")
    if _wants_json(request) and not request.content_type.startswith("application/json"):
        raise Invalid("media_type", "请求的内容类型不对。", detail="expected application/json")


def _wants_json(request: Request) -> bool:
    """WeChat's pushes are XML, and signed."""
    return bool(request.body) and request.path != "/wechat/push"
