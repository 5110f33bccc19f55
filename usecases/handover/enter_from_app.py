"""Somebody comes from the hospital's app: a patient to an examination, a member of staff to their
desk. What the app vouched for opens a session, and a one-time address carries it into the view.
"""

from datetime import datetime, timedelta

from domain.errors import Denied, NotFound
from domain.exam import ExamStatus
from domain.handover import MAX_SKEW, HandedPerson, Handover
from domain.ports import Sealer
from storage.records.audit import AuditEntry
from storage.records.exam import Exam
from storage.records.patient import Patient
from storage.records.session import ViewingSession
from storage.records.staff import StaffAccount
from storage.records.used_once import forget_used, use_once
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction
from usecases.entry.ticket import issue_ticket
from usecases.exam_code.issue_code import ensure_code
from usecases.identity.verify_digits import Entrance, open_viewing
from usecases.matching.file_patient import ID_CARD

DOOR = "app"
DESK = "/doctor"


async def enter_from_app(
    sealer: Sealer, handover: Handover, *, entrance: Entrance, staff_hours: float
) -> str:
    """The path that the app opens next, once. Denied for a proof that was used before; NotFound for
    nobody that we know, with one answer for all reasons."""
    await spend_once(f"{DOOR}:{handover.app_id}:{handover.once}")
    person = handover.person
    if person.kind == "staff":
        token = await _open_desk(person, handover.app_id, hours=staff_hours)
        return f"/enter/{await issue_ticket(sealer, door=DOOR, session_token=token, target=DESK)}"
    exam = await _exam_of(sealer, person)
    if handover.asks_digits:
        code = await in_transaction(lambda: ensure_code(sealer, exam.id))
        return f"/q/{code}"
    opened = await in_transaction(lambda: open_viewing(exam, entrance, action="app_entry"))
    ticket = await issue_ticket(sealer, door=DOOR, session_token=opened.token, target="/home")
    return f"/enter/{ticket}"


async def spend_once(what: str) -> None:
    """Denied when it was spent before, on whichever node."""
    now = await db_now()
    if not await use_once(sha256_hex(what), now):
        raise Denied("handover_replayed", "这个入口已经用过,请返回医院 App 重新打开。")


async def forget_spent(now: datetime) -> None:
    """What is older than any clock may be off is refused by its age anyway."""
    await forget_used(now - 4 * MAX_SKEW)


async def _exam_of(sealer: Sealer, person: HandedPerson) -> Exam:
    """The named examination of this person, else the newest."""
    index = sealer.blind_index(person.id_card, purpose=ID_CARD)
    patients = await Patient.filter(id_card_index=index)
    agreed = [one.id for one in patients if not person.name or one.name == person.name]
    exams = Exam.filter(patient_id__in=agreed, merged_into=None).exclude(
        status=ExamStatus.CANCELLED
    )
    if person.accession_number:
        exams = exams.filter(accession_number=person.accession_number)
    exam = await exams.order_by("-id").prefetch_related("patient").first()
    if exam is None:
        raise NotFound("handover_no_exam", "没有找到您的检查。刚登记的,请稍后再看。")
    return exam


async def _open_desk(person: HandedPerson, app_id: str, *, hours: float) -> str:
    found = await StaffAccount.filter(staff_number=person.staff_number, state="approved")
    if len(found) != 1:
        raise NotFound(
            "handover_no_account", "没有找到您的账号。请先在本系统注册,审核通过后再进入。"
        )
    token, now = new_token(), await db_now()
    await ViewingSession.create(
        token_sha256=sha256_hex(token), account=found[0], channel=DOOR,
        expires_at=now + timedelta(hours=hours),
    )  # fmt: skip
    await AuditEntry.create(actor=f"staff:{found[0].id}", action=f"sign_in_{app_id}"[:40])
    return token
