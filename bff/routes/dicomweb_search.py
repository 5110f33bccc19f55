"""QIDO-RS: studies, series and instances by their attributes (PS3.18 10.6)."""

import orjson
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, raw

from bff.access import access
from bff.context import hospital_in, viewer_in
from bff.dicomweb.accept import choose_type
from bff.dicomweb.routing import reads
from bff.dicomweb.selection import ROOT, root_url, service_name
from storage.records.catalogue import Level
from usecases.dicomweb.search import read_search, search
from usecases.dicomweb.select_instances import checked_uid

dicomweb_search = Blueprint("dicomweb_search", url_prefix=ROOT)

JSON = "application/dicom+json"


async def _search(
    request: Request, level: Level, study: str = "", series: str = ""
) -> HTTPResponse:
    kind = choose_type(request, JSON, "application/json")
    uids = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
    place = {keyword: checked_uid(uid) for keyword, uid in uids.items() if uid}
    asked = read_search(level, request.get_query_args(keep_blank_values=True), place)
    answers, has_more = await search(
        viewer_in(request), asked, zone=hospital_in(request).zone, base_url=root_url(request)
    )
    told = list(asked.warnings)
    if has_more:
        told.append("There are additional results that can be requested")
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    if told:
        name = service_name(request)
        headers["Warning"] = ", ".join(f'299 {name} "{text}"' for text in told)
    if not answers:
        return empty(204, headers)
    return raw(orjson.dumps(answers), headers=headers, content_type=kind)


@reads(dicomweb_search, "/studies")
@access("client", "dicomweb.read")
async def studies(request: Request) -> HTTPResponse:
    """Studies whose attributes match the query."""
    return await _search(request, "STUDY")


@reads(dicomweb_search, "/series")
@access("client", "dicomweb.read")
async def all_series(request: Request) -> HTTPResponse:
    """Series of any study."""
    return await _search(request, "SERIES")


@reads(dicomweb_search, "/instances")
@access("client", "dicomweb.read")
async def all_instances(request: Request) -> HTTPResponse:
    """Instances of any study."""
    return await _search(request, "IMAGE")


@reads(dicomweb_search, "/studies/<study:str>/series")
@access("client", "dicomweb.read")
async def series_of_study(request: Request, study: str) -> HTTPResponse:
    """Series of one study."""
    return await _search(request, "SERIES", study)


@reads(dicomweb_search, "/studies/<study:str>/instances")
@access("client", "dicomweb.read")
async def instances_of_study(request: Request, study: str) -> HTTPResponse:
    """Instances of one study."""
    return await _search(request, "IMAGE", study)


@reads(dicomweb_search, "/studies/<study:str>/series/<series:str>/instances")
@access("client", "dicomweb.read")
async def instances_of_series(request: Request, study: str, series: str) -> HTTPResponse:
    """Instances of one series."""
    return await _search(request, "IMAGE", study, series)
