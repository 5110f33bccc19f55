"""Other examinations of the same person that the viewer may see, newest first: the time line of an
examination, and what a reader compares with."""

from datetime import UTC, datetime
from typing import Any

from domain.access import ShareViewer, Viewer, may_see_exam
from domain.exam import ExamStatus
from storage.records.exam import Exam
from storage.records.imaging import Series
from usecases.patients.person import person_of
from usecases.viewing.see_exam import exam_for

MAX_PRIORS = 100


async def list_priors(viewer: Viewer, exam_id: int) -> list[dict[str, Any]]:
    """Without `exam_id` itself; empty for a share, which is one examination."""
    exam = await exam_for(viewer, exam_id)
    if isinstance(viewer, ShareViewer):
        return []
    exams = await Exam.filter(
        patient_id__in=await person_of(exam.patient), merged_into=None
    ).exclude(id=exam.id).exclude(status=ExamStatus.CANCELLED).prefetch_related("patient").limit(
        MAX_PRIORS
    )  # fmt: skip
    seen = [
        one
        for one in exams
        if may_see_exam(viewer, exam_id=one.id, patient_id=one.patient.id, campus=one.campus)
    ]
    pictures = await pictures_of([one.id for one in seen])
    lines = [_describe(one, pictures.get(one.id)) for one in seen]
    return sorted(lines, key=lambda line: str(line["exam_time"]), reverse=True)


async def pictures_of(exam_ids: list[int]) -> dict[int, tuple[str, int]]:
    """By examination: the address of a thumbnail ("" when there is none), and how many series."""
    rows = (
        await Series.filter(study__exam_id__in=exam_ids)
        .order_by("-series_number")
        .values("public_id", "rendered_revision", "thumbnail_key", "study__exam_id")
    )
    found: dict[int, tuple[str, int]] = {}
    for row in rows:
        url, count = found.get(row["study__exam_id"], ("", 0))
        if row["thumbnail_key"]:
            base = f"/api/viewing/v1/series/{row['public_id']}"
            url = f"{base}/thumbnail.png?r={row['rendered_revision']}"
        found[row["study__exam_id"]] = url, count + 1
    return found


def _describe(exam: Exam, pictures: tuple[str, int] | None) -> dict[str, Any]:
    url, count = pictures or ("", 0)
    taken: datetime = exam.acquired_at or exam.scheduled_at or exam.created_at
    return {
        "id": exam.public_id,
        "accession_number": exam.accession_number,
        "procedure": exam.procedure or exam.modality or "影像检查",
        "modality": exam.modality,
        "body_part": exam.body_part,
        "campus": exam.campus,
        "status": exam.status.value,
        "status_label": exam.status.label,
        "exam_time": taken.astimezone(UTC).isoformat(timespec="seconds"),
        "thumbnail_url": url or None,
        "series_count": count,
    }
