"""FHIR R4, read only: patients, imaging studies, diagnostic reports (docs/api.md)."""

from typing import Any, get_args
from urllib.parse import urlencode

import orjson
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty

from bff.access import access
from bff.context import hospital_in, note, runtime_of, viewer_in
from bff.dicomweb.accept import choose_type, not_acceptable
from bff.dicomweb.conditions import is_unchanged
from bff.dicomweb.routing import reads
from bff.dicomweb.sending import send_made
from bff.fhir_errors import FHIR_JSON
from domain.errors import NotFound
from integrations.fhir.capability import capability_statement
from integrations.fhir.resources import Addresses, Resource, bundle, etag_of
from integrations.fhir.search import read_search
from storage.transactions import db_now
from usecases.fhir.search_resources import (
    Page,
    ResourceType,
    read_resource,
    search_resources,
)
from usecases.viewing.read_report import read_report_pdf

fhir = Blueprint("fhir", url_prefix="/fhir")

FORMATS = (FHIR_JSON, "application/json", "json")
VERSION = "1"


def _addresses(request: Request) -> Addresses:
    base = runtime_of(request).settings.base_url()
    return Addresses(f"{base}/fhir", f"{base}/dicomweb")


def _check_format(request: Request) -> None:
    """`_format` outranks Accept (FHIR 3.1.0.1.11); only JSON is spoken."""
    wanted = request.args.get("_format")
    if wanted is None:
        choose_type(request, FHIR_JSON, "application/json")
    elif wanted.partition(";")[0].strip() not in FORMATS:
        raise not_acceptable(FHIR_JSON)


def _send(request: Request, body: Resource, headers: dict[str, str] | None = None) -> HTTPResponse:
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept"} | (headers or {})
    return send_made(request, orjson.dumps(body), FHIR_JSON, headers)


async def _note(request: Request, page: Page, action: str) -> None:
    for exam_id in page.exam_ids:
        await note(request, viewer_in(request), exam_id, action)


@reads(fhir, "/metadata")
@access("public")
async def metadata(request: Request) -> HTTPResponse:
    """The CapabilityStatement."""
    _check_format(request)
    return _send(request, capability_statement(_addresses(request), version=VERSION))


def _checked(resource: str) -> ResourceType:
    if resource not in get_args(ResourceType):
        raise NotFound("resource_type", "没有这种资源。", detail="no such resource type")
    return resource  # type: ignore[return-value]


async def _search(request: Request, resource: str, pairs: list[tuple[str, str]]) -> HTTPResponse:
    _check_format(request)
    is_strict = "handling=strict" in request.headers.get("prefer", "").replace(" ", "")
    asked = read_search(
        _checked(resource), pairs, zone=hospital_in(request).zone, is_strict=is_strict
    )
    addresses = _addresses(request)
    page = await search_resources(viewer_in(request), asked, addresses)
    await _note(request, page, "fhir")
    here = f"{addresses.fhir}/{resource}"
    # what came in a body stays out of addresses
    is_plain = request.method != "POST"
    used = asked.used if is_plain else []

    def url(*more: tuple[str, str]) -> str:
        query = urlencode([*used, *more])
        return f"{here}?{query}" if query else here

    following = url(("_after", str(page.after))) if page.after is not None and is_plain else ""
    body = bundle(page.entries, addresses, own_url=url(), next_url=following)
    return _send(request, body, {"Cache-Control": "no-store"})


@reads(fhir, "/<resource:str>")
@access("client", "fhir.read")
async def search(request: Request, resource: str) -> HTTPResponse:
    """A searchset Bundle; `_count`, links to the next page."""
    pairs: Any = request.get_query_args(keep_blank_values=True)
    return await _search(request, resource, pairs)


@fhir.post("/<resource:str>/_search")
@access("client", "fhir.read")
async def search_by_body(request: Request, resource: str) -> HTTPResponse:
    """The same with the parameters in a form: nothing personal stands in an address."""
    form: dict[str, list[str]] = dict(request.form or {})
    pairs = [(name, value) for name, values in form.items() for value in values]
    pairs += request.get_query_args(keep_blank_values=True)
    return await _search(request, resource, pairs)


@reads(fhir, "/<resource:str>/<number:str>")
@access("client", "fhir.read")
async def read(request: Request, resource: str, number: str) -> HTTPResponse:
    """One resource, with a weak ETag."""
    _check_format(request)
    page = await read_resource(viewer_in(request), _checked(resource), number, _addresses(request))
    await _note(request, page, "fhir")
    (found,) = page.entries
    etag = etag_of(found)
    if is_unchanged(request, etag.removeprefix("W/")):
        return empty(304, {"ETag": etag})
    return _send(request, found, {"ETag": etag})


@reads(fhir, "/Binary/<name:str>")
@access("client", "fhir.read")
async def binary(request: Request, name: str) -> HTTPResponse:
    """A report's PDF with the watermark of who asked (DiagnosticReport.presentedForm)."""
    choose_type(request, "application/pdf")
    number = name.removeprefix("report-")
    page = await read_resource(viewer_in(request), "DiagnosticReport", number, _addresses(request))
    await _note(request, page, "report_pdf")
    runtime = runtime_of(request)
    pdf = await read_report_pdf(
        runtime.objects, viewer_in(request), int(number), hospital_in(request),
        now=await db_now(),
    )  # fmt: skip
    return send_made(request, pdf, "application/pdf", {"Cache-Control": "no-store"})
