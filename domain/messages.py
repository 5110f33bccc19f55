"""What other systems tell us, whatever the protocol was: a message, a view's row and a REST call
become these values (tender B1.2)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.exam import PatientType

Sex = Literal["M", "F", "O", ""]


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Identity as the sender knows it; empty strings where the sender said nothing. `issuer` is
    who gives patients their numbers, where that is not the sender itself."""

    patient_number: str
    name: str
    sex: Sex = ""
    birth_date: date | None = None
    id_card: str = ""
    phone: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class PatientMessage:
    """What a patient is and where (ADT). The newest by (`sent_at`, `control_id`) wins."""

    sender: str
    control_id: str
    sent_at: datetime
    patient: PatientFacts
    patient_type: PatientType = PatientType.UNKNOWN
    ward: str = ""


@dataclass(frozen=True, slots=True)
class MergeMessage:
    """Two numbers of one issuer are one person (A40), or are not after all (A37). The newest word
    about two numbers stands."""

    sender: str
    control_id: str
    sent_at: datetime
    issuer: str
    surviving_number: str
    prior_number: str
    is_undo: bool = False


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
