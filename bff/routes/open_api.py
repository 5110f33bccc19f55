"""The open API (tender B2.2, B2.3): examinations by imaging number or ID card, and the address
under which somebody sees the images."""

from datetime import UTC, datetime
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bff.access import COOKIE, access
from bff.api_schemas import NUMBER
from bff.body import body_of, text_in
from bff.channel import describe_hospital
from bff.context import context_of, runtime_of
from bff.described import described, query
from bff.session_cookie import set_session
from domain.access import StaffViewer, SystemViewer
from domain.exam import ExamStatus
from integrations.his.senders import imaging_numbers
from storage.records.exam import Exam
from usecases.oauth.check_token import Caller
from usecases.open_api.limit_queries import count_query
from usecases.open_api.query_exams import (
    Meanings,
    exams_by_id_card,
    exams_by_imaging_number,
    imaging_number_of,
)
from usecases.open_api.view_tickets import make_tickets, open_ticket

open_api = Blueprint("open_api")

NO_STORE = {"Cache-Control": "no-store"}
IMAGING_NUMBER = query("imaging_number", NUMBER, "影像号", is_needed=True)


def _caller(request: Request) -> tuple[Caller, SystemViewer | StaffViewer]:
    caller: Caller = request.ctx.caller
    assert isinstance(caller.viewer, SystemViewer | StaffViewer)
    return caller, caller.viewer


def _meanings(request: Request) -> Meanings:
    return imaging_numbers(context_of(request).senders)


@open_api.get("/api/open/v1/exams")
@access("client", "exams.read")
@described(title="按影像号查询检查", answer="Exams", query=(IMAGING_NUMBER,), tag="开放接口")
async def by_imaging_number(request: Request) -> HTTPResponse:
    """Examinations by `imaging_number`, newest first; what that is, the hospital has set."""
    caller, asker = _caller(request)
    await count_query(caller)
    number = request.args.get("imaging_number", "")
    exams = await exams_by_imaging_number(
        runtime_of(request).sealer, asker, number, _meanings(request), request_id=_id(request)
    )
    return await _reply(request, caller, exams)


@open_api.post("/api/open/v1/exams/query")
@access("client", "exams.read")
@described(title="按身份证号查询检查", body="IdCard", answer="Exams", tag="开放接口")
async def by_id_card(request: Request) -> HTTPResponse:
    """Examinations of the holder of `id_card`; an ID number never stands in an address."""
    caller, asker = _caller(request)
    await count_query(caller)
    id_card = text_in(body_of(request), "id_card")
    exams = await exams_by_id_card(
        runtime_of(request).sealer, asker, id_card, request_id=_id(request)
    )
    return await _reply(request, caller, exams)


def _id(request: Request) -> str:
    return str(request.id)[:36]


async def _reply(request: Request, caller: Caller, exams: list[Exam]) -> HTTPResponse:
    tickets = await make_tickets(caller, exams)
    base, meanings = runtime_of(request).settings.base_url(), _meanings(request)
    rows = [
        _describe(exam, imaging_number_of(exam, meanings)) | {"viewer_url": f"{base}/open/{ticket}"}
        for exam, ticket in zip(exams, tickets, strict=True)
    ]
    return json({"exams": rows}, headers=NO_STORE)


def _describe(exam: Exam, imaging_number: str) -> dict[str, Any]:
    is_reported = exam.status == ExamStatus.COMPLETED
    return {
        "accession_number": exam.accession_number,
        "imaging_number": imaging_number,
        "modality": exam.modality,
        "body_part": exam.body_part,
        "status": exam.status.value,
        "exam_time": _iso(exam.acquired_at or exam.scheduled_at),
        "report_time": _iso(exam.reported_at) if is_reported else None,
        "campus": exam.campus,
    }


def _iso(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat(timespec="seconds") if when else None


@open_api.get("/open/<ticket:str>")
@access("public")
async def ticket_page(request: Request, ticket: str) -> HTTPResponse:
    """The viewer's address for third parties. Loading it uses nothing up, so that a link preview
    does not; the page's script then opens the ticket."""
    boot = {"kind": "ticket", "ticket": ticket[:64], "hospital": describe_hospital(request)}
    return context_of(request).pages.page("consent", boot)


@open_api.post("/api/open/v1/tickets/<ticket:str>/open")
@access("public")
@described(
    title="用阅片链接打开影像(由链接页面调用)", body="Nothing", answer="Opened", tag="开放接口"
)
async def use_ticket(request: Request, ticket: str) -> HTTPResponse:
    """The ticket in; a session for this one examination's images out."""
    settings = runtime_of(request).settings
    opened = await open_ticket(
        ticket,
        session_token=request.cookies.get(COOKIE) or "",
        session_hours=settings.session_hours,
        request_id=_id(request),
    )
    viewer_url = f"/viewer?exam={opened.exam.public_id}"
    response = json({"viewer_url": viewer_url}, headers=NO_STORE)
    if opened.token:
        set_session(request, response, opened.token)
    return response
