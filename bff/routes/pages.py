"""Page shells: a code's page, the viewer, the start page, and the assets they load."""

import contextlib
from datetime import UTC
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from bff.access import access
from bff.context import context_of, note, question_in, runtime_of
from bff.routes.page_settings import query_fallback
from bff.session_cookie import know_device
from domain.access import ShareViewer, StaffViewer, TicketViewer, Viewer
from domain.challenge import Question
from domain.errors import NotFound, Refused
from domain.page_settings import LABELS
from usecases.identity.find_code import CodePage, describe_code
from usecases.marking.hanging import hanging_of
from usecases.page_settings.query_page import read_query_page
from usecases.viewing.find_exam import exam_id_of
from usecases.viewing.read_images import manifests_of

pages = Blueprint("pages")

FAVICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    b'rx="8" fill="#0F766E"/><path d="M9 20a5 5 0 0 1 1-9.9 6.5 6.5 0 0 1 12.4 1.9A4.5 4.5 0 0 1 '
    b'22 20z" fill="#fff"/></svg>'
)


def describe_hospital(request: Request) -> dict[str, str]:
    """What every page knows of the house."""
    settings = runtime_of(request).settings
    return {
        "name": settings.hospital_name,
        "phone": settings.hospital_phone,
        "time_zone": settings.time_zone,
    }


@pages.get("/q/<token:str>")
@access("public")
async def code_page(request: Request, token: str) -> HTTPResponse:
    """The page of a scanned code; its state before anything is proved."""
    boot: dict[str, Any] = {"kind": "code", "token": token, "hospital": describe_hospital(request)}
    try:
        found = await describe_code(runtime_of(request).sealer, token, question_in(request))
    except NotFound:
        boot |= {"state": "unknown", "token": ""}
        return context_of(request).pages.page("patient", boot, status=404)
    boot |= _describe(found)
    status = 410 if found.state == "revoked" else 200
    response = context_of(request).pages.page("patient", boot, status=status)
    know_device(request, response)
    return response


def _describe(found: CodePage) -> dict[str, Any]:
    if found.state == "revoked":
        return {"state": "revoked", "token": ""}
    return {
        "state": found.state,
        "masked_name": found.masked_name,
        "digits": _describe_question(found.question),
        "exam": {
            "status": found.status.value,
            "status_label": found.status.label,
            "shown_time": found.shown_time.astimezone(UTC).isoformat()
            if found.shown_time
            else None,
        },
        "locked_until": found.locked_until.astimezone(UTC).isoformat()
        if found.locked_until and not found.needs_staff
        else None,
        "needs_staff": found.needs_staff,
    }


def _describe_question(question: Question) -> dict[str, Any]:
    return {
        "kind": question.kind,
        "count": question.count,
        "allow_x": question.allows_x,
        "label": question.label,
    }


@pages.get("/viewer")
@access("public")
async def viewer_page(request: Request) -> HTTPResponse:
    """The viewer with its manifests, and the first preview on its way, when the session may see
    them; without a session the shell alone, which then asks and is told."""
    boot: dict[str, Any] = {"kind": "viewer", "hospital": describe_hospital(request)}
    preload = ""
    with contextlib.suppress(Refused):
        viewer = await context_of(request).gate.viewer_of(request)
        exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
        boot["viewer"] = await _describe_viewer(viewer)
        boot["studies"] = await manifests_of(runtime_of(request).objects, viewer, exam_id)
        await note(request, viewer, exam_id, "images")
        preload = _first_preview(boot["studies"], request.args.get("series", ""))
    return context_of(request).pages.page(
        "viewer", boot, preload=preload, accepts=request.headers.get("accept-encoding", "")
    )


async def _describe_viewer(viewer: Viewer) -> dict[str, Any]:
    """Who reads, so that the page knows what to offer; what they may do is decided elsewhere."""
    match viewer:
        case StaffViewer():
            hanging = await hanging_of(viewer)
            return {"kind": "staff", "id": str(viewer.account_id), "hanging": hanging}
        case ShareViewer() | TicketViewer():
            return {"kind": "share", "id": ""}
        case _:
            return {"kind": "patient", "id": ""}


@pages.get("/doctor")
@access("public")
async def doctor_page(request: Request) -> HTTPResponse:
    """The doctors' door: sign-in, list and examination; its data needs a staff session."""
    return context_of(request).pages.page("doctor", {"hospital": describe_hospital(request)})


def _first_preview(studies: list[dict[str, Any]], series_id: str) -> str:
    """The address that the viewer asks for first: the named series', else the first ready one's."""
    ready = [
        (series["id"], series.get("revision", study["revision"]))
        for study in studies
        for series in study["series"]
        if series["state"] == "ready"
    ]
    chosen = [one for one in ready if one[0] == series_id] or ready
    return f"/api/viewing/v1/series/{chosen[0][0]}/preview?r={chosen[0][1]}" if chosen else ""


@pages.get("/home")
@access("public")
async def home_page(request: Request) -> HTTPResponse:
    """The patient's home; its data needs a session."""
    boot = {"kind": "home", "hospital": describe_hospital(request)}
    return context_of(request).pages.page("patient", boot)


@pages.get("/query")
@access("public")
async def query_page(request: Request) -> HTTPResponse:
    """Retrieval without a code, as the hospital has set it up (tender E4)."""
    campus = request.args.get("campus", "")
    shown = (await read_query_page(campus, query_fallback(request))).settings
    boot = {
        "kind": "query",
        "hospital": describe_hospital(request),
        "can_query": shown.is_open,
        "query": {
            **shown.as_values(),
            "campus": campus,
            "conditions": [{"name": one, "label": LABELS[one]} for one in shown.conditions],
        },
        "digits": _describe_question(question_in(request)),
    }
    response = context_of(request).pages.page("patient", boot)
    know_device(request, response)
    return response


@pages.get("/")
@access("public")
async def start_page(request: Request) -> HTTPResponse:
    """Tells a person who came without a code what to do."""
    shown = await read_query_page("", query_fallback(request))
    boot = {
        "kind": "start",
        "hospital": describe_hospital(request),
        "can_query": shown.settings.is_open,
    }
    return context_of(request).pages.page("patient", boot)


@pages.get("/assets/<name:path>")
@access("public")
async def asset(request: Request, name: str) -> HTTPResponse:
    """A built file; its name carries its content's hash."""
    found = context_of(request).pages.asset(request, name)
    if found is None:
        raise NotFound("asset_not_found", "没有找到这个文件。")
    return found


@pages.get("/favicon.svg")
@access("public")
async def favicon(_: Request) -> HTTPResponse:
    """The mark."""
    return raw(FAVICON, content_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})
