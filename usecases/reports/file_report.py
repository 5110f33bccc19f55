"""A report message becomes a version of an examination's report (已完成 when it is final)."""

import hashlib
from zoneinfo import ZoneInfo

from domain.matching import merged_facts, version_of
from domain.messages import ReportMessage
from domain.ports import ObjectStore, Sealer
from storage.records.report import Report
from storage.transactions import in_transaction
from usecases.matching.file_patient import file_patient
from usecases.matching.find_exam import find_or_make_exam
from usecases.matching.settle_exam import settle_exam_now

_FIELDS = ("campus", "procedure", "modality", "study_instance_uid")


async def file_report(
    objects: ObjectStore, sealer: Sealer, report: ReportMessage, *, zone: ZoneInfo
) -> int:
    """Durable when it returns the examination's id; the same message again changes nothing."""
    pdf_key, pdf_sha256 = "", ""
    if report.pdf is not None:
        pdf_sha256 = hashlib.sha256(report.pdf).hexdigest()
        pdf_key = f"reports/{pdf_sha256[:2]}/{pdf_sha256}.pdf"
        await objects.put(pdf_key, report.pdf, sha256=pdf_sha256)
    return await in_transaction(
        lambda: _file(sealer, report, zone=zone, pdf_key=pdf_key, pdf_sha256=pdf_sha256)
    )


async def _file(
    sealer: Sealer, report: ReportMessage, *, zone: ZoneInfo, pdf_key: str, pdf_sha256: str
) -> int:
    version = version_of(report.sent_at, report.control_id)
    patient = await file_patient(sealer, report.sender, report.patient, version=version)
    exam = await find_or_make_exam(
        sender=report.sender,
        accession_number=report.accession_number,
        patient=patient,
        modality=report.modality,
        study_instance_uid=report.study_instance_uid,
        scheduled_at=None,
        zone=zone,
    )
    current = {key: getattr(exam, key) for key in _FIELDS}
    incoming = {key: getattr(report, key) for key in _FIELDS}
    exam.update_from_dict(merged_facts(current, incoming, is_newer=False))
    if exam.patient_type == "unknown":
        exam.patient_type = report.patient_type
    await exam.save()
    await Report.update_or_create(
        exam=exam,
        version=version,
        defaults={
            "state": report.state,
            "findings": report.findings,
            "impression": report.impression,
            "reporter": report.reporter[:64],
            "reviewer": report.reviewer[:64],
            "reported_at": report.reported_at,
            "pdf_key": pdf_key,
            "pdf_sha256": pdf_sha256,
        },
    )
    await settle_exam_now(sealer, exam.id)
    return int(exam.id)
