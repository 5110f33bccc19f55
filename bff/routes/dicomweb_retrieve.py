"""WADO-RS: objects, their metadata and bulk data (PS3.18 10.4)."""

from collections.abc import AsyncIterator

import orjson
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty

from bff.access import access
from bff.context import pixels_of
from bff.dicomweb.accept import choose_type, ranges_of
from bff.dicomweb.conditions import is_unchanged
from bff.dicomweb.multipart_writer import Part, send_multipart, send_pieces, whole
from bff.dicomweb.routing import reads
from bff.dicomweb.selection import (
    ROOT,
    boundary_of,
    question,
    root_url,
    selected,
    selected_one,
    service_name,
    tag_of,
)
from bff.dicomweb.sending import CACHED, read_places, send_made, send_places
from bff.dicomweb.syntaxes import DICOM, OCTETS, object_syntax
from domain.errors import NotAcceptable
from usecases.dicomweb.select_instances import WebInstance

dicomweb_retrieve = Blueprint("dicomweb_retrieve", url_prefix=ROOT)

JSON = "application/dicom+json"
STUDY = "/studies/<study:str>"
SERIES = STUDY + "/series/<series:str>"
INSTANCE = SERIES + "/instances/<instance:str>"
BATCH = 40  # instances whose metadata are asked for at once


def _part(request: Request, instance: WebInstance, syntax: str) -> Part:
    """The object as it is stored, or turned into another transfer syntax."""
    kind = f"{DICOM}; transfer-syntax={syntax or instance.transfer_syntax_uid}"
    location = root_url(request) + instance.path
    if not syntax:
        places = [(0, instance.size)]
        return Part(
            kind, location, instance.size,
            lambda: read_places(request, instance.object_key, places),
        )  # fmt: skip

    async def turned() -> bytes:
        return await _transcoded(request, instance, syntax)

    return Part(kind, location, None, whole(turned))


async def _transcoded(request: Request, instance: WebInstance, syntax: str) -> bytes:
    _, body = await pixels_of(request).ask("transcode", **question(instance), syntax=syntax)
    return body


async def _send(request: Request, instances: list[WebInstance]) -> HTTPResponse | None:
    """Every object in a form that the caller takes; 206 when that is not possible for some."""
    ranges = ranges_of(request)
    parts, tags, refused = [], [], None
    for one in instances:
        try:
            syntax = object_syntax(ranges, one.transfer_syntax_uid)
        except NotAcceptable as error:
            refused = error
            continue
        parts.append(_part(request, one, syntax))
        tags += [one.sop_instance_uid, one.sha256, syntax]
    if refused is not None and not parts:
        raise refused
    etag = tag_of(*tags)
    headers = CACHED | {"ETag": etag}
    if refused is not None:
        text = "Some instances are stored in a transfer syntax that is not acceptable"
        headers["Warning"] = f'299 {service_name(request)} "{text}"'
    if is_unchanged(request, etag):
        return empty(304, headers)
    return await send_multipart(
        request, parts, part_type=DICOM, boundary=boundary_of(etag), headers=headers,
        status=206 if refused is not None else 200,
    )  # fmt: skip


@reads(dicomweb_retrieve, STUDY)
@access("client", "dicomweb.read")
async def study_objects(request: Request, study: str) -> HTTPResponse | None:
    """Every object of a study."""
    return await _send(request, await selected(request, study))


@reads(dicomweb_retrieve, SERIES)
@access("client", "dicomweb.read")
async def series_objects(request: Request, study: str, series: str) -> HTTPResponse | None:
    """Every object of a series."""
    return await _send(request, await selected(request, study, series))


@reads(dicomweb_retrieve, INSTANCE)
@access("client", "dicomweb.read")
async def one_object(
    request: Request, study: str, series: str, instance: str
) -> HTTPResponse | None:
    """One object, as a part or (Accept: application/dicom) as the whole body."""
    found = await selected_one(request, study, series, instance)
    ranges = ranges_of(request)
    if ranges and (ranges[0].is_multipart or ranges[0].type != DICOM):
        return await _send(request, [found])
    syntax = object_syntax(ranges, found.transfer_syntax_uid)
    kind = f"{DICOM}; transfer-syntax={syntax or found.transfer_syntax_uid}"
    headers = CACHED | {"ETag": tag_of(found.sha256, syntax)}
    headers["Content-Location"] = root_url(request) + found.path
    if is_unchanged(request, headers["ETag"]):
        return empty(304, headers)
    if syntax:
        return send_made(request, await _transcoded(request, found, syntax), kind, headers)
    return await send_places(request, found.object_key, [(0, found.size)], kind, headers)


