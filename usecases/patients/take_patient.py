"""An ADT message becomes what is known of a patient; a late one changes nothing that a newer has
said."""

from domain.matching import version_of
from domain.messages import PatientMessage
from domain.ports import Sealer
from storage.records.exam import Exam
from storage.transactions import in_transaction
from usecases.matching.file_patient import file_patient


async def take_patient(sealer: Sealer, message: PatientMessage) -> int:
    """Durable when it returns the patient's id; the same message again changes nothing."""

    async def take() -> int:
        patient = await file_patient(
            sealer,
            message.sender,
            message.patient,
            version=version_of(message.sent_at, message.control_id),
            patient_type=message.patient_type,
            ward=message.ward,
        )
        for exam in await Exam.filter(patient=patient, merged_into=None):
            await inherit_patient_type(exam, patient.patient_type)
        return int(patient.id)

    return await in_transaction(take)


async def inherit_patient_type(exam: Exam, patient_type: str) -> None:
    """An examination whose patient type no order and no report has told shows the patient's."""
    is_stated = "patient_type" in (exam.facts_versions or {}) or (
        exam.facts_versions is None and exam.patient_type != "unknown"
    )
    if patient_type and not is_stated and exam.patient_type != patient_type:
        exam.patient_type = patient_type  # type: ignore[assignment]
        await exam.save(update_fields=["patient_type", "updated_at"])
