"""The session's cookie: opaque, out of scripts' reach, same site."""

from sanic.request import Request
from sanic.response import HTTPResponse

from bff.access import COOKIE
from bff.context import context_of, runtime_of
from usecases.viewing.open_session import end_session


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


async def close_session(request: Request, response: HTTPResponse) -> None:
    """The session ends at once, everywhere."""
    token = request.cookies.get(COOKIE) or ""
    await end_session(token)
    context_of(request).gate.forget(token)
    response.delete_cookie(COOKIE, path="/")
