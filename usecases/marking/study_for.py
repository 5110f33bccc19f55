"""The study that a viewer means, if they may see it."""

from domain.access import Viewer
from domain.errors import NotFound
from storage.records.imaging import Study
from usecases.viewing.see_exam import exam_for


async def study_for(viewer: Viewer, study_id: str) -> Study:
    """By its public id; NotFound when it is not there or not the viewer's."""
    study = await Study.get_or_none(public_id=study_id)
    if study is None or study.exam_id is None:  # type: ignore[attr-defined]
        raise NotFound("study_not_found", "没有找到这组检查影像。")
    await exam_for(viewer, study.exam_id)  # type: ignore[attr-defined]
    return study
