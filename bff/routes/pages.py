"""Page shells: a code's page, the viewer, the start page, and the assets they load."""

import contextlib
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from bff.access import access, login_in
from bff.channel import boot_consent, describe_hospital, describe_people_for, known_login
from bff.code_state import describe_found, describe_one_tap, describe_question, found_code
from bff.context import context_of, note, question_in, runtime_of
from bff.routes.doors import check_file, to_wechat
from bff.routes.page_settings import query_fallback
from bff.session_cookie import know_device
from domain.access import ShareViewer, StaffViewer, TicketViewer, Viewer
from domain.doors import is_wechat_browser
from domain.errors import NotFound, Refused
from domain.page_settings import LABELS
from storage.records.wechat_login import WeChatLogin
from usecases.bindings.guardians import describe_invitation
from usecases.marking.hanging import hanging_of
from usecases.page_settings.query_page import read_query_page
from usecases.viewing.find_exam import exam_id_of
from usecases.viewing.read_images import manifests_of
from usecases.wechat.login import may_go_to_wechat

pages = Blueprint("pages")

FAVICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    b'rx="8" fill="#0F766E"/><path d="M9 20a5 5 0 0 1 1-9.9 6.5 6.5 0 0 1 12.4 1.9A4.5 4.5 0 0 1 '
    b'22 20z" fill="#fff"/></svg>'
)


@pages.get("/q/<token:str>")
@access("public")
async def code_page(request: Request, token: str) -> HTTPResponse:
    """The page of a scanned code; its state before anything is proved. WeChat's browser goes to
    WeChat first, once, so that a bound user needs no digits."""
    if token.endswith(".txt"):
        return await check_file(request, token)
    boot: dict[str, Any] = {"kind": "code", "token": token, "hospital": describe_hospital(request)}
    try:
        found = await found_code(request, token)
    except NotFound:
        boot |= {"state": "unknown", "token": ""}
        return context_of(request).pages.page("patient", boot, status=404)
    if found.state != "revoked":
        login = await _wechat_login(request)
        if isinstance(login, HTTPResponse):
            return login
        boot |= await describe_one_tap(login, found)
    boot |= describe_found(request, found)
    status = 410 if found.state == "revoked" else 200
    response = context_of(request).pages.page("patient", boot, status=status)
    know_device(request, response)
    return response


async def _wechat_login(request: Request) -> WeChatLogin | HTTPResponse | None:
    """The browser's WeChat login, or the way to WeChat when there should be one."""
    settings = runtime_of(request).settings
    agent = request.headers.get("user-agent", "")
    if not settings.wechat_app_id or not is_wechat_browser(agent):
        return await known_login(request)
    login = await login_in(request)
    if await may_go_to_wechat(login):
        return await to_wechat(request, request.path)
    return login


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
    """The patient's home; its data needs a session. In WeChat, where there is none, the people for
    whom this user may enter."""
    login = await _wechat_login(request)
    if isinstance(login, HTTPResponse):
        return login
    boot: dict[str, Any] = {"kind": "home", "hospital": describe_hospital(request)}
    boot |= await describe_people_for(login)
    return context_of(request).pages.page("patient", boot)


@pages.get("/g/<token:str>")
@access("public")
async def invitation_page(request: Request, token: str) -> HTTPResponse:
    """Somebody of the family is invited to look; accepting it takes WeChat."""
    boot: dict[str, Any] = {"kind": "invitation", "hospital": describe_hospital(request)}
    try:
        boot |= {"state": "open", "token": token, "invitation": await describe_invitation(token)}
    except Refused as refusal:
        state = "unknown" if isinstance(refusal, NotFound) else "ended"
        boot |= {"state": state, "token": ""}
        return context_of(request).pages.page(
            "patient", boot, status=404 if state == "unknown" else 410
        )
    login = await _wechat_login(request)
    if isinstance(login, HTTPResponse):
        return login
    if login is None or login.user is None:
        boot["state"] = "wechat_needed"
    boot["consent"] = boot_consent(request)
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
        "digits": describe_question(question_in(request)),
        "consent": boot_consent(request),
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
