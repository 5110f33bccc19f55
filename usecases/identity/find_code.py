"""A scanned code becomes what its page may say before anybody has proved anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.challenge import MAX_TOTAL, Question, expected_digits
from domain.errors import NotFound
from domain.exam import ExamStatus, shown_time
from domain.patient import masked_name
from domain.ports import Sealer
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.patient import Patient
from storage.tokens import sha256_hex
from storage.transactions import db_now
from usecases.consent.give_consent import standing_of
from usecases.matching.file_patient import ID_CARD, PHONE
from usecases.patients.person import person_of

State = Literal["challenge", "locked", "revoked", "unverifiable"]


@dataclass(frozen=True, slots=True)
class CodePage:
    """Nothing medical: a masked name, the state and its time, what is asked."""

    state: State
    masked_name: str
    status: ExamStatus
    shown_time: datetime | None
    question: Question
    locked_until: datetime | None
    needs_staff: bool
    patient_ids: frozenset[int]
    has_consent: bool


async def code_row(token: str) -> ExamCode:
    """The code's row with its examination and patient, or NotFound."""
    if not 20 <= len(token) <= 24:
        raise NotFound("code_unknown", "没有这个二维码。")
    row = (
        await ExamCode.filter(token_sha256=sha256_hex(token))
        .select_related("exam__patient")
        .first()
    )
    if row is None:
        raise NotFound("code_unknown", "没有这个二维码,请重新扫描或到放射科窗口打印。")
    return row


def answer_for(sealer: Sealer, patient: Patient, question: Question) -> str:
    """The right digits; "" when the hospital sent neither."""
    id_card = patient.id_card_sealed
    phone = patient.phone_sealed
    return expected_digits(
        question,
        id_card=sealer.unseal(bytes(id_card), purpose=ID_CARD) if id_card else "",
        phone=sealer.unseal(bytes(phone), purpose=PHONE) if phone else "",
    )


def question_for(sealer: Sealer, patient: Patient, preferred: Question) -> Question | None:
    """The configured question, else the other one where only that can be asked; None if neither."""
    other = Question("phone" if preferred.kind == "id_card" else "id_card", preferred.count)
    for question in (preferred, other):
        if answer_for(sealer, patient, question):
            return question
    return None


async def describe_code(
    sealer: Sealer, token: str, preferred: Question, *, consent_version: str
) -> CodePage:
    """What the page shows. NotFound for a code that never was."""
    row = await code_row(token)
    exam: Exam = row.exam
    question = question_for(sealer, exam.patient, preferred)
    now, person = await db_now(), await person_of(exam.patient)
    state: State = "challenge"
    if row.revoked_at is not None:
        state = "revoked"
    elif row.locked_until is not None and row.locked_until > now:
        state = "locked"
    elif question is None:
        state = "unverifiable"
    return CodePage(
        state=state,
        masked_name=masked_name(exam.patient.name),
        status=exam.status,
        shown_time=shown_time(
            exam.status,
            scheduled_at=exam.scheduled_at,
            acquired_at=exam.acquired_at,
            reported_at=exam.reported_at,
        ),
        question=question or preferred,
        locked_until=row.locked_until if state == "locked" else None,
        needs_staff=row.wrong_total >= MAX_TOTAL,
        patient_ids=person,
        has_consent=await standing_of(person, consent_version) == "given",
    )
