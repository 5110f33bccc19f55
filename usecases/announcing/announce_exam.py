"""An examination that changed becomes messages for each destination that wants them: durable rows,
one an event, in the order in which they must arrive."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from documents.qr import qr_png
from domain.exam import shown_time
from domain.ports import ObjectStore, Sealer
from integrations.his.destinations import Destination
from integrations.his.outgoing import ToldExam, ToldReport, Writer
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.hl7_outbound import Hl7Outbound
from storage.records.report import Report
from storage.transactions import db_now, in_transaction
from usecases.exam_code.issue_code import PURPOSE as CODE_PURPOSE
from usecases.exam_code.issue_code import code_url

MESSAGE_PURPOSE = "hl7_outbound.message"
_TOLD = ("final", "corrected", "withdrawn")


@dataclass(frozen=True, slots=True)
class House:
    """What of the settings a message needs."""

    base_url: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class _Event:
    key: str
    kind: str  # MSH-9
    write: Callable[..., bytes]


async def announce_exam(
    objects: ObjectStore,
    sealer: Sealer,
    destinations: tuple[Destination, ...],
    house: House,
    exam_id: int,
) -> None:
    """Safe to run at any time, any number of times. An examination that no order has named is told
    nobody: nobody would know its number."""
    exam = await Exam.get(id=exam_id).prefetch_related("patient")
    if exam.made_from_images or exam.merged_into_id is not None:  # type: ignore[attr-defined]
        return
    wanting = [one for one in destinations if one.wants(sender=exam.sender, campus=exam.campus)]
    if not wanting:
        return
    code = await ExamCode.filter(exam=exam, revoked_at=None).order_by("id").first()
    told = await _told(sealer, exam, code, house)
    report = await Report.filter(exam=exam).order_by("-version").first()
    for destination in wanting:
        with_pdf = report if destination.report_pdf else None
        pdf = await _pdf(objects, with_pdf)
        await in_transaction(
            lambda to=destination, pdf=pdf: _announce(  # type: ignore[misc]
                sealer, to, exam, told, code, report, pdf, house
            )
        )


async def _announce(
    sealer: Sealer, to: Destination, exam: Exam, told: ToldExam, code: ExamCode | None,
    report: Report | None, pdf: bytes | None, house: House,
) -> None:  # fmt: skip
    writer = Writer(to, house.zone)
    events: list[_Event] = []
    if "code" in to.events and code is not None:
        events.append(_Event(f"code:{code.id}", to.code_message, writer.code))
    if "status" in to.events:
        events += await _status_event(to, exam, writer)
    if "report" in to.events and report is not None and await _is_told(to, exam, report):
        text = _report(report, pdf)

        def write(one: ToldExam, *, control_id: str, now: datetime) -> bytes:
            return writer.report(one, text, control_id=control_id, now=now)

        events.append(_Event(f"report:{report.id}", "ORU^R01", write))
    for event in events:
        await _add(sealer, to, exam, told, event)


async def _add(sealer: Sealer, to: Destination, exam: Exam, told: ToldExam, event: _Event) -> None:
    if await Hl7Outbound.filter(destination=to.name, event_key=event.key).exists():
        return
    now = await db_now()
    control_id = "CF" + secrets.token_hex(8)
    message = event.write(told, control_id=control_id, now=now)
    await Hl7Outbound.create(
        destination=to.name,
        event_key=event.key,
        exam=exam,
        control_id=control_id,
        message_type=event.kind,
        message_sealed=sealer.seal(message.hex(), purpose=MESSAGE_PURPOSE),
        available_at=now,
    )


async def _status_event(to: Destination, exam: Exam, writer: Writer) -> list[_Event]:
    """The state if it is not the one last told; that it was ordered, its sender knows."""
    told = Hl7Outbound.filter(destination=to.name, event_key__startswith=f"status:{exam.id}:")
    last = await told.order_by("-id").first()
    known = last.event_key.split(":")[2] if last is not None else "scheduled"
    if exam.status.value == known:
        return []
    key = f"status:{exam.id}:{exam.status.value}:{await told.count() + 1}"
    return [_Event(key, "ORM^O01", writer.status)]


async def _is_told(to: Destination, exam: Exam, report: Report) -> bool:
    """A withdrawal only if something was told before; a preliminary report never."""
    if report.state == "withdrawn":
        told = Hl7Outbound.filter(destination=to.name, exam=exam, event_key__startswith="report:")
        return await told.exists()
    return report.state in _TOLD


async def _told(sealer: Sealer, exam: Exam, code: ExamCode | None, house: House) -> ToldExam:
    url = ""
    if code is not None:
        token = sealer.unseal(bytes(code.token_sealed), purpose=CODE_PURPOSE)
        url = code_url(house.base_url, token)
    patient = exam.patient
    return ToldExam(
        patient_number=patient.patient_number,
        issuer=patient.sender,
        name=patient.name,
        birth_date=patient.birth_date,
        sex=patient.sex,
        patient_type=exam.patient_type,
        accession_number=exam.accession_number,
        procedure=exam.procedure,
        body_part=exam.body_part,
        modality=exam.modality,
        status=exam.status,
        shown_time=shown_time(
            exam.status,
            scheduled_at=exam.scheduled_at,
            acquired_at=exam.acquired_at,
            reported_at=exam.reported_at,
        ),
        code_url=url,
        code_png=await asyncio.to_thread(qr_png, url) if url else b"",
    )


def _report(report: Report, pdf: bytes | None) -> ToldReport:
    return ToldReport(
        state=report.state,
        reported_at=report.reported_at,
        findings=report.findings,
        impression=report.impression,
        reporter=report.reporter,
        reviewer=report.reviewer,
        pdf=pdf if report.state != "withdrawn" else None,
    )


async def _pdf(objects: ObjectStore, report: Report | None) -> bytes | None:
    """The sender's own PDF; none is composed for this."""
    if report is None or not report.pdf_key:
        return None
    return await objects.get(report.pdf_key, sha256=report.pdf_sha256)
