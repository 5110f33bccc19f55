"""The patient's home: one examination with its progress, report and series."""

from datetime import UTC, date, datetime
from typing import Any

from domain.access import PatientViewer, Viewer, may_see_exam
from domain.errors import NotFound
from domain.exam import ExamStatus, shown_time
from domain.patient import age_text
from storage.records.exam import Exam
from storage.records.imaging import Series
from storage.records.report import Report

_SEX = {"M": "男", "F": "女"}
_FINAL = ("final", "corrected")


async def exam_for(viewer: Viewer, exam_id: int) -> Exam:
    """The examination, or NotFound when it is not there or not the viewer's."""
    exam = await Exam.get_or_none(id=exam_id).select_related("patient")
    if exam is None or not may_see_exam(
        viewer, exam_id=exam.id, patient_id=exam.patient.id, campus=exam.campus
    ):
        raise NotFound("exam_not_found", "没有找到这项检查。")
    return exam


async def report_of(exam: Exam) -> Report | None:
    """The version that stands: the newest, if it is final or corrected."""
    newest = await Report.filter(exam=exam).order_by("-version").first()
    return newest if newest is not None and newest.state in _FINAL else None


async def describe_home(viewer: Viewer, exam_id: int, *, today: date) -> dict[str, Any]:
    """Everything the home page shows, as JSON values."""
    exam = await exam_for(viewer, exam_id)
    report = await report_of(exam)
    series = await Series.filter(study__exam=exam).order_by("series_number", "id")
    return {
        "exam": {
            "id": exam.public_id,
            "accession_number": exam.accession_number,
            "procedure": exam.procedure or exam.modality or "影像检查",
            "body_part": exam.body_part,
            "modality": exam.modality,
            "campus": exam.campus,
            "status": exam.status.value,
            "status_label": exam.status.label,
            "scheduled_at": _iso(exam.scheduled_at),
            "acquired_at": _iso(exam.acquired_at),
            "reported_at": _iso(exam.reported_at),
            "shown_time": _iso(_shown(exam)),
        },
        "patient": {
            "name": exam.patient.name,
            "sex": _SEX.get(exam.patient.sex, ""),
            "age": age_text(exam.patient.birth_date, today),
            "number": exam.patient.patient_number,
            "type_label": exam.patient_type.label,
        },
        "report": _describe_report(report, exam.public_id),
        "images": [_describe_series(one) for one in series],
        "may_share": isinstance(viewer, PatientViewer),
        "history_count": await _count_history(viewer) if isinstance(viewer, PatientViewer) else 0,
        "is_final": exam.status in (ExamStatus.COMPLETED, ExamStatus.CANCELLED)
        and all(one.wanted_revision == one.rendered_revision for one in series),
    }


async def _count_history(viewer: PatientViewer) -> int:
    exams = Exam.filter(patient_id__in=list(viewer.patient_ids), merged_into=None)
    return await exams.exclude(status=ExamStatus.CANCELLED).count()


def _iso(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat(timespec="seconds") if when else None


def _shown(exam: Exam) -> datetime | None:
    return shown_time(
        exam.status,
        scheduled_at=exam.scheduled_at,
        acquired_at=exam.acquired_at,
        reported_at=exam.reported_at,
    )


def _describe_report(report: Report | None, exam: str) -> dict[str, Any] | None:
    if report is None:
        return None
    return {
        "findings": report.findings,
        "impression": report.impression,
        "reporter": report.reporter,
        "reviewer": report.reviewer,
        "reported_at": _iso(report.reported_at),
        "is_corrected": report.state == "corrected",
        "pdf_url": f"/api/patient/v1/report.pdf?exam={exam}",
        "thumbnail_url": f"/api/patient/v1/report/thumbnail.png?exam={exam}&v={report.id}",
    }


def _describe_series(series: Series) -> dict[str, Any]:
    rendition = series.rendition or {}
    base = f"/api/viewing/v1/series/{series.public_id}"
    return {
        "id": series.public_id,
        "description": series.series_description,
        "modality": series.modality,
        "count": rendition.get("count", 0),
        "state": rendition.get("state", "waiting"),
        "message": rendition.get("message", ""),
        "thumbnail_url": f"{base}/thumbnail.png?r={series.rendered_revision}"
        if series.thumbnail_key
        else None,
    }
