"""A reader's marks on a study take the place of those that their browser had read before. The
author is the session's account and the times are the database's: neither comes from the request."""

from datetime import UTC
from typing import Any

from domain.access import StaffViewer
from domain.errors import Conflict, Invalid
from storage.records.imaging import Series
from storage.records.marks import Saved, read_marks, replace_marks
from storage.transactions import db_now
from usecases.marking.check_marks import Mark, check_marks
from usecases.marking.study_for import study_for


async def save_marks(viewer: StaffViewer, study_id: str, version: int, value: Any) -> Saved:
    """The new version. Conflict when another device of the same reader saved meanwhile: read what
    it saved, merge, and save again on its version. Invalid, NotFound."""
    study = await study_for(viewer, study_id)
    marks = check_marks(value)
    await _check_series(study.id, marks)
    before = await read_marks(study.id, viewer.account_id)
    if before.version == version:
        await _date(marks, before.marks)
        saved = await replace_marks(study.id, viewer.account_id, marks, version=version)
        if saved is not None:
            return saved
    raise Conflict("marks_conflict", "您在另一台设备上也改了标注,正在合并。")


async def _check_series(study_id: int, marks: list[Mark]) -> None:
    wanted = {mark["series"] for mark in marks}
    if not wanted:
        return
    known = await Series.filter(study_id=study_id, public_id__in=sorted(wanted)).count()
    if known != len(wanted):
        raise Invalid(
            "marks_malformed", "标注不属于这次检查,没有保存。", detail="a series of another study"
        )


async def _date(marks: list[Mark], before: list[Mark]) -> None:
    """When each was made or last changed."""
    now = (await db_now()).astimezone(UTC).isoformat(timespec="seconds")
    old = {mark["uid"]: mark for mark in before}
    for mark in marks:
        was = old.get(mark["uid"])
        is_unchanged = was is not None and mark.items() <= was.items()
        mark["at"] = was["at"] if was is not None and is_unchanged else now
