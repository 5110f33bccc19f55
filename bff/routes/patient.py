"""The patient's channel: digits, home, report."""

from datetime import UTC, datetime

import orjson
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw

from bff.access import access
from bff.body import body_of, text_in
from bff.channel import caller_with, entrance_in, known_login
from bff.code_state import describe_found, describe_one_tap, found_code
from bff.context import (
    guest_in,
    hospital_in,
    note,
    patient_in,
    question_in,
    runtime_of,
)
from bff.opened import open_response, seen_in
from bff.routes.page_settings import query_fallback
from bff.session_cookie import close_session
from documents.signatures import load_roots
from domain.errors import Invalid, NotFound
from storage.tokens import sha256_hex
from storage.transactions import db_now
from usecases.audit.note_access import visits_of
from usecases.identity.query_exam import query_exam
from usecases.identity.soft_limits import limited
from usecases.identity.verify_digits import verify_digits
from usecases.page_settings.query_page import read_query_page
from usecases.viewing.find_exam import exam_id_of
from usecases.viewing.list_history import SORTS, list_history
from usecases.viewing.read_card import read_card
from usecases.viewing.read_report import (
    describe_report_file,
    read_report_pdf,
    read_report_picture,
    read_report_thumbnail,
)
from usecases.viewing.see_exam import describe_home

patient = Blueprint("patient", url_prefix="/api/patient/v1")


@patient.get("/codes/<token:str>")
@access("public")
async def code_state(request: Request, token: str) -> HTTPResponse:
    """A code before anything is proved: what its page knows. For the mini-program."""
    login = await known_login(request)
    found = await found_code(request, token)
    body = describe_found(request, found)
    if found.state != "revoked":
        body |= await describe_one_tap(login, found)
    return json(body, headers={"Cache-Control": "no-store"})


@patient.post("/codes/<token:str>/verify")
@access("public")
async def verify(request: Request, token: str) -> HTTPResponse:
    """Digits in; session, home and manifests out, in one trip."""
    digits = body_of(request).get("digits")
    if not isinstance(digits, str) or len(digits) > 64:
        raise Invalid("digits_malformed", f"请输入{question_in(request).label}。")
    login = await known_login(request)
    sealer = runtime_of(request).sealer
    async with limited(sealer, caller_with(request, login)):
        opened = await verify_digits(
            sealer,
            token,
            digits,
            preferred=question_in(request),
            entrance=entrance_in(request, login, agreed=seen_in(request)),
        )
    return await open_response(request, opened, login)


@patient.post("/query")
@access("public")
async def query(request: Request) -> HTTPResponse:
    """What the hospital asks for (name, number ...) and digits in; session, home and manifests
    out."""
    body = body_of(request)
    shown = await read_query_page(text_in(body, "campus"), query_fallback(request))
    if not shown.settings.is_open:
        raise NotFound("query_disabled", shown.settings.closed_text)
    login = await known_login(request)
    sealer = runtime_of(request).sealer
    async with limited(sealer, caller_with(request, login)):
        opened = await query_exam(
            sealer,
            shown.settings,
            {one: text_in(body, one) for one in shown.settings.conditions},
            text_in(body, "digits"),
            preferred=question_in(request),
            entrance=entrance_in(request, login, agreed=seen_in(request), channel="query"),
        )
    return await open_response(request, opened, login)


@patient.get("/home")
@access("guest")
async def home(request: Request) -> HTTPResponse:
    """The examination with its progress (`?exam=` another of the same person); `ETag` makes
    polling cheap."""
    viewer = guest_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    today = datetime.now(UTC).astimezone(hospital_in(request).zone).date()
    body = orjson.dumps(await describe_home(viewer, exam_id, today=today))
    await note(request, viewer, exam_id, "home")
    etag = f'"{sha256_hex(body.decode())[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return empty(304, headers)
    return raw(body, headers=headers, content_type="application/json")


