"""What the patient's doors share: the hospital's words, consent, and who comes how."""

from datetime import UTC, date, datetime
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse

from bff.access import LOGIN_COOKIE, login_in
from bff.context import context_of, hospital_in, runtime_of
from bff.session_cookie import caller_in
from domain.errors import NotFound
from domain.wechat import WeChat
from storage.records.wechat_login import WeChatLogin
from usecases.bindings.find import describe_people
from usecases.consent.text import ConsentWords, consent_words
from usecases.identity.soft_limits import Caller
from usecases.identity.verify_digits import Entrance


def describe_hospital(request: Request) -> dict[str, str]:
    """What every page knows of the house."""
    settings = runtime_of(request).settings
    return {
        "name": settings.hospital_name,
        "phone": settings.hospital_phone,
        "time_zone": settings.time_zone,
    }


def message_page(request: Request, state: str, *, status: int) -> HTTPResponse:
    """A page that says what to do next."""
    boot = {"kind": "message", "state": state, "hospital": describe_hospital(request)}
    return context_of(request).pages.page("patient", boot, status=status)


def wechat_in(request: Request) -> WeChat:
    """NotFound where the hospital has no WeChat."""
    wechat = runtime_of(request).wechat
    if wechat is None:
        raise NotFound("wechat_not_configured", "医院没有开通微信入口。")
    return wechat


def words_in(request: Request) -> ConsentWords:
    """The consent text that stands now; read once a process."""
    film = context_of(request)
    if film.consent is None:
        settings = runtime_of(request).settings
        own = settings.consent_file.read_text("utf-8") if settings.consent_file else ""
        film.consent = consent_words(
            own, hospital=settings.hospital_name, phone=settings.hospital_phone
        )
    return film.consent


def describe_words(words: ConsentWords) -> dict[str, str]:
    return {"version": words.version, "text": words.text}


def today_in(request: Request) -> date:
    return datetime.now(UTC).astimezone(hospital_in(request).zone).date()


def is_mini(request: Request) -> bool:
    """A bearer token and no cookie: the mini-program, which keeps its tokens itself."""
    return bool(request.token) and not request.cookies.get(LOGIN_COOKIE)


def entrance_in(
    request: Request, login: WeChatLogin | None, *, agreed: str = "", channel: str = ""
) -> Entrance:
    """How this request enters; without consent, given now or before, nothing opens."""
    settings = runtime_of(request).settings
    is_known = login is not None and login.user is not None
    door = "mini" if login is not None and login.is_mini else "wechat" if is_known else "browser"
    return Entrance(
        words=words_in(request),
        agreed=agreed,
        channel=channel or door,
        session_hours=settings.session_hours,
        request_id=str(request.id)[:36],
    )


def caller_with(request: Request, login: WeChatLogin | None) -> Caller:
    """A WeChat user is the same device on every phone, for the soft limits."""
    caller = caller_in(request)
    if login is None or login.user is None:
        return caller
    return Caller(f"wechat:{login.user.id}", caller.address)


async def known_login(request: Request) -> WeChatLogin | None:
    """The request's WeChat login where the hospital has WeChat and WeChat has named the user."""
    if runtime_of(request).wechat is None:
        return None
    login = await login_in(request)
    return login if login is not None and login.user is not None else None


def boot_consent(request: Request) -> dict[str, Any]:
    return describe_words(words_in(request))


async def describe_people_for(login: WeChatLogin | None) -> dict[str, Any]:
    """Boot data of a WeChat user's own entrance."""
    if login is None or login.user is None:
        return {}
    return {"door": "wechat", "people": await describe_people(login.user)}
