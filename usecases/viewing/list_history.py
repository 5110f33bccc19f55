"""All examinations of one person, for the patient's list (tender E12)."""

from datetime import datetime
from typing import Any

from domain.access import PatientViewer
from domain.exam import ExamStatus, shown_time
from storage.records.exam import Exam
from storage.records.imaging import Series

SORTS = {"time": "sort_time", "name": "procedure", "hospital": "campus", "modality": "modality"}
MAX_SHOWN = 500


async def list_history(
    viewer: PatientViewer, *, sort: str = "time", descending: bool = False
) -> list[dict[str, Any]]:
    """Ascending by the examination's time unless asked otherwise; `sort` is a key of SORTS."""
    exams = (
        await Exam.filter(patient_id__in=list(viewer.patient_ids), merged_into=None)
        .exclude(status=ExamStatus.CANCELLED)
        .prefetch_related("patient")
        .limit(MAX_SHOWN)
    )
    thumbnails = await _thumbnails([exam.id for exam in exams])
    lines = [_describe(exam, thumbnails.get(exam.id)) for exam in exams]
    lines.sort(key=lambda line: (line[SORTS[sort]], line["sort_time"]), reverse=descending)
    return lines


async def _thumbnails(exam_ids: list[int]) -> dict[int, str]:
    """The first ready picture of each examination."""
    rows = (
        await Series.filter(study__exam_id__in=exam_ids)
        .exclude(thumbnail_key="")
        .order_by("-series_number")
        .values("public_id", "rendered_revision", "study__exam_id")
    )
    return {
        row["study__exam_id"]: (
            f"/api/viewing/v1/series/{row['public_id']}/thumbnail.png?r={row['rendered_revision']}"
        )
        for row in rows
    }


def _describe(exam: Exam, thumbnail_url: str | None) -> dict[str, Any]:
    when = shown_time(
        exam.status,
        scheduled_at=exam.scheduled_at,
        acquired_at=exam.acquired_at,
        reported_at=exam.reported_at,
    )
    taken: datetime = exam.acquired_at or exam.scheduled_at or exam.created_at
    return {
        "id": exam.public_id,
        "accession_number": exam.accession_number,
        "procedure": exam.procedure or exam.modality or "影像检查",
        "body_part": exam.body_part,
        "modality": exam.modality,
        "campus": exam.campus,
        "status": exam.status.value,
        "status_label": exam.status.label,
        "shown_time": when.isoformat(timespec="seconds") if when else None,
        "exam_time": taken.isoformat(timespec="seconds"),
        "patient_number": exam.patient.patient_number,
        "thumbnail_url": thumbnail_url,
        "sort_time": taken.timestamp(),
    }
