"""Rules by which facts from several messages become one examination. Pure: values in, values out.

The newest message wins field by field, so every order of arrival ends in the same values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

DICOM_SENDER: Final = "DICOM"
UNNAMED_PREFIX: Final = "IMG-"


def version_of(sent_at: datetime, control_id: str) -> str:
    """Sorts by time of sending, then by control id. `sent_at` must be UTC."""
    return f"{sent_at.isoformat(timespec='microseconds')}|{control_id}"[:128]


FROM_REPORT: Final = "1|"  # an order's word on an examination outranks a report's
FROM_ORDER: Final = "2|"


def stamped(rank: str, version: str) -> str:
    """Sorts by rank, then by version."""
    return f"{rank}{version}"


def settled_facts(
    current: Mapping[str, Any],
    stamps: Mapping[str, str],
    incoming: Mapping[str, Any],
    stamp: str,
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, stamps) that change. Each field keeps the value with the greatest stamp that anybody
    gave it; two values of one stamp are told apart by themselves. So every order of arrival, with
    gaps and repeats, ends in the same values. A field without a stamp yields to any."""
    values: dict[str, Any] = {}
    newer: dict[str, str] = {}
    for key, value in incoming.items():
        if value in ("", None):
            continue
        known, held = stamps.get(key, ""), current.get(key)
        is_first = held in ("", None) or not known
        if is_first or stamp > known or (stamp == known and str(value) > str(held)):
            values[key] = value
            newer[key] = stamp
    return {k: v for k, v in values.items() if current.get(k) != v}, newer


@dataclass(frozen=True, slots=True)
class Candidate:
    """An examination that a study might belong to."""

    exam_id: int
    accession_number: str
    patient_number: str
    modality: str
    study_instance_uid: str
    day: date | None


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What the images say of themselves."""

    study_instance_uid: str
    accession_number: str
    patient_number: str
    modality: str
    day: date | None


def choose_exam(study: StudyFacts, candidates: list[Candidate]) -> int | None:
    """The examination the study belongs to, or None when it cannot be told beyond doubt."""
    by_uid = [c for c in candidates if c.study_instance_uid == study.study_instance_uid]
    if len(by_uid) == 1:
        return by_uid[0].exam_id
    if study.accession_number:
        same = [c for c in candidates if c.accession_number == study.accession_number]
        if len(same) == 1:
            return same[0].exam_id
        same = [c for c in same if c.patient_number == study.patient_number]
        return same[0].exam_id if len(same) == 1 else None
    alike = [
        c
        for c in candidates
        if study.patient_number
        and c.patient_number == study.patient_number
        and c.modality == study.modality
        and c.day is not None
        and c.day == study.day
    ]
    return alike[0].exam_id if len(alike) == 1 else None