async def _send_metadata(request: Request, instances: list[WebInstance]) -> HTTPResponse | None:
    kind = choose_type(request, JSON, "application/json")
    etag = tag_of("metadata 1", root_url(request), *(one.sha256 for one in instances))
    headers = CACHED | {"ETag": etag}
    if is_unchanged(request, etag):
        return empty(304, headers)
    if request.method == "HEAD":
        return empty(200, headers | {"Content-Type": kind})
    await send_pieces(request, _metadata(request, instances), kind, headers, 200)
    return None


async def _metadata(request: Request, instances: list[WebInstance]) -> AsyncIterator[bytes]:
    opening = b"["
    for start in range(0, len(instances), BATCH):
        batch = instances[start : start + BATCH]
        asked = [question(one) | {"address": root_url(request) + one.path} for one in batch]
        _, body = await pixels_of(request).ask("metadata", instances=asked)
        lines = body.split(b"\n")
        models = [
            line if line[:1] == b"{" else _identifiers(one)
            for line, one in zip(lines, batch, strict=True)
        ]
        yield opening + b",\n".join(models)
        opening = b",\n"
    yield b"]"


def _identifiers(instance: WebInstance) -> bytes:
    """What is known of an object whose header cannot be read."""
    uids = {
        "00080016": instance.sop_class_uid, "00080018": instance.sop_instance_uid,
        "0020000D": instance.study_instance_uid, "0020000E": instance.series_instance_uid,
    }  # fmt: skip
    return orjson.dumps({tag: {"vr": "UI", "Value": [uid]} for tag, uid in uids.items()})


@reads(dicomweb_retrieve, STUDY + "/metadata")
@access("client", "dicomweb.read")
async def study_metadata(request: Request, study: str) -> HTTPResponse | None:
    """Headers of a study's objects as JSON."""
    return await _send_metadata(request, await selected(request, study))


@reads(dicomweb_retrieve, SERIES + "/metadata")
@access("client", "dicomweb.read")
async def series_metadata(request: Request, study: str, series: str) -> HTTPResponse | None:
    """Headers of a series' objects as JSON."""
    return await _send_metadata(request, await selected(request, study, series))


@reads(dicomweb_retrieve, INSTANCE + "/metadata")
@access("client", "dicomweb.read")
async def object_metadata(
    request: Request, study: str, series: str, instance: str
) -> HTTPResponse | None:
    """One object's header as JSON."""
    return await _send_metadata(request, [await selected_one(request, study, series, instance)])


@reads(
    dicomweb_retrieve,
    INSTANCE + "/bulkdata/<where:path>",
)
@access("client", "dicomweb.read")
async def bulk_data(
    request: Request, study: str, series: str, instance: str, where: str
) -> HTTPResponse | None:
    """The value that a BulkDataURI of the metadata names."""
    found = await selected_one(request, study, series, instance)
    if where.upper() == "7FE00010":
        from bff.routes.dicomweb_frames import send_frames

        return await send_frames(request, found, None)
    kind = choose_bulk_type(request)
    etag = tag_of(found.sha256, where.upper())
    headers = CACHED | {"ETag": etag}
    if is_unchanged(request, etag):
        return empty(304, headers)
    _, body = await pixels_of(request).ask("bulk", **question(found), path=where)
    if kind == OCTETS:
        return send_made(request, body, OCTETS, headers)

    async def made() -> bytes:
        return body

    location = f"{root_url(request)}{found.path}/bulkdata/{where.upper()}"
    part = Part(OCTETS, location, len(body), whole(made))
    return await send_multipart(
        request, [part], part_type=OCTETS, boundary=boundary_of(etag), headers=headers
    )


def choose_bulk_type(request: Request) -> str:
    """The bare octets, or "" for one part of a multipart."""
    for one in ranges_of(request):
        if one.takes(OCTETS):
            return "" if one.is_multipart else OCTETS
    raise NotAcceptable("not_acceptable", detail=f"we have {OCTETS}")
