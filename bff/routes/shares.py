"""Shares: made, listed and stopped by who may; opened by whoever holds the link."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from bff.access import access
from bff.body import body_of, number_in, text_in, time_in
from bff.channel import describe_hospital
from bff.context import context_of, hospital_in, runtime_of, viewer_in
from bff.opened import opened_body
from bff.session_cookie import caller_in, set_session
from documents.qr import qr_png
from domain.access import PatientViewer, ShareViewer, StaffViewer
from domain.errors import Invalid, NotFound
from domain.ports import Sealer
from storage.records.share import Share
from storage.transactions import db_now
from usecases.identity.soft_limits import limited
from usecases.sharing.make_share import (
    DAYS,
    Owner,
    Terms,
    make_share,
    share_for,
    shares_of,
    stop_share,
    token_of,
)
from usecases.sharing.open_share import describe_share, open_share, state_of
from usecases.viewing.find_exam import exam_id_of

shares = Blueprint("shares")


def _owner(request: Request) -> Owner:
    viewer = viewer_in(request)
    assert isinstance(viewer, PatientViewer | StaffViewer)
    return viewer


def _terms(body: dict[str, Any], now: datetime) -> Terms:
    """`days`, or `starts_at` with `ends_at`."""
    days = number_in(body, "days")
    if days is not None and days not in DAYS:
        raise Invalid("share_range", "请选择一天、三天、五天,或自己填写时间。")
    starts_at = time_in(body, "starts_at") or now
    ends_at = now + timedelta(days=days) if days is not None else time_in(body, "ends_at")
    if ends_at is None:
        raise Invalid("share_range", "请选择分享多久。")
    return Terms(
        starts_at=starts_at if days is None else now,
        ends_at=ends_at,
        pass_code=text_in(body, "pass_code", longest=16),
        open_limit=number_in(body, "open_limit"),
    )


def _url(request: Request, sealer: Sealer, share: Share) -> str:
    return f"{runtime_of(request).settings.base_url()}/s/{token_of(sealer, share)}"


def _describe(request: Request, share: Share, now: datetime) -> dict[str, Any]:
    return {
        "id": share.public_id,
        "url": _url(request, runtime_of(request).sealer, share),
        "state": state_of(share, now),
        "starts_at": _iso(share.starts_at),
        "ends_at": _iso(share.ends_at),
        "has_pass_code": bool(share.pass_code_digest),
        "open_limit": share.open_limit,
        "opened_count": share.opened_count,
        "last_opened_at": _iso(share.last_opened_at) if share.last_opened_at else None,
    }


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")


@shares.post("/api/share/v1/shares")
@access("owner")
async def make(request: Request) -> HTTPResponse:
    """A new link to one examination."""
    body, now = body_of(request), await db_now()
    exam_id = await exam_id_of(_owner(request), text_in(body, "exam"))
    share, _ = await make_share(
        runtime_of(request).sealer,
        _owner(request),
        exam_id,
        _terms(body, now),
        request_id=str(request.id)[:36],
    )
    return json(_describe(request, share, now), 201)


@shares.get("/api/share/v1/shares")
@access("owner")
async def mine(request: Request) -> HTTPResponse:
    """The examination's shares, newest first, with how often each was opened."""
    exam_id = await exam_id_of(_owner(request), request.args.get("exam", ""))
    now = await db_now()
    found = await shares_of(_owner(request), exam_id)
    return json({"shares": [_describe(request, share, now) for share in found]})


@shares.post("/api/share/v1/shares/<share:str>/stop")
@access("owner")
async def stop(request: Request, share: str) -> HTTPResponse:
    """One tap: it ends for everybody."""
    stopped = await stop_share(_owner(request), share, request_id=str(request.id)[:36])
    context_of(request).gate.forget_all()
    return json(_describe(request, stopped, await db_now()))


@shares.get("/api/share/v1/shares/<share:str>/code.png")
@access("owner")
async def picture(request: Request, share: str) -> HTTPResponse:
    """The link as a QR picture."""
    row = await share_for(_owner(request), share)
    png = qr_png(_url(request, runtime_of(request).sealer, row), box_px=10)
    return raw(png, content_type="image/png", headers={"Cache-Control": "no-store"})


@shares.post("/api/share/v1/links/<token:str>/open")
@access("public")
async def open_link(request: Request, token: str) -> HTTPResponse:
    """The pass code in (when there is one); a session for this one examination out."""
    runtime = runtime_of(request)
    async with limited(runtime.sealer, caller_in(request)):
        opened = await open_share(
            runtime.sealer,
            token,
            text_in(body_of(request), "pass_code", longest=16),
            session_hours=runtime.settings.session_hours,
            request_id=str(request.id)[:36],
        )
    viewer = ShareViewer(opened.exam_id, opened.session_id, opened.share_id)
    response = json(
        await opened_body(request, viewer, opened.exam_id, opened.expires_at),
        headers={"Cache-Control": "no-store"},
    )
    set_session(request, response, opened.token)
    return response


@shares.get("/s/<token:str>")
@access("public")
async def share_page(request: Request, token: str) -> HTTPResponse:
    """How the share stands, before anything is shown."""
    boot: dict[str, Any] = {"kind": "share", "hospital": describe_hospital(request)}
    try:
        share, state = await describe_share(token)
    except NotFound:
        boot |= {"state": "unknown"}
        return context_of(request).pages.page("patient", boot, status=404)
    zone = hospital_in(request).zone
    boot |= {"state": state, "ends_at": share.ends_at.astimezone(zone).isoformat()}
    if state in ("ask", "open", "locked"):
        boot["token"] = token
    is_gone = state in ("ended", "stopped", "used_up")
    return context_of(request).pages.page("patient", boot, status=410 if is_gone else 200)
