"""A report message becomes a version of an examination's report (已完成 when it is final)."""

import hashlib
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.matching import version_of
from domain.messages import ReportMessage
from domain.ports import ObjectStore, Sealer
from storage import outbox
from storage.records.report import Report
from storage.transactions import in_transaction
from usecases.matching.exam_facts import take_exam_facts
from usecases.matching.file_patient import file_patient
from usecases.matching.find_exam import find_or_make_exam
from usecases.matching.settle_exam import settle_exam_now


@dataclass(frozen=True, slots=True)
class _StoredPdf:
    key: str = ""
    sha256: str = ""


async def file_report(
    objects: ObjectStore, sealer: Sealer, report: ReportMessage, *, zone: ZoneInfo
) -> int:
    """Durable when it returns the examination's id; the same message again changes nothing."""
    return (await file_reports(objects, sealer, [report], zone=zone))[0]


async def file_reports(
    objects: ObjectStore, sealer: Sealer, reports: list[ReportMessage], *, zone: ZoneInfo
) -> list[int]:
    """All reports of one message, or none."""
    stored = [await _store_pdf(objects, report) for report in reports]

    async def file() -> list[int]:
        pairs = zip(reports, stored, strict=True)
        return [await _file(sealer, report, pdf, zone=zone) for report, pdf in pairs]

    return await in_transaction(file)


async def _store_pdf(objects: ObjectStore, report: ReportMessage) -> _StoredPdf:
    if report.pdf is None:
        return _StoredPdf()
    sha256 = hashlib.sha256(report.pdf).hexdigest()
    key = f"reports/{sha256[:2]}/{sha256}.pdf"
    await objects.put(key, report.pdf, sha256=sha256)
    return _StoredPdf(key, sha256)


async def _file(sealer: Sealer, report: ReportMessage, pdf: _StoredPdf, *, zone: ZoneInfo) -> int:
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
    await take_exam_facts(exam, report, patient, version=version)
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
            "pdf_key": pdf.key,
            "pdf_sha256": pdf.sha256,
        },
    )
    await outbox.want("announce_exam", exam.id)
    await outbox.want("report_thumbnail", exam.id)
    await settle_exam_now(sealer, exam.id)
    return int(exam.id)
