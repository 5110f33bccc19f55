"""A doctor's list: the newest examinations of their campuses, two lines of facts each."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.access import StaffViewer
from domain.exam import shown_time
from domain.patient import age_text
from storage.records.exam import Exam, Wanted, list_newest
from storage.transactions import db_now
from usecases.viewing.list_priors import pictures_of

PAGE = 50
_SEX = {"M": "男", "F": "女"}


@dataclass(frozen=True, slots=True)
class ExamPage:
    """`next` continues the list; None at its end."""

    rows: list[dict[str, Any]]
    next: int | None


async def list_exams(
    viewer: StaffViewer, wanted: Wanted, *, before: int | None, today: date
) -> ExamPage:
    exams = await list_newest(viewer, wanted, before=before, limit=PAGE)
    pictures = await pictures_of([exam.id for exam in exams])
    rows = [_describe(exam, *pictures.get(exam.id, ("", 0)), today=today) for exam in exams]
    return ExamPage(rows, exams[-1].id if len(exams) == PAGE else None)


async def days_ago(days: int) -> datetime:
    """By the database's clock; 0 days ago is the last 24 hours' beginning."""
    return await db_now() - timedelta(days=max(days, 1))


def _describe(exam: Exam, thumbnail_url: str, series: int, *, today: date) -> dict[str, Any]:
    patient = exam.patient
    when = shown_time(
        exam.status,
        scheduled_at=exam.scheduled_at,
        acquired_at=exam.acquired_at,
        reported_at=exam.reported_at,
    )
    return {
        "id": exam.public_id,
        "accession_number": exam.accession_number,
        "patient_name": patient.name,
        "patient_number": patient.patient_number,
        "patient_sex": _SEX.get(patient.sex, ""),
        "patient_age": age_text(patient.birth_date, today),
        "modality": exam.modality,
        "procedure": exam.procedure,
        "body_part": exam.body_part,
        "campus": exam.campus,
        "patient_type": exam.patient_type.value,
        "patient_type_label": exam.patient_type.label,
        "status": exam.status.value,
        "status_label": exam.status.label,
        "shown_time": when.astimezone(UTC).isoformat(timespec="seconds") if when else None,
        "updated_at": exam.updated_at.astimezone(UTC).isoformat(),
        "thumbnail_url": thumbnail_url or None,
        "series_count": series,
    }
