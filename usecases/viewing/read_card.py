"""The QR card of an examination: a picture that a patient keeps in the phone's album (E10.4)."""

import asyncio

from documents.qr_card import CardText, qr_card
from domain.access import PatientViewer
from domain.ports import Sealer
from storage.transactions import in_transaction
from usecases.exam_code.issue_code import code_url, ensure_code
from usecases.viewing.read_report import Hospital
from usecases.viewing.see_exam import exam_for


async def read_card(
    sealer: Sealer, viewer: PatientViewer, exam_id: int, base_url: str, hospital: Hospital
) -> bytes:
    """A PNG. No name and no ID number are on it: a lost phone's album tells nothing more than the
    paper did."""
    exam = await exam_for(viewer, exam_id)
    token = await in_transaction(lambda: ensure_code(sealer, exam.id))
    taken = exam.acquired_at or exam.scheduled_at
    text = CardText(
        hospital=hospital.name + exam.campus.replace(hospital.name, ""),
        title=exam.procedure or exam.modality or "影像检查",
        lines=(
            ("检查号", exam.accession_number),
            ("设备", exam.modality),
            ("部位", exam.body_part),
            ("时间", taken.astimezone(hospital.zone).strftime("%Y-%m-%d") if taken else ""),
        ),
    )
    return await asyncio.to_thread(qr_card, code_url(base_url, token), text)
