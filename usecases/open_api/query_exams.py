"""An imaging number or an ID-card number becomes examinations. Every subject that is asked about is
a row of the audit, also when nothing was found (BATTERY A21)."""

from collections.abc import Mapping

from tortoise.expressions import Q

from domain.access import StaffViewer, SystemViewer, may_see_exam
from domain.errors import Invalid
from domain.patient import is_id_card
from domain.ports import Sealer
from storage.records.audit import AuditEntry
from storage.records.exam import Exam
from usecases.matching.file_patient import ID_CARD

MAX_FOUND = 200
Asker = SystemViewer | StaffViewer
# what an imaging number is, by sender; "*" for all others
Meanings = Mapping[str, tuple[str, ...]]
_COLUMNS = {
    "patient_number": "patient__patient_number",
    "accession_number": "accession_number",
    "study_id": "studies__study_id",
}


async def exams_by_imaging_number(
    sealer: Sealer, asker: Asker, number: str, meanings: Meanings, *, request_id: str = ""
) -> list[Exam]:
    """Newest first. Raises Invalid."""
    number = number.strip()
    if not 0 < len(number) <= 64 or not number.isprintable():
        raise Invalid("imaging_number_malformed", "请填写影像号,最长 64 个字符。")
    named = [name for name in meanings if name != "*"]
    condition = Q(~Q(sender__in=named), _means(meanings["*"], number)) if named else None
    condition = condition or _means(meanings["*"], number)
    for name in named:
        condition |= Q(Q(sender=name), _means(meanings[name], number))
    subject = sealer.blind_index(number, purpose="open.imaging_number")
    return await _found(asker, condition, subject, request_id)


def _means(facts: tuple[str, ...], number: str) -> Q:
    return Q(*(Q(**{_COLUMNS[fact]: number}) for fact in facts), join_type="OR")


async def exams_by_id_card(
    sealer: Sealer, asker: Asker, id_card: str, *, request_id: str = ""
) -> list[Exam]:
    """By blind index: the number itself is compared with nothing. Raises Invalid."""
    id_card = id_card.strip().upper()
    if not is_id_card(id_card):
        raise Invalid("id_card_malformed", "身份证号不对,请核对 18 位号码。")
    index = sealer.blind_index(id_card, purpose=ID_CARD)
    return await _found(asker, Q(patient__id_card_index=index), index, request_id)


async def _found(asker: Asker, condition: Q, subject: str, request_id: str) -> list[Exam]:
    ids = await Exam.filter(condition, merged_into=None).distinct().values_list("id", flat=True)
    newest = sorted((int(str(one)) for one in ids), reverse=True)[:MAX_FOUND]
    rows = await Exam.filter(id__in=newest).prefetch_related("patient", "studies").order_by("-id")
    exams = [
        exam
        for exam in rows
        if may_see_exam(asker, exam_id=exam.id, patient_id=exam.patient.id, campus=exam.campus)
    ]
    entries = [_entry(asker, exam, request_id) for exam in exams]
    if not entries:  # the digest tells one subject from another and nothing more
        outcome = f"no_match:{subject[:16]}"
        entries = [
            AuditEntry(
                actor=asker.actor, action="exam_queried", outcome=outcome, request_id=request_id
            )
        ]
    await AuditEntry.bulk_create(entries)
    return exams


def _entry(asker: Asker, exam: Exam, request_id: str) -> AuditEntry:
    return AuditEntry(actor=asker.actor, action="exam_queried", exam=exam, request_id=request_id)


def imaging_number_of(exam: Exam, meanings: Meanings) -> str:
    """What the hospital calls this examination's imaging number."""
    values = {
        "patient_number": exam.patient.patient_number,
        "accession_number": exam.accession_number,
        "study_id": next((study.study_id for study in exam.studies if study.study_id), ""),  # type: ignore[attr-defined]
    }
    facts = meanings.get(exam.sender, meanings["*"])
    return next((values[fact] for fact in facts if values[fact]), "")
