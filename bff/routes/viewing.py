"""Ready images: manifest, preview, frames, thumbnails (docs/web-format.md). Nothing is decoded."""

import gzip

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw

from bff.access import COOKIE, access
from bff.cache import TimedCache
from bff.context import note, runtime_of, staff_in, viewer_in
from domain.errors import Invalid
from storage.records.imaging import Series
from storage.tokens import sha256_hex
from usecases.audit.note_access import note_access
from usecases.viewing.find_exam import exam_id_of
from usecases.viewing.list_priors import list_priors
from usecases.viewing.read_images import (
    ReadyPlace,
    frame_place,
    manifests_of,
    preview_place,
    series_for,
    thumbnail_place,
)
from usecases.viewing.read_original import original_of, tags_place

viewing = Blueprint("viewing", url_prefix="/api/viewing/v1")

# kept by the browser between visits, but answered from there only to the session that fetched it
IMAGE_HEADERS = {
    "Cache-Control": "private, max-age=86400, immutable",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding, Cookie",
}
FRAME_TYPE, PREVIEW_TYPE = "application/x-cloudfilm-frame", "application/x-cloudfilm-preview"
# a series that this session may see; short, so that a revoked session ends within the minute
_seen: TimedCache[tuple[str, str, str], Series] = TimedCache(20.0, 2_000)


async def _series(request: Request, series_id: str) -> Series:
    key = (
        sha256_hex(request.cookies.get(COOKIE) or ""), series_id, request.args.get("r", "")
    )  # fmt: skip
    series = _seen.get(key)
    if series is None:
        viewer = viewer_in(request)
        series = await series_for(viewer, series_id)
        await note(request, viewer, series.study.exam_id, "images")  # type: ignore[attr-defined]
        if str(series.rendered_revision) == request.args.get("r"):
            _seen.put(key, series)
    return series


async def _serve(request: Request, place: ReadyPlace, kind: str) -> HTTPResponse:
    headers = {"ETag": f'"{place.etag}"', **IMAGE_HEADERS}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return empty(304, headers)
    objects = runtime_of(request).objects
    if place.length is None:
        body = await objects.get(place.key)
    else:
        body = await objects.get_range(place.key, place.offset, place.length)
    if place.is_gzip:
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
    return raw(body, headers=headers, content_type=kind)


@viewing.get("/manifest")
@access("viewer")
async def manifest(request: Request) -> HTTPResponse:
    """The manifests of the session's studies."""
    viewer = viewer_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    studies = await manifests_of(runtime_of(request).objects, viewer, exam_id)
    await note(request, viewer, exam_id, "images")
    return json({"studies": studies}, headers={"Cache-Control": "private, no-cache"})


@viewing.get("/series/<series:str>/preview")
@access("viewer")
async def preview(request: Request, series: str) -> HTTPResponse:
    """The whole series, small and coarse to fine."""
    return await _serve(request, preview_place(await _series(request, series)), PREVIEW_TYPE)


@viewing.get("/series/<series:str>/frames/<index:str>")
@access("viewer")
async def frame(request: Request, series: str, index: str) -> HTTPResponse:
    """One frame, lossless, counted from 0 in display order."""
    if not index.isascii() or not index.isdigit() or len(index) > 7:
        raise Invalid("frame_malformed", "影像的序号不对。")
    place = frame_place(await _series(request, series), int(index))
    return await _serve(request, place, FRAME_TYPE)


@viewing.get("/series/<series:str>/thumbnail.png")
@access("viewer")
async def thumbnail(request: Request, series: str) -> HTTPResponse:
    """The middle frame, small."""
    return await _serve(request, thumbnail_place(await _series(request, series)), "image/png")


@viewing.get("/priors")
@access("viewer")
async def priors(request: Request) -> HTTPResponse:
    """The person's other examinations that this session may see, newest first (`?exam=`)."""
    viewer = viewer_in(request)
    exam_id = await exam_id_of(viewer, request.args.get("exam", ""))
    return json({"exams": await list_priors(viewer, exam_id)})


@viewing.get("/series/<series:str>/tags")
@access("staff")
async def tags(request: Request, series: str) -> HTTPResponse:
    """Every header of the series (docs/web-format.md), prepared when it was rendered."""
    return await _serve(request, tags_place(await _series(request, series)), "application/json")


@viewing.get("/series/<series:str>/instances/<sop_instance_uid:str>/original.dcm")
@access("staff")
async def original(request: Request, series: str, sop_instance_uid: str) -> None:
    """The file exactly as it was sent; each download is a row of the audit."""
    viewer = staff_in(request)
    found = await original_of(viewer, series, sop_instance_uid)
    await note_access(viewer, found.exam_id, "original", request_id=str(request.id)[:36])
    response = await request.respond(
        content_type="application/dicom",
        headers={
            "Content-Length": str(found.size),
            "Content-Disposition": f'attachment; filename="{found.file_name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
    async for piece in runtime_of(request).objects.stream(found.key):
        await response.send(piece)
    await response.eof()
