"""Retrieval without a code: name, a number and the same digits, on the same counters (tender E4).

No such person, a wrong number, wrong digits and a locked code have one answer, so that nobody
learns who is a patient here.
"""

from domain.challenge import Question, normalized_digits
from domain.errors import Denied, Invalid, Locked
from domain.ports import Sealer
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.transactions import in_transaction
from usecases.exam_code.issue_code import ensure_code
from usecases.identity.verify_digits import OpenedSession, WrongDigits, verify_row

NO_MATCH = "没有查到相符的检查。请核对姓名、号码和证件数字;连续输错 5 次,要等 15 分钟才能再试。"


async def query_exam(
    sealer: Sealer,
    name: str,
    number: str,
    typed: str,
    *,
    preferred: Question,
    session_hours: float,
    request_id: str = "",
) -> OpenedSession:
    """`number` is an examination's or a patient's. Raises Invalid (what cannot be an answer) or
    Denied("query_no_match")."""
    if not name or not number:
        raise Invalid("query_incomplete", "请填写姓名和检查号(或就诊卡号)。")
    normalized_digits(typed, preferred)
    exam = await _find(name, number)
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
        return await verify_row(
            sealer, row, typed, preferred=preferred, session_hours=session_hours,
            channel="query", request_id=request_id,
        )  # fmt: skip
    except (WrongDigits, Locked) as error:
        raise Denied("query_no_match", NO_MATCH) from error


async def _find(name: str, number: str) -> Exam | None:
    """The newest examination of this name under this number."""
    named = Exam.filter(patient__name=name, merged_into=None)
    exam = await named.filter(accession_number=number).order_by("-id").first()
    if exam is None:
        exam = await named.filter(patient__patient_number=number).order_by("-id").first()
    return exam
