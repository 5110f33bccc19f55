"""Doctors and administrators: sign-in, who am I, and the newest examinations."""

import re
from datetime import UTC, date, datetime
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw

from bff.access import access
from bff.body import body_of
from bff.context import hospital_in, note, runtime_of, staff_in
from bff.session_cookie import close_session, set_session
from domain.errors import Invalid
from domain.exam import ExamStatus, PatientType
from storage.records.exam import Wanted
from storage.records.staff import StaffAccount
from storage.transactions import db_now
from usecases.staff.list_exams import days_ago, list_exams
from usecases.staff.see_exam import describe_exam
from usecases.staff.sign_in import sign_in
from usecases.viewing.find_exam import exam_id_of
from usecases.viewing.read_report import read_report_pdf, read_report_thumbnail

staff = Blueprint("staff", url_prefix="/api/staff/v1")

DAYS = ("1", "3", "7", "30")


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
    return json(_describe(await StaffAccount.get(id=staff_in(request).account_id)))


@staff.post("/sign-out")
@access("staff")
async def sign_out(request: Request) -> HTTPResponse:
    """The session ends at once, everywhere."""
    response = empty(204)
    await close_session(request, response)
    return response


def _today(request: Request) -> date:
    return datetime.now(UTC).astimezone(hospital_in(request).zone).date()


async def _wanted(request: Request) -> Wanted:
    """The filters of a query. Invalid("filter_malformed")."""
    args = request.args
    words, modality = args.get("q", "").strip(), args.get("modality", "")
    if len(words) > 64 or "\0" in words or not re.fullmatch(r"[A-Z]{0,8}", modality):
        raise Invalid("filter_malformed", "筛选条件不对,请重新选择。")
    days = args.get("days", "")
    if days and days not in DAYS:
        raise Invalid("filter_malformed", "筛选条件不对,请重新选择。", detail=f"days: {DAYS}")
    try:
        status = ExamStatus(args.get("status")) if args.get("status") else None
        kind = PatientType(args.get("patient_type")) if args.get("patient_type") else None
    except ValueError as error:
        raise Invalid("filter_malformed", "筛选条件不对,请重新选择。") from error
    return Wanted(words, modality, status, kind, await days_ago(int(days)) if days else None)


@staff.get("/exams")
@access("staff")
async def exams(request: Request) -> HTTPResponse:
    """The newest examinations of the viewer's campuses: `q` part of a name or a whole number,
    `modality`, `status`, `patient_type`, `days` 1, 3, 7 or 30; `before` continues a list."""
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Invalid("before_malformed", "before 应为数字。")
    page = await list_exams(
        staff_in(request),
        await _wanted(request),
        before=int(before) if before else None,
        today=_today(request),
    )
    return json({"exams": page.rows, "next": str(page.next) if page.next else None})


@staff.get("/exams/<exam:str>")
@access("staff")
async def exam_page(request: Request, exam: str) -> HTTPResponse:
    """Facts, report, series and the person's other examinations."""
    viewer = staff_in(request)
    exam_id = await exam_id_of(viewer, exam)
    described = await describe_exam(viewer, exam_id, today=_today(request))
    await note(request, viewer, exam_id, "home")
    return json(described)


@staff.get("/exams/<exam:str>/report.pdf")
@access("staff")
async def report_pdf(request: Request, exam: str) -> HTTPResponse:
    """The report with the reader's watermark."""
    viewer = staff_in(request)
    exam_id = await exam_id_of(viewer, exam)
    objects, hospital = runtime_of(request).objects, hospital_in(request)
    pdf = await read_report_pdf(objects, viewer, exam_id, hospital, now=await db_now())
    await note(request, viewer, exam_id, "report_pdf")
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="report.pdf"'}
    return raw(pdf, headers=headers, content_type="application/pdf")


@staff.get("/exams/<exam:str>/report/thumbnail.png")
@access("staff")
async def report_thumbnail(request: Request, exam: str) -> HTTPResponse:
    """The report's first page, small."""
    viewer = staff_in(request)
    exam_id = await exam_id_of(viewer, exam)
    objects, hospital = runtime_of(request).objects, hospital_in(request)
    png = await read_report_thumbnail(objects, viewer, exam_id, hospital)
    headers = {"Cache-Control": "private, max-age=600"}
    return raw(png, headers=headers, content_type="image/png")
