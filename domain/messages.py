"""What a hospital system tells us, in our words: an order, a report. HL7, a REST call or a
database view all end in these two values (tender B1.2)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.exam import PatientType

Sex = Literal["M", "F", "O", ""]


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Identity as the sender knows it; empty strings where the sender said nothing."""

    patient_number: str
    name: str
    sex: Sex = ""
    birth_date: date | None = None
    id_card: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """One version of an order (ORM^O01). The newest by (`sent_at`, `control_id`) wins."""

    sender: str
    control_id: str
    sent_at: datetime
    patient: PatientFacts
    accession_number: str
    campus: str
    procedure: str
    body_part: str
    modality: str
    patient_type: PatientType
    scheduled_at: datetime | None
    study_instance_uid: str = ""
    is_cancelled: bool = False


ReportState = Literal["preliminary", "final", "corrected", "withdrawn"]


@dataclass(frozen=True, slots=True)
class ReportMessage:
    """One version of a report (ORU^R01). The newest by (`sent_at`, `control_id`) wins."""

    sender: str
    control_id: str
    sent_at: datetime
    patient: PatientFacts
    accession_number: str
    campus: str
    procedure: str
    modality: str
    patient_type: PatientType
    state: ReportState
    reported_at: datetime | None
    findings: str
    impression: str
    reporter: str = ""
    reviewer: str = ""
    pdf: bytes | None = None
    study_instance_uid: str = ""
