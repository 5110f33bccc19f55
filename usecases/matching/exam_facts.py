"""What an order or a report says of an examination, taken field by field."""

from typing import Any

from domain.exam import PatientType
from domain.matching import FROM_ORDER, FROM_REPORT, settled_facts, stamped
from domain.messages import OrderMessage, ReportMessage
from storage.records.exam import Exam
from storage.records.patient import Patient
from usecases.patients.take_patient import inherit_patient_type

_FIELDS = ("campus", "procedure", "body_part", "modality", "scheduled_at", "study_instance_uid")


async def take_exam_facts(
    exam: Exam, message: OrderMessage | ReportMessage, patient: Patient, *, version: str
) -> None:
    """Saves the row. An order's word outranks a report's, the newest of each wins; of two messages
    at once the second reads what the first has saved."""
    await Exam.select_for_update(no_key=True).get(id=exam.id)
    await exam.refresh_from_db()
    stamp = stamped(FROM_ORDER if isinstance(message, OrderMessage) else FROM_REPORT, version)
    current: dict[str, Any] = {key: getattr(exam, key) for key in _FIELDS}
    incoming = {key: getattr(message, key, None) for key in _FIELDS}
    current["patient_type"] = "" if exam.patient_type == PatientType.UNKNOWN else exam.patient_type
    if message.patient_type != PatientType.UNKNOWN:
        incoming["patient_type"] = message.patient_type
    current["patient_id"], incoming["patient_id"] = exam.patient_id, patient.id  # type: ignore[attr-defined]
    current["sender"], incoming["sender"] = exam.sender, await _sender(exam, message.sender)
    stamps = _stamps(exam, current)
    values, newer = settled_facts(current, stamps, incoming, stamp)
    exam.facts_versions = stamps | newer
    if isinstance(message, OrderMessage) and version >= exam.order_version:
        exam.is_cancelled, exam.order_version = message.is_cancelled, version
    await exam.update_from_dict(values).save()
    owner = patient if exam.patient_id == patient.id else await exam.patient  # type: ignore[attr-defined]
    await inherit_patient_type(exam, owner.patient_type)


async def _sender(exam: Exam, sender: str) -> str:
    """Whose examination it is; its own where the other number is somebody's already."""
    taken = Exam.filter(sender=sender, accession_number=exam.accession_number).exclude(id=exam.id)
    return exam.sender if sender != exam.sender and await taken.exists() else sender


def _stamps(exam: Exam, current: dict[str, Any]) -> dict[str, str]:
    """Rows older than the stamps: what an order gave has its version, the rest yields to any."""
    if exam.facts_versions is not None:
        return dict(exam.facts_versions)
    if not exam.order_version:
        return {}
    held = (key for key, value in current.items() if value not in ("", None))
    return dict.fromkeys(held, stamped(FROM_ORDER, exam.order_version))
