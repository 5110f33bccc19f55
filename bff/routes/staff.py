"""Doctors and administrators: sign-in, who am I, and the newest examinations."""

from datetime import UTC
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json

from bff.access import access
from bff.body import body_of
from bff.context import runtime_of, viewer_in
from bff.session_cookie import close_session, set_session
from domain.access import StaffViewer
from domain.errors import Invalid
from storage.records.exam import list_newest
from storage.records.staff import StaffAccount
from usecases.staff.sign_in import sign_in

staff = Blueprint("staff", url_prefix="/api/staff/v1")


@staff.post("/session")
@access("public")
async def open_session(request: Request) -> HTTPResponse:
    """Sign in with name and password."""
    body = body_of(request)
    username, password = body.get("username"), body.get("password")
    if not isinstance(username, str) or not isinstance(password, str) or len(password) > 256:
        raise Invalid("body_malformed", "请输入用户名和密码。")
    settings = runtime_of(request).settings
    opened = await sign_in(username, password, hours=settings.session_hours)
    response = json(_describe(opened.account), headers={"Cache-Control": "no-store"})
    set_session(request, response, opened.token)
    return response


def _describe(account: StaffAccount) -> dict[str, Any]:
    return {
        "username": account.username,
        "role": account.role,
        "display_name": account.display_name,
        "campus": account.campus,
        "department": account.department,
        "title": account.title,
    }


@staff.get("/me")
@access("staff")
async def me(request: Request) -> HTTPResponse:
    """The signed-in account."""
    viewer = viewer_in(request)
    assert isinstance(viewer, StaffViewer)
    return json(_describe(await StaffAccount.get(id=viewer.account_id)))


@staff.post("/sign-out")
@access("staff")
async def sign_out(request: Request) -> HTTPResponse:
    """The session ends at once, everywhere."""
    response = empty(204)
    await close_session(request, response)
    return response


@staff.get("/exams")
@access("staff")
async def newest_exams(request: Request) -> HTTPResponse:
    """The newest examinations of the viewer's campuses; `?before=` continues a list."""
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Invalid("before_malformed", "before 应为数字。")
    exams = await list_newest(viewer_in(request), before=int(before) if before else None)
    rows = [
        {
            "id": exam.public_id,
            "accession_number": exam.accession_number,
            "patient_name": exam.patient.name,
            "modality": exam.modality,
            "procedure": exam.procedure,
            "campus": exam.campus,
            "patient_type": exam.patient_type.value,
            "status": exam.status.value,
            "updated_at": exam.updated_at.astimezone(UTC).isoformat(),
        }
        for exam in exams
    ]
    return json({"exams": rows, "next": str(exams[-1].id) if len(rows) == 50 else None})
