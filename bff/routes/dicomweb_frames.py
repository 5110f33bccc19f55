"""WADO-RS: frames as they are stored or decoded, and pictures of them (PS3.18 10.4.1.1.3 to .6)."""

from dataclasses import asdict

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty

from bff.access import access
from bff.context import FramePlaces, pixels_of
from bff.dicomweb.accept import choose_type, ranges_of
from bff.dicomweb.conditions import is_unchanged
from bff.dicomweb.frame_places import places_of
from bff.dicomweb.multipart_writer import Part, send_multipart, whole
from bff.dicomweb.pictures import PictureQuery, read_picture_query
from bff.dicomweb.routing import reads
from bff.dicomweb.selection import (
    ROOT,
    boundary_of,
    question,
    root_url,
    selected,
    selected_one,
    tag_of,
)
from bff.dicomweb.sending import CACHED, Places, read_places, send_made, send_places
from bff.dicomweb.syntaxes import FrameForm, frame_form
from domain.errors import Invalid, NotFound
from usecases.dicomweb.select_instances import WebInstance

dicomweb_frames = Blueprint("dicomweb_frames", url_prefix=ROOT)

MAX_FRAMES = 10_000
MAX_PICTURES = 500
THUMBNAIL_SIDE = 256
SERIES = "/studies/<study:str>/series/<series:str>"
INSTANCE = SERIES + "/instances/<instance:str>"


def _numbers(text: str) -> list[int]:
    """`1,3,4`: counted from 1 here and in the URL."""
    parts = text.replace("%2C", ",").replace("%2c", ",").split(",")
    if len(parts) > MAX_FRAMES:
        raise Invalid("frame_malformed", detail=f"more than {MAX_FRAMES} frames")
    if not all(part.isascii() and part.isdigit() and len(part) < 8 for part in parts):
        raise Invalid("frame_malformed", "影像的序号不对。", detail="frames are numbers from 1")
    numbers = [int(part) for part in parts]
    if 0 in numbers:
        raise Invalid("frame_malformed", "影像的序号不对。", detail="frames are counted from 1")
    return numbers


async def send_frames(
    request: Request, instance: WebInstance, wanted: list[int] | None
) -> HTTPResponse | None:
    """`wanted` counts from 1; None is all of them."""
    ranges = ranges_of(request)
    layout = await places_of(request, instance)
    numbers = wanted if wanted is not None else list(range(1, layout.count + 1))
    if max(numbers) > layout.count:
        raise NotFound("frame_not_found", "没有这一幅影像。")
    form = frame_form(ranges, instance.transfer_syntax_uid, is_encapsulated=layout.is_encapsulated)
    etag = tag_of(instance.sha256, form.content_type, ",".join(map(str, numbers)))
    headers = CACHED | {"ETag": etag}
    if is_unchanged(request, etag):
        return empty(304, headers)
    is_single = not ranges[0].is_multipart and ranges[0].type != "*/*" and len(numbers) == 1
    stored = _stored(layout, form, numbers[0])
    if is_single and stored is not None:
        return await send_places(request, instance.object_key, stored, form.content_type, headers)
    if is_single:
        body = await _decoded(request, instance, numbers[0])
        return send_made(request, body, form.content_type, headers)
    parts = [_part(request, instance, layout, form, number) for number in numbers]
    return await send_multipart(
        request, parts, part_type=form.content_type.partition(";")[0],
        boundary=boundary_of(etag), headers=headers,
    )  # fmt: skip


def _stored(layout: FramePlaces, form: FrameForm, number: int) -> Places | None:
    """Where the frame's bytes lie when they can be sent as they are."""
    if not form.is_stored or layout.places is None:
        return None
    return [(offset, length) for offset, length in layout.places[number - 1]]


async def _decoded(request: Request, instance: WebInstance, number: int) -> bytes:
    _, body = await pixels_of(request).ask("frame", **question(instance), frame=number - 1)
    return body


def _part(
    request: Request, instance: WebInstance, layout: FramePlaces, form: FrameForm, number: int
) -> Part:
    location = f"{root_url(request)}{instance.path}/frames/{number}"
    places = _stored(layout, form, number)
    if places is not None:
        size = sum(length for _, length in places)
        return Part(
            form.content_type, location, size,
            lambda: read_places(request, instance.object_key, places),
        )  # fmt: skip

    async def made() -> bytes:
        return await _decoded(request, instance, number)

    return Part(form.content_type, location, None, whole(made))


@reads(dicomweb_frames, INSTANCE + "/frames/<frames:str>")
@access("client", "dicomweb.read")
async def frames_of(
    request: Request, study: str, series: str, instance: str, frames: str
) -> HTTPResponse | None:
    """Frames by number, from 1, with commas between them."""
    wanted = _numbers(frames)
    return await send_frames(request, await selected_one(request, study, series, instance), wanted)


