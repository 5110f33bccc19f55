"""Consent is withdrawn: from now on nothing of this person is shown on any phone, and no message
goes out."""

from domain.access import PatientViewer
from domain.errors import Refused
from domain.guardian import may_withdraw
from storage.records.audit import AuditEntry
from storage.records.binding import Binding, GuardianInvitation
from storage.records.consent import Consent
from storage.records.exam import Exam
from storage.records.session import ViewingSession
from storage.records.share import Share
from storage.transactions import db_now, in_transaction


async def withdraw_consent(viewer: PatientViewer, *, request_id: str = "") -> None:
    """Ends the person's sessions, bindings, invitations, and the shares that they made. Refused for
    a guardian of a grown-up, who can only leave."""
    if not may_withdraw(viewer.relation):
        raise Refused("not_yours_to_withdraw", "只有患者本人可以撤回同意。您可以解除自己的绑定。")
    await in_transaction(lambda: _withdraw(viewer, request_id))


async def _withdraw(viewer: PatientViewer, request_id: str) -> None:
    now, ids = await db_now(), sorted(viewer.patient_ids)
    if not await Consent.filter(patient_id__in=ids, withdrawn_at=None).update(withdrawn_at=now):
        await Consent.create(  # never asked (a program's session): the refusal itself is kept
            patient_id=ids[0], version="", actor=viewer.actor, agreed_at=now, withdrawn_at=now
        )
    await Binding.filter(patient_id__in=ids, ended_at=None).update(
        ended_at=now, live_key=None, self_key=None
    )
    await GuardianInvitation.filter(patient_id__in=ids, used_at=None, revoked_at=None).update(
        revoked_at=now
    )
    exams = [
        int(str(one)) for one in await Exam.filter(patient_id__in=ids).values_list("id", flat=True)
    ]
    await (
        Share.filter(exam_id__in=exams, revoked_at=None)
        .exclude(made_by__startswith="staff:")
        .update(revoked_at=now)
    )
    await ViewingSession.filter(exam_id__in=exams, share=None, revoked_at=None).update(
        revoked_at=now
    )
    await AuditEntry.create(
        actor=viewer.actor, action="consent_withdrawn", exam_id=viewer.exam_id,
        request_id=request_id,
    )  # fmt: skip
