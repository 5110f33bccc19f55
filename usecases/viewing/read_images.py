"""Ready bytes of a study for a viewer who may see it. Nothing is decoded here."""

import json
from dataclasses import dataclass
from typing import Any

from domain.access import Viewer
from domain.errors import NotFound
from domain.ports import ObjectStore
from storage.records.imaging import Series, Study
from usecases.viewing.see_exam import exam_for


@dataclass(frozen=True, slots=True)
class ReadyPlace:
    """Where ready bytes lie. `is_gzip` says that they are compressed already."""

    key: str
    offset: int
    length: int | None
    is_gzip: bool
    etag: str


async def manifests_of(objects: ObjectStore, viewer: Viewer, exam_id: int) -> list[dict[str, Any]]:
    """The manifests of the examination's studies, oldest first (docs/web-format.md)."""
    exam = await exam_for(viewer, exam_id)
    studies = await Study.filter(exam=exam).order_by("study_at", "id")
    found = []
    for study in studies:
        if study.manifest_key:
            raw = await objects.get(study.manifest_key, sha256=study.manifest_sha256)
            found.append(json.loads(raw))
    return found


async def series_for(viewer: Viewer, series_id: str) -> Series:
    """The series by its public id, or NotFound when it is not there or not the viewer's."""
    series = await Series.get_or_none(public_id=series_id).prefetch_related("study")
    if series is None or series.study.exam_id is None:  # type: ignore[attr-defined]
        raise NotFound("series_not_found", "没有找到这组影像。")
    await exam_for(viewer, series.study.exam_id)  # type: ignore[attr-defined]
    return series


def frame_place(series: Series, index: int) -> ReadyPlace:
    """NotFound("frame_not_found") for a frame that does not exist or could not be decoded."""
    places = series.frames_index or []
    if not 0 <= index < len(places) or not series.frames_key or not places[index][1]:
        raise NotFound("frame_not_found", "没有这一幅影像。")
    offset, length = places[index]
    tag = f"{series.public_id}-{series.rendered_revision}-{index}"
    return ReadyPlace(series.frames_key, offset, length, is_gzip=True, etag=tag)


def preview_place(series: Series) -> ReadyPlace:
    if not series.preview_key:
        raise NotFound("preview_not_found", "预览还没有准备好。")
    tag = f"{series.public_id}-{series.rendered_revision}-p"
    return ReadyPlace(series.preview_key, 0, None, is_gzip=True, etag=tag)


def thumbnail_place(series: Series) -> ReadyPlace:
    if not series.thumbnail_key:
        raise NotFound("thumbnail_not_found", "缩略图还没有准备好。")
    tag = f"{series.public_id}-{series.rendered_revision}-t"
    return ReadyPlace(series.thumbnail_key, 0, None, is_gzip=False, etag=tag)
