"""The examination that a message speaks of: the one it names, one made from its images earlier,
or a new one."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.matching import DICOM_SENDER, UNNAMED_PREFIX, Candidate, StudyFacts, choose_exam
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.imaging import Study
from storage.records.patient import Patient
from storage.tokens import new_token


async def find_or_make_exam(
    *,
    sender: str,
    accession_number: str,
    patient: Patient,
    modality: str,
    study_instance_uid: str,
    scheduled_at: datetime | None,
    zone: ZoneInfo,
) -> Exam:
    """In the caller's transaction. A row made from images is taken over, with its code."""
    exam = await Exam.get_or_none(sender=sender, accession_number=accession_number)
    if exam is None:
        exam = await _of_another_sender(sender, accession_number, patient)
    orphan = await _made_from_images(
        accession_number, patient, modality, study_instance_uid, _day(scheduled_at, zone), zone
    )
    if exam is None and orphan is None:
        return await Exam.create(
            public_id=new_token(), sender=sender, accession_number=accession_number, patient=patient
        )
    if exam is None:
        assert orphan is not None
        orphan.sender, orphan.accession_number = sender, accession_number
        orphan.patient = patient
        orphan.made_from_images = False
        await orphan.save()
        return orphan
    if orphan is not None:
        await merge_exam(orphan, into=exam)
    return exam


async def _of_another_sender(sender: str, accession_number: str, patient: Patient) -> Exam | None:
    """The HIS orders, the RIS reports: the same accession number for the same patient number and
    name is one examination, if there is exactly one."""
    rows = (
        await Exam.filter(
            accession_number=accession_number,
            patient__patient_number=patient.patient_number,
            merged_into=None,
        )
        .exclude(sender__in=[sender, DICOM_SENDER])
        .prefetch_related("patient")
    )
    same = [exam for exam in rows if exam.patient.name in ("", patient.name) or not patient.name]
    return same[0] if len(same) == 1 else None


async def merge_exam(orphan: Exam, *, into: Exam) -> None:
    """Move images and codes of an examination made from images to the one that was ordered."""
    await Study.filter(exam=orphan).update(exam=into)
    await ExamCode.filter(exam=orphan).update(exam=into)
    orphan.merged_into = into
    orphan.made_from_images = False
    await orphan.save()
    first = await Study.filter(exam=into, study_at__isnull=False).order_by("study_at").first()
    if first is not None:
        into.acquired_at = first.study_at
        await into.save(update_fields=["acquired_at"])


def _day(when: datetime | None, zone: ZoneInfo) -> date | None:
    return when.astimezone(zone).date() if when else None


async def _made_from_images(
    accession_number: str,
    patient: Patient,
    modality: str,
    study_instance_uid: str,
    day: date | None,
    zone: ZoneInfo,
) -> Exam | None:
    """The one examination made from images that this order means, if there is exactly one."""
    found = []
    unclaimed = Exam.filter(sender=DICOM_SENDER, made_from_images=True)
    if study_instance_uid:
        found = await unclaimed.filter(study_instance_uid=study_instance_uid)
    if not found:
        found = await unclaimed.filter(accession_number=accession_number)
    if not found and day is not None:
        unnamed = await unclaimed.filter(
            accession_number__startswith=UNNAMED_PREFIX,
            patient__patient_number=patient.patient_number,
            modality=modality,
        )
        found = [exam for exam in unnamed if _day(exam.acquired_at, zone) == day]
    return found[0] if len(found) == 1 else None


async def exam_for_study(study: StudyFacts, zone: ZoneInfo) -> int | None:
    """The ordered examination a study belongs to (`domain.matching.choose_exam`)."""
    rows: list[Exam] = []
    known = Exam.filter(merged_into=None).prefetch_related("patient")
    rows += await known.filter(study_instance_uid=study.study_instance_uid, made_from_images=False)
    if study.accession_number:
        rows += await known.filter(accession_number=study.accession_number, made_from_images=False)
    elif study.patient_number:
        rows += await known.filter(
            patient__patient_number=study.patient_number,
            modality=study.modality,
            made_from_images=False,
        )
    candidates = {
        exam.id: Candidate(
            exam_id=exam.id,
            accession_number=exam.accession_number,
            patient_number=exam.patient.patient_number,
            modality=exam.modality,
            study_instance_uid=exam.study_instance_uid,
            day=_day(exam.scheduled_at, zone),
        )
        for exam in rows
    }
    return choose_exam(study, list(candidates.values()))
