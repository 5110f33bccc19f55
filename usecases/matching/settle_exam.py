"""An examination's state and times, computed anew from everything that has arrived."""

from domain.exam import ExamFacts, status_of
from domain.ports import Sealer
from storage import outbox
from storage.records.exam import Exam
from storage.records.imaging import Study
from storage.records.report import Report
from storage.transactions import in_transaction
from usecases.exam_code.issue_code import ensure_code

_FINAL = ("final", "corrected")


async def settle_exam(sealer: Sealer, exam_id: int) -> None:
    """Safe to run at any time, any number of times."""
    await in_transaction(lambda: settle_exam_now(sealer, exam_id))


async def settle_exam_now(sealer: Sealer, exam_id: int) -> None:
    """The same inside the caller's transaction. The row is locked before anything is read: of a
    report and images that arrive at once, who comes second sees what the first has brought."""
    exam = await Exam.select_for_update(no_key=True).get(id=exam_id)
    if exam.merged_into_id is not None:  # type: ignore[attr-defined]
        return
    newest = await Report.filter(exam=exam).order_by("-version").first()
    is_final = newest is not None and newest.state in _FINAL
    first = await Study.filter(exam=exam, study_at__isnull=False).order_by("study_at").first()
    status = status_of(
        ExamFacts(
            is_cancelled=exam.is_cancelled,
            has_images=await Study.filter(exam=exam).exists(),
            has_final_report=is_final,
        )
    )
    if status != exam.status:
        await outbox.want("announce_exam", exam.id)
    exam.status = status
    exam.reported_at = newest.reported_at if newest is not None and is_final else None
    exam.acquired_at = first.study_at if first is not None else exam.acquired_at
    await exam.save(update_fields=["status", "reported_at", "acquired_at", "updated_at"])
    await ensure_code(sealer, exam.id)
    if newest is not None and is_final and newest.noticed_at is None:
        await outbox.want("report_notice", newest.id)
