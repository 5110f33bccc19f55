"""Ready images: manifest, preview, frames, thumbnails (docs/web-format.md). Nothing is decoded."""

import gzip

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw

from bff.access import COOKIE, access
from bff.cache import TimedCache
from bff.context import note, runtime_of, viewer_in
from domain.errors import Invalid
from storage.records.imaging import Series
from storage.tokens import sha256_hex
from usecases.viewing.find_exam import exam_id_of
from usecases.viewing.read_images import (
    ReadyPlace,
    frame_place,
    manifests_of,
    preview_place,
    series_for,
    thumbnail_place,
)

viewing = Blueprint("viewing", url_prefix="/api/viewing/v1")

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
    headers = {
        "ETag": f'"{place.etag}"',
        "Cache-Control": "private, max-age=86400, immutable",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
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
