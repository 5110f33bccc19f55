"""An examination (检查): the hospital's order, its state, and which time each state shows.

The state is never set by hand: it is computed from the facts that have arrived, so every
order of arrival, repetition or correction ends in the same state (tender E11.1, E11.2).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ExamStatus(StrEnum):
    """Stable words for programs; `label` is what people read."""

    SCHEDULED = "scheduled"
    AWAITING_REPORT = "awaiting_report"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    ExamStatus.SCHEDULED: "待检查",
    ExamStatus.AWAITING_REPORT: "待诊断",
    ExamStatus.COMPLETED: "已完成",
    ExamStatus.CANCELLED: "已取消",
}


class PatientType(StrEnum):
    """PV1-2, tender D7.2."""

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"
    EMERGENCY = "emergency"
    CHECKUP = "checkup"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return _PATIENT_TYPE_LABELS[self]


_PATIENT_TYPE_LABELS = {
    PatientType.OUTPATIENT: "门诊",
    PatientType.INPATIENT: "住院",
    PatientType.EMERGENCY: "急诊",
    PatientType.CHECKUP: "体检",
    PatientType.UNKNOWN: "",
}


@dataclass(frozen=True, slots=True)
class ExamFacts:
    """What has arrived so far; the sole input of `status_of`."""

    is_cancelled: bool
    has_images: bool
    has_final_report: bool


def status_of(facts: ExamFacts) -> ExamStatus:
    """The one rule. A final report or images outrank a cancellation that came late."""
    if facts.has_final_report:
        return ExamStatus.COMPLETED
    if facts.has_images:
        return ExamStatus.AWAITING_REPORT
    if facts.is_cancelled:
        return ExamStatus.CANCELLED
    return ExamStatus.SCHEDULED


def shown_time(
    status: ExamStatus,
    *,
    scheduled_at: datetime | None,
    acquired_at: datetime | None,
    reported_at: datetime | None,
) -> datetime | None:
    """Scheduled shows the appointment, awaiting report the acquisition, completed the report."""
    match status:
        case ExamStatus.COMPLETED:
            return reported_at
        case ExamStatus.AWAITING_REPORT:
            return acquired_at
        case _:
            return scheduled_at
