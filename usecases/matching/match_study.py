"""A study finds its examination, or gets one of its own until an order names it.

Images are never refused for identity (design rule 9)."""

import hashlib
from zoneinfo import ZoneInfo

from domain.matching import DICOM_SENDER, UNNAMED_PREFIX, StudyFacts
from domain.ports import Sealer
from imaging.dicom.charset import shown_name
from storage.records.exam import Exam
from storage.records.imaging import Series, Study
from storage.records.patient import Patient
from storage.tokens import new_token
from usecases.matching.find_exam import exam_for_study
from usecases.matching.settle_exam import settle_exam_now


async def match_study_now(sealer: Sealer, study: Study, *, zone: ZoneInfo) -> None:
    """In the caller's transaction: link the study, then compute its examination's state."""
    if study.exam_id is None:  # type: ignore[attr-defined]
        first = await Series.filter(study=study).order_by("id").first()
        facts = StudyFacts(
            study_instance_uid=study.study_instance_uid,
            accession_number=study.accession_number,
            patient_number=study.patient_id,
            modality=first.modality if first is not None else "",
            day=study.study_at.astimezone(zone).date() if study.study_at else None,
        )
        exam_id = await exam_for_study(facts, zone)
        if exam_id is None:
            exam_id = (await _own_exam(study, first)).id
        study.exam_id = exam_id
        await study.save(update_fields=["exam_id"])
    await settle_exam_now(sealer, study.exam_id)  # type: ignore[attr-defined]


async def _own_exam(study: Study, first: Series | None) -> Exam:
    """An examination made from what the images say of themselves."""
    digest = hashlib.sha256(study.study_instance_uid.encode()).hexdigest()[:12].upper()
    number = study.accession_number or UNNAMED_PREFIX + digest
    clash = await Exam.get_or_none(sender=DICOM_SENDER, accession_number=number)
    if clash is not None and clash.made_from_images:
        return clash
    if clash is not None:
        number = UNNAMED_PREFIX + digest
    patient, _ = await Patient.get_or_create(
        sender=DICOM_SENDER,
        patient_number=study.patient_id or f"UNKNOWN-{digest}",
        defaults={
            "name": shown_name(study.patient_name)[:128],
            "sex": study.patient_sex[:1] if study.patient_sex[:1] in ("M", "F", "O") else "",
            "birth_date": study.patient_birth_date,
        },
    )
    return await Exam.create(
        public_id=new_token(),
        sender=DICOM_SENDER,
        accession_number=number,
        patient=patient,
        procedure=study.study_description,
        modality=first.modality if first is not None else "",
        body_part=first.body_part if first is not None else "",
        study_instance_uid=study.study_instance_uid,
        acquired_at=study.study_at,
        made_from_images=True,
    )
