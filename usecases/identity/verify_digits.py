"""Digits typed on a code's page open a session, or count as a wrong try.

The try is counted in one statement before anything is compared, so two hundred tries at once
compare five times and no more.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access import PatientViewer
from domain.challenge import (
    DAY,
    MAX_DAY,
    MAX_RECENT,
    MAX_TOTAL,
    Question,
    Tries,
    lock_after,
    normalized_digits,
    tries_left,
)
from domain.errors import Denied, Gone, Locked
from domain.ports import Sealer
from storage.records.audit import AuditEntry
from storage.records.binding import Binding
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode, count_try, reset_tries, set_lock
from storage.records.session import ViewingSession
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction
from usecases.consent.give_consent import record_consent, standing_of
from usecases.consent.text import ConsentWords
from usecases.identity.find_code import answer_for, code_row, question_for
from usecases.patients.person import person_of


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """`token` goes into the cookie and is stored only as its digest; `viewer` is whom it makes of
    its holder. One that `is_waiting` shows nothing until consent is given."""

    token: str
    viewer: PatientViewer
    expires_at: datetime
    is_waiting: bool = False

    @property
    def exam_id(self) -> int:
        return self.viewer.exam_id


@dataclass(frozen=True, slots=True)
class Entrance:
    """How somebody enters: through which door, and what they agreed to. `agreed` is the version
    of the consent text that the page showed; without it, and none given before, the session waits
    for it."""

    words: ConsentWords
    agreed: str = ""
    channel: str = "browser"
    session_hours: float = 2.0
    request_id: str = ""


class WrongDigits(Denied):
    """Wrong, with how many tries are left."""

    def __init__(self, left: int) -> None:
        super().__init__("digits_wrong", f"输入的数字不对,还可以再试 {left} 次。")
        self.tries_left = left


async def verify_digits(
    sealer: Sealer, token: str, typed: str, *, preferred: Question, entrance: Entrance
) -> OpenedSession:
    """Raises NotFound, Gone, Invalid (not counted), WrongDigits or Locked."""
    row = await code_row(token)
    return await verify_row(sealer, row, typed, preferred=preferred, entrance=entrance)


async def verify_row(
    sealer: Sealer, row: ExamCode, typed: str, *, preferred: Question, entrance: Entrance
) -> OpenedSession:
    """The same for a code's row with its examination and patient."""
    if row.revoked_at is not None:
        raise Gone("code_revoked", "这个二维码已失效,请到放射科窗口重新打印。")
    question = question_for(sealer, row.exam.patient, preferred)
    if question is None:
        raise Denied("unverifiable", "医院还没有登记可以验证的证件号,请到放射科窗口办理。")
    digits = normalized_digits(typed, question)
    tries = await _count(row)
    expected = answer_for(sealer, row.exam.patient, question)
    is_right = hmac.compare_digest(digits.encode(), expected.encode())
    if not is_right:
        await _wrong(row, tries, entrance.request_id)

    async def enter() -> OpenedSession:
        await reset_tries(row.id)
        return await open_viewing(row.exam, entrance, action="verify")

    return await in_transaction(enter)


async def _count(row: ExamCode) -> Tries:
    """Count this try, or raise Locked when none is left."""
    now = await db_now()
    counted = await count_try(
        row.id,
        now=now,
        day_ago=now - DAY,
        max_recent=MAX_RECENT,
        max_day=MAX_DAY,
        max_total=MAX_TOTAL,
    )
    if counted is None:
        await row.refresh_from_db()
        raise _locked(row, now)
    return Tries(*counted)


def _locked(row: ExamCode, now: datetime) -> Locked:
    if row.wrong_total >= MAX_TOTAL:
        return Locked("locked", "输错次数过多,为保护隐私已停用。请携带证件到放射科窗口解除。")
    until = row.locked_until or now + timedelta(minutes=15)
    wait_s = max(int((until - now).total_seconds()), 1)
    word = f"{wait_s // 60 + 1} 分钟" if wait_s < 3600 else f"{wait_s // 3600 + 1} 小时"
    return Locked("locked", f"输错次数过多,请 {word}后再试。", retry_after_s=wait_s)


def _bounded(until: datetime, now: datetime) -> datetime:
    """A date that every database can hold."""
    return min(until, now + timedelta(days=36500))


async def _wrong(row: ExamCode, tries: Tries, request_id: str) -> None:
    now = await db_now()
    until = lock_after(tries, now)
    await AuditEntry.create(
        actor=f"code:{row.id}", action="verify", exam_id=row.exam.id, outcome="wrong",
        request_id=request_id,
    )  # fmt: skip
    if until is not None:
        await set_lock(row.id, _bounded(until, now))
        await row.refresh_from_db()
        raise _locked(row, now)
    raise WrongDigits(tries_left(tries))


async def open_viewing(
    exam: Exam, entrance: Entrance, *, action: str, binding: Binding | None = None
) -> OpenedSession:
    """A session for an examination (with its patient), consent recorded or waited for; in the
    caller's transaction."""
    token, now = new_token(), await db_now()
    person = await person_of(exam.patient)
    standing = await standing_of(person, entrance.words.version)
    session = await ViewingSession.create(
        token_sha256=sha256_hex(token),
        exam_id=exam.id,
        binding=binding,
        channel=entrance.channel,
        is_waiting=standing != "given" and not entrance.agreed,
        expires_at=now + timedelta(hours=entrance.session_hours),
    )
    viewer = PatientViewer(exam.id, session.id, person, binding.relation if binding else "")
    actor = viewer.actor
    if entrance.agreed and standing != "given":
        await record_consent(
            exam.patient.id, entrance.words, entrance.agreed, actor=actor, channel=entrance.channel
        )
    await AuditEntry.create(
        actor=actor, action=action, exam_id=exam.id, request_id=entrance.request_id
    )
    return OpenedSession(token, viewer, session.expires_at, session.is_waiting)
