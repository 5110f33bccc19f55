"""Marks of staff on studies: read with those of colleagues, saved on the version that was read;
and how each likes their studies hung."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bff.access import access
from bff.body import body_of, number_in
from bff.context import note, staff_in
from domain.errors import Invalid
from usecases.marking.hanging import hanging_of, save_hanging
from usecases.marking.read_marks import describe_saved, marks_of_study
from usecases.marking.save_marks import save_marks
from usecases.marking.study_for import study_for

marks = Blueprint("marks", url_prefix="/api/viewing/v1")

MAX_BODY = 1 << 20


@marks.get("/marks/<study:str>")
@access("staff")
async def read(request: Request, study: str) -> HTTPResponse:
    """`mine` with its version, and `others` with their authors, for reading only."""
    return json(await marks_of_study(staff_in(request), study))


@marks.put("/marks/<study:str>")
@access("staff")
async def save(request: Request, study: str) -> HTTPResponse:
    """All of one's own marks, with the `version` that was read; 409 when another device of the
    same reader was faster."""
    viewer = staff_in(request)
    if len(request.body) > MAX_BODY:
        raise Invalid("marks_too_large", "标注太多,没有保存。请删除一些后再试。")
    body = body_of(request)
    version = number_in(body, "version")
    if version is None or not 0 <= version < 1 << 31:
        raise Invalid("body_malformed", detail="version is the one that was read, 0 when none")
    saved = await save_marks(viewer, study, version, body.get("marks"))
    exam_id: int = (await study_for(viewer, study)).exam_id  # type: ignore[attr-defined]
    await note(request, viewer, exam_id, "marks_saved")
    return json(describe_saved(saved))


@marks.get("/hanging")
@access("staff")
async def read_hanging(request: Request) -> HTTPResponse:
    """One's own hanging protocols, by modality."""
    return json({"protocols": await hanging_of(staff_in(request))})


@marks.put("/hanging")
@access("staff")
async def write_hanging(request: Request) -> HTTPResponse:
    """All of them anew."""
    body = body_of(request)
    return json({"protocols": await save_hanging(staff_in(request), body.get("protocols"))})
