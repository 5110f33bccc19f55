"""The report as a PDF or as pictures of its pages: the RIS' own, or one composed from its text;
always with a watermark. The signatures of the original are read before that, since a watermark
breaks them."""

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from asn1crypto.x509 import Certificate

from documents.page_picture import count_pages, pdf_page_png
from documents.report_pdf import ReportPage, compose_report
from documents.signatures import Signature, read_signatures
from documents.thumbnail import pdf_thumbnail
from documents.watermark import watermark_pdf
from domain.access import (
    PatientViewer,
    ShareViewer,
    StaffViewer,
    SystemViewer,
    TicketViewer,
    Viewer,
)
from domain.errors import Invalid, NotFound
from domain.guardian import LABELS
from domain.patient import age_text, masked_name
from domain.ports import ObjectStore
from storage.records.exam import Exam
from storage.records.report import Report
from usecases.viewing.see_exam import exam_for, report_of

_SEX = {"M": "男", "F": "女"}


@dataclass(frozen=True, slots=True)
class Hospital:
    """What paper says of the house."""

    name: str
    zone: ZoneInfo


async def _plain_pdf(
    objects: ObjectStore, viewer: Viewer, exam_id: int, hospital: Hospital
) -> tuple[Exam, bytes]:
    exam, report = await _report_for(viewer, exam_id)
    return exam, await _pdf_of(objects, exam, report, hospital)


async def _report_for(viewer: Viewer, exam_id: int) -> tuple[Exam, Report]:
    exam = await exam_for(viewer, exam_id)
    report = await report_of(exam)
    if report is None:
        raise NotFound("report_not_ready", "报告还没有出来,请稍后再看。")
    return exam, report


async def _pdf_of(objects: ObjectStore, exam: Exam, report: Report, hospital: Hospital) -> bytes:
    if report.pdf_key:
        return await objects.get(report.pdf_key, sha256=report.pdf_sha256)
    return await asyncio.to_thread(compose_report, _page(exam, report, hospital))


async def read_report_pdf(
    objects: ObjectStore, viewer: Viewer, exam_id: int, hospital: Hospital, *, now: datetime
) -> bytes:
    """With who, when and why across each page."""
    exam, pdf = await _plain_pdf(objects, viewer, exam_id, hospital)
    when = now.astimezone(hospital.zone).strftime("%Y-%m-%d %H:%M")
    text = f"{masked_name(exam.patient.name)} {who_looks(viewer)} {when} 仅供就医使用"
    return await asyncio.to_thread(watermark_pdf, pdf, text)


async def read_report_picture(
    objects: ObjectStore,
    viewer: Viewer,
    exam_id: int,
    hospital: Hospital,
    number: int,
    *,
    now: datetime,
) -> bytes:
    """One page of the same, as a PNG."""
    pdf = await read_report_pdf(objects, viewer, exam_id, hospital, now=now)
    return await asyncio.to_thread(pdf_page_png, pdf, number)


@dataclass(frozen=True, slots=True)
class ReportFile:
    """What there is to say of the original. `sha256` is for whoever compares files; "" for a report
    that we composed from its text."""

    pages: int
    sha256: str
    signatures: list[Signature]


async def describe_report_file(
    objects: ObjectStore,
    viewer: Viewer,
    exam_id: int,
    hospital: Hospital,
    *,
    roots: Sequence[Certificate],
) -> ReportFile:
    exam, pdf = await _plain_pdf(objects, viewer, exam_id, hospital)
    report = await report_of(exam)
    is_original = report is not None and bool(report.pdf_key)

    def describe() -> ReportFile:
        signatures = read_signatures(pdf, roots) if is_original else []
        digest = hashlib.sha256(pdf).hexdigest() if is_original else ""
        return ReportFile(count_pages(pdf), digest, signatures)

    return await asyncio.to_thread(describe)


def who_looks(viewer: Viewer) -> str:
    """The watermark's word for the one who looks."""
    match viewer:
        case PatientViewer():
            return f"家人查看({LABELS[viewer.relation]})" if viewer.is_guardian else "本人查看"
        case ShareViewer():
            return f"分享查看(第{viewer.share_id}号)"
        case StaffViewer():
            return f"医务人员查看(第{viewer.account_id}号)"
        case SystemViewer():
            return f"系统调阅({viewer.name})"
        case TicketViewer():
            return f"系统调阅({viewer.client})"


async def read_report_thumbnail(
    objects: ObjectStore, viewer: Viewer, exam_id: int, hospital: Hospital
) -> bytes:
    """Ready bytes; drawn here only where the job has not come to it yet."""
    exam, report = await _report_for(viewer, exam_id)
    try:
        return await objects.get(_thumbnail_key(exam, report, hospital))
    except NotFound:
        return await _draw_thumbnail(objects, exam, report, hospital)


async def prepare_thumbnail(objects: ObjectStore, exam_id: int, hospital: Hospital) -> None:
    """Drawn before anybody looks; nothing where no report stands."""
    exam = await Exam.filter(id=exam_id).select_related("patient").first()
    report = await report_of(exam) if exam is not None else None
    if exam is not None and report is not None:
        with contextlib.suppress(Invalid):  # a file that is no PDF: who opens it is told
            await _draw_thumbnail(objects, exam, report, hospital)


def _thumbnail_key(exam: Exam, report: Report, hospital: Hospital) -> str:
    """By what is drawn: whatever changes, a name or the report, is another picture."""
    drawn = report.pdf_sha256 if report.pdf_key else repr(_page(exam, report, hospital))
    digest = hashlib.sha256(drawn.encode()).hexdigest()
    return f"reports/thumbnails/{digest[:2]}/{digest}.png"


async def _draw_thumbnail(
    objects: ObjectStore, exam: Exam, report: Report, hospital: Hospital
) -> bytes:
    pdf = await _pdf_of(objects, exam, report, hospital)
    png = await asyncio.to_thread(pdf_thumbnail, pdf)
    await objects.put(_thumbnail_key(exam, report, hospital), png)
    return png


def _page(exam: Exam, report: Report, hospital: Hospital) -> ReportPage:
    def local(when: datetime | None) -> str:
        return when.astimezone(hospital.zone).strftime("%Y-%m-%d %H:%M") if when else ""

    patient = exam.patient
    day = (exam.acquired_at or report.created_at).astimezone(hospital.zone).date()
    return ReportPage(
        hospital=hospital.name,
        title="影像检查报告单",
        facts=[
            ("姓名", patient.name),
            ("性别", _SEX.get(patient.sex, "")),
            ("年龄", age_text(patient.birth_date, day)),
            ("患者编号", patient.patient_number),
            ("检查号", exam.accession_number),
            ("患者类型", exam.patient_type.label),
            ("检查项目", exam.procedure),
            ("院区", exam.campus),
            ("检查时间", local(exam.acquired_at)),
        ],
        findings=report.findings,
        impression=report.impression,
        reporter=report.reporter,
        reviewer=report.reviewer,
        reported_at=local(report.reported_at),
    )