@patient.get("/report.pdf")
@access("guest")
async def report_pdf(request: Request) -> HTTPResponse:
    """The report with a watermark."""
    viewer = guest_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    pdf = await read_report_pdf(
        runtime_of(request).objects, viewer, exam_id, hospital_in(request), now=await db_now()
    )
    await note(request, viewer, exam_id, "report_pdf")
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="report.pdf"'}
    return raw(pdf, headers=headers, content_type="application/pdf")


@patient.get("/report")
@access("guest")
async def report_file(request: Request) -> HTTPResponse:
    """What there is to say of the report's file: its pages, its signatures, its digest."""
    viewer = guest_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    runtime = runtime_of(request)
    found = await describe_report_file(
        runtime.objects, viewer, exam_id, hospital_in(request),
        roots=load_roots(runtime.settings.signature_roots_file),
    )  # fmt: skip
    signatures = [
        {
            "signer": one.signer,
            "signed_at": one.signed_at.astimezone(UTC).isoformat(timespec="seconds")
            if one.signed_at
            else None,
            "is_intact": one.is_intact,
            "is_trusted": one.is_trusted,
            "covers_all": one.covers_all,
            "is_judged": one.is_judged,
        }
        for one in found.signatures
    ]
    return json({"pages": found.pages, "sha256": found.sha256, "signatures": signatures})


@patient.get("/report/pages/<number:int>")
@access("guest")
async def report_picture(request: Request, number: int) -> HTTPResponse:
    """One page as a picture with the same watermark, where a PDF cannot be opened."""
    viewer = guest_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    png = await read_report_picture(
        runtime_of(request).objects, viewer, exam_id, hospital_in(request), number,
        now=await db_now(),
    )  # fmt: skip
    await note(request, viewer, exam_id, "report_pdf")
    return raw(png, headers={"Cache-Control": "no-store"}, content_type="image/png")


@patient.get("/report/thumbnail.png")
@access("guest")
async def report_thumbnail(request: Request) -> HTTPResponse:
    """The report's first page, small."""
    viewer = guest_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    png = await read_report_thumbnail(
        runtime_of(request).objects, viewer, exam_id, hospital_in(request)
    )
    headers = {"Cache-Control": "private, max-age=600"}
    return raw(png, headers=headers, content_type="image/png")


@patient.get("/history")
@access("patient")
async def history(request: Request) -> HTTPResponse:
    """Every examination of this person: `sort` time, name, hospital or modality; `order` asc or
    desc."""
    sort, order = request.args.get("sort", "time"), request.args.get("order", "asc")
    if sort not in SORTS or order not in ("asc", "desc"):
        raise Invalid("sort_unknown", "不能这样排序。", detail=f"sort is one of {SORTS}")
    exams = await list_history(patient_in(request), sort=sort, descending=order == "desc")
    return json({"exams": exams})


@patient.get("/visits")
@access("patient")
async def visits(request: Request) -> HTTPResponse:
    """Who looked, when."""
    viewer = patient_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    lines = [
        {
            "at": line.at.astimezone(UTC).isoformat(timespec="seconds"),
            "who": line.who,
            "what": line.what,
            "is_refused": line.is_refused,
        }
        for line in await visits_of(viewer, exam_id)
    ]
    return json({"visits": lines})


@patient.get("/card.png")
@access("patient")
async def card(request: Request) -> HTTPResponse:
    """The QR card: hospital, modality, number, part and code in one picture to keep."""
    viewer = patient_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    runtime = runtime_of(request)
    png = await read_card(
        runtime.sealer, viewer, exam_id, runtime.settings.base_url(), hospital_in(request)
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'inline; filename="cloudfilm-card.png"',
    }
    return raw(png, headers=headers, content_type="image/png")


@patient.post("/sign-out")
@access("guest")
async def sign_out(request: Request) -> HTTPResponse:
    """The session ends at once, everywhere."""
    response = empty(204)
    await close_session(request, response)
    return response
