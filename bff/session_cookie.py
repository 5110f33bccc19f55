"""The session's cookie: opaque, out of scripts' reach, same site; and the device's, which says
nothing but that it is the same browser again."""

from sanic.request import Request
from sanic.response import HTTPResponse

from bff.access import COOKIE, LOGIN_COOKIE, session_token_in
from bff.context import context_of, runtime_of
from storage.tokens import new_token
from usecases.identity.soft_limits import Caller
from usecases.viewing.open_session import end_session
from usecases.wechat.login import LOGIN_LIFE


def set_session(request: Request, response: HTTPResponse, token: str) -> None:
    settings = runtime_of(request).settings
    response.add_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="Lax",
        secure=settings.base_url().startswith("https://"),
        path="/",
        max_age=int(settings.session_hours * 3600),
    )


def set_login(request: Request, response: HTTPResponse, token: str) -> None:
    """Who WeChat says this browser is; it opens nothing by itself."""
    response.add_cookie(
        LOGIN_COOKIE,
        token,
        httponly=True,
        samesite="Lax",
        secure=runtime_of(request).settings.base_url().startswith("https://"),
        path="/",
        max_age=int(LOGIN_LIFE.total_seconds()),
    )


# the images that the browser kept go with the session
SIGNED_OUT_HEADERS = {"Clear-Site-Data": '"cache"'}


async def close_session(request: Request, response: HTTPResponse) -> None:
    """The session ends at once, everywhere."""
    token = session_token_in(request)
    copies = await end_session(token)
    gate = context_of(request).gate
    gate.forget(token)
    if copies:
        gate.forget_all()
    response.delete_cookie(COOKIE, path="/")
    response.headers.update(SIGNED_OUT_HEADERS)


DEVICE_COOKIE, DEVICE_S = "cf_device", 365 * 86400


def know_device(request: Request, response: HTTPResponse) -> None:
    """Give a browser that has none its device cookie."""
    if not request.cookies.get(DEVICE_COOKIE):
        response.add_cookie(
            DEVICE_COOKIE,
            new_token(),
            httponly=True,
            samesite="Lax",
            secure=runtime_of(request).settings.base_url().startswith("https://"),
            path="/",
            max_age=DEVICE_S,
        )


def caller_in(request: Request) -> Caller:
    """The address is the client's own behind as many proxies as the settings trust."""
    device = (request.cookies.get(DEVICE_COOKIE) or "")[:32]
    return Caller(device, request.remote_addr or request.ip)
