"""An order message becomes or changes an examination (待检查), and its code exists at once."""

from zoneinfo import ZoneInfo

from domain.matching import merged_facts, version_of
from domain.messages import OrderMessage
from domain.ports import Sealer
from storage.records.exam import Exam
from storage.transactions import in_transaction
from usecases.matching.file_patient import file_patient
from usecases.matching.find_exam import find_or_make_exam
from usecases.matching.settle_exam import settle_exam_now

_FIELDS = (
    "campus", "procedure", "body_part", "modality", "scheduled_at", "study_instance_uid",
)  # fmt: skip


async def place_order(sealer: Sealer, order: OrderMessage, *, zone: ZoneInfo) -> int:
    """Durable when it returns the examination's id; the same message again changes nothing."""
    return await in_transaction(lambda: place_order_now(sealer, order, zone=zone))


async def place_order_now(sealer: Sealer, order: OrderMessage, *, zone: ZoneInfo) -> int:
    """The same inside the caller's transaction."""
    version = version_of(order.sent_at, order.control_id)
    patient = await file_patient(sealer, order.sender, order.patient, version=version)
    exam = await find_or_make_exam(
        sender=order.sender,
        accession_number=order.accession_number,
        patient=patient,
        modality=order.modality,
        study_instance_uid=order.study_instance_uid,
        scheduled_at=order.scheduled_at,
        zone=zone,
    )
    is_newer = version >= exam.order_version
    await _take_facts(exam, order, is_newer=is_newer)
    if is_newer:
        exam.patient = patient
        exam.is_cancelled = order.is_cancelled
        exam.order_version = version
    await exam.save()
    await settle_exam_now(sealer, exam.id)
    return int(exam.id)


async def _take_facts(exam: Exam, order: OrderMessage, *, is_newer: bool) -> None:
    current = {key: getattr(exam, key) for key in _FIELDS}
    incoming = {key: getattr(order, key) for key in _FIELDS}
    exam.update_from_dict(merged_facts(current, incoming, is_newer=is_newer))
    if order.patient_type != "unknown" and (is_newer or exam.patient_type == "unknown"):
        exam.patient_type = order.patient_type
