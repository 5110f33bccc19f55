"""The API of WeChat users, for the pages in WeChat's browser (by cookie) and for the mini-program
(by bearer token)."""

from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json

from bff.access import access, login_in
from bff.body import body_of, text_in
from bff.channel import caller_with, describe_words, entrance_in, wechat_in, words_in
from bff.context import context_of, question_in, runtime_of
from bff.opened import agreed_in, open_response
from bff.session_cookie import close_session
from domain.errors import Denied, Invalid, NotFound
from storage.records.wechat_login import WeChatLogin
from storage.records.wechat_user import WeChatUser
from usecases.bindings.bind import unbind_as_user
from usecases.bindings.enter import enter_by_binding, enter_by_code
from usecases.bindings.find import describe_people
from usecases.bindings.guardians import accept_invitation, describe_invitation
from usecases.entry.ticket import LIFE_S, issue_ticket
from usecases.identity.soft_limits import limited
from usecases.messages.subscriptions import add_subscription
from usecases.wechat.login import end_login
from usecases.wechat.login_mini import login_mini, vouch_phone

wechat = Blueprint("wechat", url_prefix="/api/wechat/v1")


def login_of_request(request: Request) -> tuple[WeChatLogin, WeChatUser]:
    """Set by the gate for every `wechat` route."""
    login: WeChatLogin = request.ctx.login
    user = login.user
    assert user is not None
    return login, user


def _request_id(request: Request) -> str:
    return str(request.id)[:36]


@wechat.post("/mini/login")
@access("public")
async def mini_login(request: Request) -> HTTPResponse:
    """`{"code"}` of `wx.login`; the bearer token of everything that follows out."""
    code = text_in(body_of(request), "code", longest=512)
    made = await login_mini(wechat_in(request), runtime_of(request).sealer, code)
    body = {"token": made.token, "expires_at": made.expires_at.astimezone(UTC).isoformat()}
    return json(body, headers={"Cache-Control": "no-store"})


@wechat.post("/mini/phone")
@access("wechat")
async def mini_phone(request: Request) -> HTTPResponse:
    """`{"code"}` of `getPhoneNumber`: a vouched phone, good where digits of the phone are asked."""
    login, _ = login_of_request(request)
    code = text_in(body_of(request), "code", longest=512)
    await vouch_phone(wechat_in(request), runtime_of(request).sealer, login, code)
    return empty(204)


@wechat.post("/mini/ticket")
@access("wechat")
async def mini_ticket(request: Request) -> HTTPResponse:
    """`{"session": token or "", "target": "/home"}`: the address for the web-view, one use, within
    60 seconds."""
    login, _ = login_of_request(request)
    body = body_of(request)
    ticket = await issue_ticket(
        runtime_of(request).sealer,
        door="webview",
        session_token=text_in(body, "session", longest=24),
        login=login,
        target=text_in(body, "target", longest=64),
    )
    url = f"{runtime_of(request).settings.base_url()}/enter/{ticket}"
    return json({"url": url, "expires_in": LIFE_S}, headers={"Cache-Control": "no-store"})


@wechat.post("/mini/subscriptions")
@access("wechat")
async def mini_subscription(request: Request) -> HTTPResponse:
    """`{"template_id", "result": "accept"}` of `requestSubscribeMessage`: one message each."""
    _, user = login_of_request(request)
    body = body_of(request)
    wanted = runtime_of(request).settings.wechat_mini_template_id
    if not wanted or text_in(body, "template_id") != wanted:
        raise Invalid("template_unknown", "没有这个消息模板。")
    if text_in(body, "result") == "accept":
        await add_subscription(user)
    return empty(204)


@wechat.get("/people")
@access("wechat")
async def people(request: Request) -> HTTPResponse:
    """The people for whom this WeChat user may enter, names masked."""
    _, user = login_of_request(request)
    template = runtime_of(request).settings.wechat_mini_template_id
    return json({"people": await describe_people(user), "template_id": template})


@wechat.post("/people/<binding:str>/enter")
@access("wechat")
async def enter_person(request: Request, binding: str) -> HTTPResponse:
    """The newest examination of one of them; session, home and manifests out."""
    login, user = login_of_request(request)
    entrance = entrance_in(request, login, agreed=agreed_in(request))
    opened = await enter_by_binding(user, binding, entrance=entrance)
    return await open_response(request, opened, login)


@wechat.post("/people/<binding:str>/leave")
@access("wechat")
async def leave_person(request: Request, binding: str) -> HTTPResponse:
    """Unbind: its sessions end at once."""
    _, user = login_of_request(request)
    await unbind_as_user(user, binding, request_id=_request_id(request))
    context_of(request).gate.forget_all()
    return empty(204)


@wechat.post("/codes/<token:str>/enter")
@access("wechat")
async def enter_code(request: Request, token: str) -> HTTPResponse:
    """One tap: for a code of somebody to whom this user is bound (or, where the hospital asks for
    the phone's digits, whose phone WeChat vouched for)."""
    login, _ = login_of_request(request)
    sealer = runtime_of(request).sealer
    async with limited(sealer, caller_with(request, login)):
        opened = await enter_by_code(
            sealer,
            login,
            token,
            preferred=question_in(request),
            entrance=entrance_in(request, login, agreed=agreed_in(request)),
        )
    return await open_response(request, opened, login)


@wechat.get("/invitations/<token:str>")
@access("wechat")
async def invitation(request: Request, token: str) -> HTTPResponse:
    """What an invitation offers."""
    body: dict[str, Any] = await describe_invitation(token)
    return json(body | {"consent": describe_words(words_in(request))})


@wechat.post("/invitations/<token:str>/accept")
@access("wechat")
async def accept(request: Request, token: str) -> HTTPResponse:
    """This user becomes a guardian; entered at once."""
    login, user = login_of_request(request)
    made = await accept_invitation(user, token, request_id=_request_id(request))
    entrance = entrance_in(request, login, agreed=agreed_in(request))
    try:
        opened = await enter_by_binding(user, made.public_id, entrance=entrance)
    except NotFound:
        return json({"binding": made.public_id}, 201)
    return await open_response(request, opened, login)


@wechat.post("/sign-out")
@access("wechat")
async def sign_out(request: Request) -> HTTPResponse:
    """This browser (or mini-program) is nobody's any more; bindings stay."""
    login, _ = login_of_request(request)
    await end_login(login)
    response = empty(204)
    await close_session(request, response)
    return response


@wechat.get("/js-config")
@access("public")
async def js_config(request: Request) -> HTTPResponse:
    """`wx.config`'s values for a page of ours (`url`, without its #part)."""
    url = request.args.get("url", "")
    ours = urlsplit(runtime_of(request).settings.base_url())
    parts = urlsplit(url[:2000])
    if (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
        raise Denied("not_our_page", "只能为本院页面签名。", detail="foreign url")
    return json(await wechat_in(request).sign_page(url), headers={"Cache-Control": "no-store"})


@wechat.get("/me")
@access("public")
async def me(request: Request) -> HTTPResponse:
    """Whether WeChat knows this browser."""
    login = await login_in(request)
    return json({"is_known": login is not None and login.user is not None})