async def _picture(request: Request, instance: WebInstance, asked: PictureQuery) -> bytes:
    _, body = await pixels_of(request).ask("picture", **question(instance), asked=asdict(asked))
    return body


async def _send_picture(
    request: Request, instance: WebInstance, frame: int, *, side: int = 0
) -> HTTPResponse:
    kind = choose_type(request, "image/jpeg", "image/png")
    asked = read_picture_query(request, frame=frame, is_png=kind == "image/png", side=side)
    etag = tag_of(instance.sha256, "picture 1", repr(asked))
    headers = CACHED | {"ETag": etag}
    if is_unchanged(request, etag):
        return empty(304, headers)
    return send_made(request, await _picture(request, instance, asked), kind, headers)


async def _send_pictures(request: Request, instances: list[WebInstance]) -> HTTPResponse | None:
    """A picture of each object's first frame."""
    if len(instances) > MAX_PICTURES:
        raise Invalid("too_many_pictures", detail=f"more than {MAX_PICTURES} pictures")
    kinds = ("image/jpeg", "image/png")
    kind = next(
        (name for one in ranges_of(request) for name in kinds if one.takes(name)), ""
    ) or choose_type(request, *kinds)
    asked = read_picture_query(request, frame=0, is_png=kind == "image/png")
    etag = tag_of("pictures 1", repr(asked), *(one.sha256 for one in instances))
    headers = CACHED | {"ETag": etag}
    if is_unchanged(request, etag):
        return empty(304, headers)

    def part(instance: WebInstance) -> Part:
        async def made() -> bytes:
            return await _picture(request, instance, asked)

        where = f"{root_url(request)}{instance.path}/rendered"
        return Part(kind, where, None, whole(made), may_lack=True)

    return await send_multipart(
        request, [part(one) for one in instances], part_type=kind, boundary=boundary_of(etag),
        headers=headers,
    )  # fmt: skip


@reads(dicomweb_frames, "/studies/<study:str>/rendered")
@access("client", "dicomweb.read")
async def study_rendered(request: Request, study: str) -> HTTPResponse | None:
    """A picture of each object of a study."""
    return await _send_pictures(request, await selected(request, study))


@reads(dicomweb_frames, SERIES + "/rendered")
@access("client", "dicomweb.read")
async def series_rendered(request: Request, study: str, series: str) -> HTTPResponse | None:
    """A picture of each object of a series."""
    return await _send_pictures(request, await selected(request, study, series))


@reads(dicomweb_frames, INSTANCE + "/rendered")
@access("client", "dicomweb.read")
async def object_rendered(request: Request, study: str, series: str, instance: str) -> HTTPResponse:
    """A picture of an object's first frame (`window`, `viewport`, `quality`)."""
    return await _send_picture(request, await selected_one(request, study, series, instance), 0)


@reads(dicomweb_frames, INSTANCE + "/frames/<frame:str>/rendered")
@access("client", "dicomweb.read")
async def frame_rendered(
    request: Request, study: str, series: str, instance: str, frame: str
) -> HTTPResponse:
    """A picture of one frame."""
    number = _one(frame)
    found = await selected_one(request, study, series, instance)
    return await _send_picture(request, found, number - 1)


def _one(text: str) -> int:
    numbers = _numbers(text)
    if len(numbers) != 1:
        raise Invalid("frame_malformed", "影像的序号不对。", detail="one frame at a time")
    return numbers[0]


@reads(dicomweb_frames, "/studies/<study:str>/thumbnail")
@access("client", "dicomweb.read")
async def study_thumbnail(request: Request, study: str) -> HTTPResponse:
    """A small picture of the study's middle object."""
    found = await selected(request, study)
    return await _send_picture(request, found[len(found) // 2], 0, side=THUMBNAIL_SIDE)


@reads(dicomweb_frames, SERIES + "/thumbnail")
@access("client", "dicomweb.read")
async def series_thumbnail(request: Request, study: str, series: str) -> HTTPResponse:
    """A small picture of the series' middle object."""
    found = await selected(request, study, series)
    return await _send_picture(request, found[len(found) // 2], 0, side=THUMBNAIL_SIDE)


@reads(dicomweb_frames, INSTANCE + "/thumbnail")
@access("client", "dicomweb.read")
async def object_thumbnail(
    request: Request, study: str, series: str, instance: str
) -> HTTPResponse:
    """A small picture of an object."""
    found = await selected_one(request, study, series, instance)
    return await _send_picture(request, found, 0, side=THUMBNAIL_SIDE)


@reads(dicomweb_frames, INSTANCE + "/frames/<frame:str>/thumbnail")
@access("client", "dicomweb.read")
async def frame_thumbnail(
    request: Request, study: str, series: str, instance: str, frame: str
) -> HTTPResponse:
    """A small picture of one frame."""
    number = _one(frame)
    found = await selected_one(request, study, series, instance)
    return await _send_picture(request, found, number - 1, side=THUMBNAIL_SIDE)
