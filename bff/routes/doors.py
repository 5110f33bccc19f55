"""The doors of WeChat: its OAuth, a one-time ticket's arrival, the check files of its console."""

import asyncio
import re

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw, redirect

from bff.access import LOGIN_COOKIE, access, login_in
from bff.channel import message_page, wechat_in
from bff.context import runtime_of
from bff.session_cookie import set_login, set_session
from domain.doors import HOME, local_target
from domain.errors import NotFound, Refused
from usecases.entry.ticket import redeem_ticket
from usecases.wechat.login import finish_login, may_go_to_wechat, start_login

doors = Blueprint("doors")

CHECK_FILE = re.compile(r"[\w-]{1,80}\.txt", re.ASCII)
MAX_CHECK_FILE = 4096


def callback_url(request: Request) -> str:
    return runtime_of(request).settings.base_url() + "/wechat/callback"


def away(url: str) -> HTTPResponse:
    """303: the page that follows is a plain GET, and no address with a code stays behind."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return redirect(url, headers=headers, status=303)


async def to_wechat(request: Request, target: str) -> HTTPResponse:
    """Off to WeChat's OAuth; the browser comes back to `target`."""
    runtime = runtime_of(request)
    departure = await start_login(
        wechat_in(request),
        runtime.sealer,
        request.cookies.get(LOGIN_COOKIE) or "",
        target,
        callback_url(request),
    )
    response = away(departure.url)
    set_login(request, response, departure.login_token)
    return response


@doors.get("/wechat/start")
@access("public")
async def start(request: Request) -> HTTPResponse:
    """A menu of the service account leads here: `to` is /home, /query or another page of ours."""
    target = local_target(request.args.get("to", HOME))
    if not await may_go_to_wechat(await login_in(request)):
        return away(target)
    return await to_wechat(request, target)


@doors.get("/wechat/callback")
@access("public")
async def callback(request: Request) -> HTTPResponse:
    """WeChat sends the browser back: exchanged once, then on to a clean address."""
    try:
        url = await finish_login(
            wechat_in(request),
            runtime_of(request).sealer,
            login_token=request.cookies.get(LOGIN_COOKIE) or "",
            state=request.args.get("state", ""),
            code=request.args.get("code", "")[:512],
            redirect_uri=callback_url(request),
        )
    except Refused:  # no such state, or another browser's: nothing is said of what it led to
        return message_page(request, "wechat_failed", status=403)
    return away(url)


@doors.get("/enter/<ticket:str>")
@access("public")
async def enter(request: Request, ticket: str) -> HTTPResponse:
    """A one-time ticket becomes this browser's own session."""
    try:
        arrival = await redeem_ticket(runtime_of(request).sealer, ticket)
    except Refused:
        return message_page(request, "ticket_ended", status=410)
    response = away(arrival.target)
    if arrival.session_token:
        set_session(request, response, arrival.session_token)
    if arrival.login_token:
        set_login(request, response, arrival.login_token)
    return response


async def check_file(request: Request, name: str) -> HTTPResponse:
    """A file by which WeChat's console makes sure that this host is the hospital's."""
    folder = runtime_of(request).settings.check_files_dir
    if folder is None or not CHECK_FILE.fullmatch(name):
        raise NotFound("page_not_found", "没有找到这个页面。")

    def read() -> bytes:
        path = folder / name
        if not path.is_file() or path.stat().st_size > MAX_CHECK_FILE:
            raise NotFound("page_not_found", "没有找到这个页面。")
        return path.read_bytes()

    return raw(await asyncio.to_thread(read), content_type="text/plain; charset=utf-8")


@doors.get(r"/<name:[A-Za-z0-9_-]+\.txt>")
@access("public")
async def check_file_at_root(request: Request, name: str) -> HTTPResponse:
    """`MP_verify_*.txt` of the service account, and the mini-program's."""
    return await check_file(request, name)
