"""For the RIS: orders and reports as JSON, the code of an examination as text, as a picture, and
stamped onto a PDF (tender B1.2, E1.2)."""

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from bff.access import access
from bff.api_schemas import STAMP_QUERY
from bff.body import large_body_of, object_in
from bff.context import runtime_of, viewer_in
from bff.described import described, query
from bff.stamp_place import place_in
from documents.qr import qr_png
from domain.errors import Invalid
from integrations.his.json_facts import JsonFacts
from storage.transactions import db_now
from usecases.exam_code.issue_code import code_for_accession, images_behind
from usecases.inbox.take_once import take_once
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report
from usecases.stamping.stamp_report import stamp_report

ris = Blueprint("ris", url_prefix="/api/ris/v1")

BOX = query("box", {"type": "integer", "minimum": 2, "maximum": 24}, "一个码点的像素数")
PLACE = tuple(query(name, schema, "见“加盖二维码”") for name, schema in STAMP_QUERY.items())


@ris.get("/exams/<accession_number:str>/code")
@access("client", "ris")
@described(title="取得检查的二维码地址和状态", answer="Code", tag="RIS")
async def code(request: Request, accession_number: str) -> HTTPResponse:
    """The code's address and the examination's state."""
    return await _describe(request, accession_number)


async def _describe(request: Request, accession_number: str) -> HTTPResponse:
    runtime = runtime_of(request)
    status, url = await code_for_accession(
        runtime.sealer, runtime.settings.base_url(), accession_number
    )
    body = {"accession_number": accession_number, "status": status.value, "code_url": url}
    return json(body, headers={"Cache-Control": "no-store"})


@ris.get("/exams/<accession_number:str>/code.png")
@access("client", "ris")
@described(title="取得二维码图片", answer="binary", gives="image/png", query=(BOX,), tag="RIS")
async def code_picture(request: Request, accession_number: str) -> HTTPResponse:
    """The QR picture; `?box=` is a module's size in pixels, 2 to 24."""
    runtime = runtime_of(request)
    box = request.args.get("box", "8")
    if not box.isascii() or not box.isdigit() or not 2 <= int(box[:3]) <= 24:
        raise Invalid("box_malformed", "box 应为 2 到 24。")
    _, url = await code_for_accession(runtime.sealer, runtime.settings.base_url(), accession_number)
    headers = {"Cache-Control": "no-store"}
    return raw(qr_png(url, box_px=int(box)), headers=headers, content_type="image/png")


@ris.get("/exams/<accession_number:str>/images")
@access("client", "ris")
@described(title="取得检查的影像是否已可查看", answer="ImagesBehind", tag="RIS")
async def images(request: Request, accession_number: str) -> HTTPResponse:
    """How many images can be seen behind the code, and how many series are being prepared."""
    viewable, waiting = await images_behind(accession_number)
    body = {
        "accession_number": accession_number, "viewable": viewable, "waiting_series": waiting,
    }  # fmt: skip
    return json(body, headers={"Cache-Control": "no-store"})


@ris.post("/orders", stream=True)
@access("client", "ris")
@described(title="登记或更新一项检查", body="Order", answer="Code", tag="RIS")
async def orders(request: Request) -> HTTPResponse:
    """One order, with the facts of an HL7 ORM; the code out. The same `message_id` again changes
    nothing."""
    facts, body = await _facts(request)
    order = facts.order()
    runtime, zone = runtime_of(request), _zone(request)
    await _take(
        request, facts, body, "order", lambda: place_order(runtime.sealer, order, zone=zone)
    )
    return await _describe(request, order.accession_number)


@ris.post("/reports", stream=True)
@access("client", "ris")
@described(title="登记一版报告", body="Report", answer="Code", tag="RIS")
async def reports(request: Request) -> HTTPResponse:
    """One version of a report, with the facts of an HL7 ORU, before or after its order."""
    facts, body = await _facts(request)
    report = facts.report()
    runtime, zone = runtime_of(request), _zone(request)
    await _take(
        request, facts, body, "report",
        lambda: file_report(runtime.objects, runtime.sealer, report, zone=zone),
    )  # fmt: skip
    return await _describe(request, report.accession_number)


def _zone(request: Request) -> ZoneInfo:
    return ZoneInfo(runtime_of(request).settings.time_zone)


async def _facts(request: Request) -> tuple[JsonFacts, dict[str, Any]]:
    if not request.content_type.lower().startswith("application/json"):
        raise Invalid("media_type", "请求的内容类型不对。", detail="expected application/json")
    limit = runtime_of(request).settings.rest_max_bytes
    body = object_in(await large_body_of(request, limit))
    client = request.ctx.caller.client
    return JsonFacts(body, sender=client, received_at=await db_now()), body


async def _take(
    request: Request, facts: JsonFacts, body: dict[str, Any], kind: str,
    take: Callable[[], Awaitable[int]],
) -> None:  # fmt: skip
    runtime = runtime_of(request)
    await take_once(
        runtime.objects,
        lambda raw: runtime.sealer.seal_bytes(raw, purpose="rest"),
        orjson.dumps(body, option=orjson.OPT_SORT_KEYS),  # blanks and order do not count
        sender=facts.sender,
        message_id=facts.message_id,
        kind=kind,
        sent_at=facts.sent_at,
        take=take,
    )


@ris.post("/exams/<accession_number:str>/stamp", stream=True)
@access("client", "ris")
@described(
    title="在报告单 PDF 上加盖二维码",
    body="binary", takes="application/pdf", answer="binary", gives="application/pdf",
    query=PLACE, tag="RIS",
)  # fmt: skip
async def stamp(request: Request, accession_number: str) -> HTTPResponse:
    """A PDF in, the same PDF with the code out; `page`, `corner`, `x_mm`, `y_mm`, `size_mm` and
    `margin_mm` in the query change the configured place."""
    if not request.content_type.lower().startswith("application/pdf"):
        raise Invalid("media_type", "请求的内容类型不对。", detail="expected application/pdf")
    runtime = runtime_of(request)
    place = place_in(request, runtime.settings.stamp_place)
    pdf = await large_body_of(request, runtime.settings.rest_max_bytes)
    stamped = await stamp_report(
        runtime.sealer, runtime.settings.base_url(), viewer_in(request), accession_number, pdf,
        place, request_id=str(request.id)[:36],
    )  # fmt: skip
    return raw(stamped, headers={"Cache-Control": "no-store"}, content_type="application/pdf")
