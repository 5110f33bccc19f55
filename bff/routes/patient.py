"""The patient's channel: digits, home, report."""

from datetime import UTC, datetime
from typing import Any

import orjson
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw

from bff.access import COOKIE, access
from bff.context import context_of, hospital_in, patient_in, question_in, runtime_of
from domain.access import PatientViewer
from domain.errors import Invalid
from storage.tokens import sha256_hex
from storage.transactions import db_now
from usecases.identity.verify_digits import verify_digits
from usecases.viewing.open_session import end_session
from usecases.viewing.read_images import manifests_of
from usecases.viewing.read_report import read_report_pdf, read_report_thumbnail
from usecases.viewing.see_exam import describe_home

patient = Blueprint("patient", url_prefix="/api/patient/v1")


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Invalid says what is wrong."""
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Invalid("body_malformed", detail="the body is no JSON") from error
    if not isinstance(body, dict):
        raise Invalid("body_malformed", detail="the body is no JSON object")
    return body


@patient.post("/codes/<token:str>/verify")
@access("public")
async def verify(request: Request, token: str) -> HTTPResponse:
    """Digits in; session, home and manifests out, in one trip."""
    digits = body_of(request).get("digits")
    if not isinstance(digits, str) or len(digits) > 64:
        raise Invalid("digits_malformed", f"请输入{question_in(request).label}。")
    runtime = runtime_of(request)
    opened = await verify_digits(
        runtime.sealer,
        token,
        digits,
        preferred=question_in(request),
        session_hours=runtime.settings.session_hours,
        request_id=str(request.id)[:36],
    )
    viewer = PatientViewer(opened.exam_id, opened.session_id)
    today = datetime.now(UTC).astimezone(hospital_in(request).zone).date()
    response = json(
        {
            "session": {"expires_at": opened.expires_at.astimezone(UTC).isoformat()},
            "home": await describe_home(viewer, opened.exam_id, today=today),
            "studies": await manifests_of(runtime.objects, viewer, opened.exam_id),
        },
        headers={"Cache-Control": "no-store"},
    )
    response.add_cookie(
        COOKIE,
        opened.token,
        httponly=True,
        samesite="Lax",
        secure=runtime.settings.base_url().startswith("https://"),
        path="/",
        max_age=int(runtime.settings.session_hours * 3600),
    )
    return response


@patient.get("/home")
@access("patient")
async def home(request: Request) -> HTTPResponse:
    """The examination with its progress; `ETag` makes polling cheap."""
    viewer = patient_in(request)
    today = datetime.now(UTC).astimezone(hospital_in(request).zone).date()
    body = orjson.dumps(await describe_home(viewer, viewer.exam_id, today=today))
    etag = f'"{sha256_hex(body.decode())[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return empty(304, headers)
    return raw(body, headers=headers, content_type="application/json")


@patient.get("/report.pdf")
@access("patient")
async def report_pdf(request: Request) -> HTTPResponse:
    """The report with a watermark."""
    viewer = patient_in(request)
    pdf = await read_report_pdf(
        runtime_of(request).objects,
        viewer,
        viewer.exam_id,
        hospital_in(request),
        now=await db_now(),
    )
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="report.pdf"'}
    return raw(pdf, headers=headers, content_type="application/pdf")


@patient.get("/report/thumbnail.png")
@access("patient")
async def report_thumbnail(request: Request) -> HTTPResponse:
    """The report's first page, small."""
    viewer = patient_in(request)
    png = await read_report_thumbnail(
        runtime_of(request).objects, viewer, viewer.exam_id, hospital_in(request)
    )
    headers = {"Cache-Control": "private, max-age=600"}
    return raw(png, headers=headers, content_type="image/png")


@patient.post("/sign-out")
@access("patient")
async def sign_out(request: Request) -> HTTPResponse:
    """The session ends at once, everywhere."""
    token = request.cookies.get(COOKIE) or ""
    await end_session(token)
    context_of(request).gate.forget(token)
    response = empty(204)
    response.delete_cookie(COOKIE, path="/")
    return response
