"""A reader's own marks on a study, and what colleagues have drawn there, with their names."""

from datetime import UTC, datetime
from typing import Any

from domain.access import StaffViewer
from storage.records.marks import Saved, marks_of_others, read_marks
from usecases.marking.study_for import study_for

MAX_OTHERS = 20


async def marks_of_study(viewer: StaffViewer, study_id: str) -> dict[str, Any]:
    """`mine` with its version, `others` by author, newest first. NotFound as everywhere."""
    study = await study_for(viewer, study_id)
    mine = await read_marks(study.id, viewer.account_id)
    others = await marks_of_others(study.id, viewer.account_id, limit=MAX_OTHERS)
    return {
        "mine": describe_saved(mine),
        "others": [
            {
                "author": row.account.display_name or "未署名",
                "title": row.account.title,
                "updated_at": _iso(row.updated_at),
                "marks": row.marks,
            }
            for row in others
        ],
    }


def describe_saved(saved: Saved) -> dict[str, Any]:
    return {
        "version": saved.version,
        "marks": saved.marks,
        "updated_at": _iso(saved.updated_at) if saved.updated_at else None,
    }


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")
