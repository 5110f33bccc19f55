"""Retrieval without a code: the conditions that the hospital asks for and the same digits, on the
same counters (tender E4).

No such person, a wrong number, wrong digits and a locked code have one answer, so that nobody
learns who is a patient here.
"""

from collections.abc import Mapping

from tortoise.expressions import Q

from domain.challenge import Question, normalized_digits
from domain.errors import Denied, Invalid, Locked
from domain.page_settings import LABELS, QuerySettings
from domain.ports import Sealer
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.transactions import in_transaction
from usecases.exam_code.issue_code import ensure_code
from usecases.identity.verify_digits import Entrance, OpenedSession, WrongDigits, verify_row
from usecases.matching.file_patient import PHONE
from usecases.patients.person import numbers_of

MANY = 50
NO_MATCH = "没有查到相符的检查。请核对姓名、号码和证件数字;连续输错 5 次,要等 15 分钟才能再试。"


async def query_exam(
    sealer: Sealer,
    asked: QuerySettings,
    answers: Mapping[str, str],
    typed: str,
    *,
    preferred: Question,
    entrance: Entrance,
) -> OpenedSession:
    """`answers` by condition; a `number` is an examination's or a patient's. Raises Invalid (what
    cannot be an answer) or Denied("query_no_match")."""
    missing = [LABELS[one] for one in asked.conditions if not answers.get(one)]
    if missing:
        raise Invalid("query_incomplete", f"请填写{'、'.join(missing)}。")
    normalized_digits(typed, preferred)
    exam = await _find(sealer, {one: answers[one] for one in asked.conditions})
    if exam is None:
        raise Denied("query_no_match", NO_MATCH)
    await in_transaction(lambda: ensure_code(sealer, exam.id))
    row = (
        await ExamCode.filter(exam_id=exam.id, revoked_at=None)
        .prefetch_related("exam__patient")
        .order_by("id")
        .first()
    )
    assert row is not None
    try:
        return await verify_row(sealer, row, typed, preferred=preferred, entrance=entrance)
    except (WrongDigits, Locked) as error:
        raise Denied("query_no_match", NO_MATCH) from error


async def _find(sealer: Sealer, answers: Mapping[str, str]) -> Exam | None:
    """The newest examination that agrees with all of it; an examination's own number goes before a
    patient's."""
    exams = Exam.filter(merged_into=None)
    for condition, answer in answers.items():
        exams = exams.filter(await _condition(sealer, condition, answer))
    found = await exams.order_by("-id").limit(MANY)
    by_accession = [one for one in found if one.accession_number == answers.get("number")]
    return next(iter(by_accession or found), None)


async def _condition(sealer: Sealer, condition: str, answer: str) -> Q:
    match condition:
        case "name":
            return Q(patient__name=answer)
        case "accession_number":
            return Q(accession_number=answer)
        case "patient_number":
            return Q(patient__patient_number__in=await numbers_of(answer))
        case "phone":
            digits = "".join(c for c in answer if c.isdigit())
            return Q(patient__phone_index=sealer.blind_index(digits, purpose=PHONE))
    # a new card after a merge finds what the old one had
    numbers = await numbers_of(answer)
    return Q(accession_number=answer) | Q(patient__patient_number__in=numbers)
