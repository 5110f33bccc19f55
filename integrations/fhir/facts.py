"""What is said of a patient, a study and a report to other systems. No ID card and no phone: a
resource has no place for them (decision 0016)."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class PatientFacts:
    id: int
    sender: str
    patient_number: str
    name: str
    sex: str
    birth_date: date | None


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    uid: str
    number: int | None
    modality: str
    description: str
    body_part: str
    instances: int


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """`patient_id` and `exam_id` are None for images that belong to no examination yet; the images'
    own patient number and name are then all that is known."""

    id: int
    uid: str
    accession_number: str
    exam_id: int | None
    patient_id: int | None
    patient_number: str
    patient_name: str
    description: str
    procedure: str
    started: datetime | None
    series: tuple[SeriesFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """The version that stands. `id` is the examination's: a correction is the same report."""

    id: int
    version: int
    is_corrected: bool
    accession_number: str
    patient_id: int
    patient_name: str
    procedure: str
    findings: str
    impression: str
    reporter: str
    reviewer: str
    acquired_at: datetime | None
    reported_at: datetime | None
    study_ids: tuple[int, ...] = field(default=())
