"""The page on which a member of staff allows a third party's program, or does not."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, redirect

from bff.access import access
from bff.body import body_of, text_in
from bff.channel import describe_hospital
from bff.context import context_of, runtime_of, viewer_in
from bff.oauth.endpoints import lifetimes_of, load, parse_values, protocol_address
from bff.oauth.grants import full_server
from bff.oauth.server import Answer, Asked, ProtocolRequest, Server
from domain.access import StaffViewer
from domain.errors import Invalid, Refused
from domain.scopes import SCOPES, scopes_in
from storage.records.staff import StaffAccount
from usecases.oauth.issue_tokens import grant_code

consent = Blueprint("consent")

FRAMES = {"X-Frame-Options": "DENY"}


@dataclass(frozen=True, slots=True)
class _Wish:
    """A checked authorization request."""

    server: Server
    grant: Any
    asked: ProtocolRequest


class _BadRequest(Exception):
    """Nobody may be sent anywhere: the client or its address is wrong."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _SendBack(Exception):
    """The request is wrong, and the client is told so at its registered address."""

    def __init__(self, location: str) -> None:
        super().__init__("back to the client")
        self.location = location


async def _check(request: Request, query: bytes) -> _Wish:
    """Raises _BadRequest or _SendBack."""
    try:
        uri = protocol_address(request, "/oauth/authorize")
        asked = ProtocolRequest(Asked("GET", uri, parse_values(query)))
        server = full_server(await _server(request, asked))
        grant = server.get_consent_grant(asked)
    except OAuth2Error as error:
        if not error.redirect_uri:
            raise _BadRequest(str(error.error)) from error
        _, _, headers = error()
        raise _SendBack(_with_issuer(request, dict(headers)["Location"])) from error
    except ValueError as error:  # authlib cannot put such a value into its description
        raise _BadRequest("invalid_request") from error
    return _Wish(server, grant, asked)


async def _server(request: Request, asked: ProtocolRequest) -> Server:
    data = {"client_id": asked.payload.datalist.get("client_id", [""])[:1]}
    loaded = await load(Asked("GET", asked.uri, data))
    settings = runtime_of(request).settings
    return Server(loaded, for_staff=True, access_s=settings.oauth_access_minutes * 60)


def _with_issuer(request: Request, location: str) -> str:
    """RFC 9207: who answers."""
    issuer = runtime_of(request).settings.base_url()
    return str(add_params_to_uri(location, [("iss", issuer)]))


@consent.get("/oauth/authorize")
@access("public")
async def authorize_page(request: Request) -> HTTPResponse:
    """What the program wants, for the signed-in member of staff to allow or not."""
    query = request.query_string
    try:
        wish = await _check(request, query.encode())
    except _SendBack as back:
        return redirect(back.location, headers={"Cache-Control": "no-store"})
    except _BadRequest as problem:
        return _page(request, {"kind": "refused", "reason": problem.reason}, status=400)
    account = await _signed_in(request)
    client = wish.server.client
    assert client is not None
    boot: dict[str, Any] = {
        "kind": "ask",
        "request": query,
        "client": client.row.name,
        "goes_to": _shown_place(wish.grant.redirect_uri),
        "scopes": [
            {"name": name, "label": SCOPES[name]} for name in scopes_in(wish.grant.request.scope)
        ],
        "account": _describe(account) if account is not None else None,
    }
    return _page(request, boot)


def _page(request: Request, boot: dict[str, Any], *, status: int = 200) -> HTTPResponse:
    boot = {"hospital": describe_hospital(request), **boot}
    page = context_of(request).pages.page("consent", boot, status=status)
    page.headers.extend(FRAMES)
    return page


def _shown_place(uri: str) -> str:
    parts = urlsplit(uri)
    return parts.netloc or parts.scheme


def _describe(account: StaffAccount) -> dict[str, str]:
    return {
        "username": account.username,
        "display_name": account.display_name,
        "department": account.department,
    }


async def _signed_in(request: Request) -> StaffAccount | None:
    try:
        viewer = await context_of(request).gate.viewer_of(request)
    except Refused:
        return None
    if not isinstance(viewer, StaffViewer):
        return None
    return await StaffAccount.get_or_none(id=viewer.account_id)


@consent.post("/oauth/authorize")
@access("staff")
async def decide(request: Request) -> HTTPResponse:
    """The decision in; the address to go back to out. Nothing of the page is trusted: the request
    is checked again, and the account must be the one that the page showed."""
    body = body_of(request)
    viewer = viewer_in(request)
    assert isinstance(viewer, StaffViewer)
    account = await StaffAccount.get(id=viewer.account_id)
    if text_in(body, "username") != account.username:
        raise Invalid("account_changed", "登录的账号已经换了,请刷新页面再确认。")
    decision = text_in(body, "decision")
    if decision not in ("allow", "deny"):
        raise Invalid("body_malformed", detail="decision must be allow or deny")
    query = text_in(body, "request", longest=8000)
    try:
        wish = await _check(request, query.encode())
    except (_BadRequest, _SendBack) as problem:
        raise Invalid("request_malformed", "授权请求不完整,请从原来的程序重新开始。") from problem
    granted = account if decision == "allow" else None
    answer: Answer = wish.server.create_authorization_response(
        wish.asked, grant_user=granted, grant=wish.grant
    )
    await _store(request, wish, account)
    location = _with_issuer(request, answer.headers["Location"])
    return json({"redirect_to": location}, headers={"Cache-Control": "no-store"})


async def _store(request: Request, wish: _Wish, account: StaffAccount) -> None:
    effect, client = wish.server.effect, wish.server.client
    if effect is None or client is None:
        return
    await grant_code(
        client.row,
        account.id,
        code=effect.code,
        scope=effect.scope,
        redirect_uri=wish.grant.redirect_uri,
        code_challenge=wish.asked.payload.data["code_challenge"],
        lifetimes=lifetimes_of(runtime_of(request).settings),
    )
