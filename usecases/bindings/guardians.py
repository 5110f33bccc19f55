"""A patient lets somebody of the family look: an invitation by link or QR, accepted in WeChat."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.access import PatientViewer
from domain.errors import Gone, Invalid, NotFound, Refused
from domain.guardian import LABELS, RELATIONS
from domain.patient import masked_name
from storage.records.audit import AuditEntry
from storage.records.binding import Binding, GuardianInvitation, use_invitation
from storage.records.exam import Exam
from storage.records.session import ViewingSession
from storage.records.wechat_user import WeChatUser
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction
from usecases.bindings.bind import make_binding
from usecases.bindings.find import binding_for
from usecases.patients.person import person_of

LIFE = timedelta(hours=24)
MAX_OPEN = 5


@dataclass(frozen=True, slots=True)
class Invited:
    """`token` is shown once."""

    token: str
    row: GuardianInvitation


async def invite_guardian(viewer: PatientViewer, relation: str, *, request_id: str = "") -> Invited:
    """By the patient (or a child's parent), for somebody who is not the patient."""
    if relation not in RELATIONS or relation == "self":
        raise Invalid("relation_unknown", "请选择家人和您的关系。")
    if viewer.is_guardian and viewer.relation != "parent":
        raise Refused("not_yours_to_invite", "只有患者本人可以邀请家人。")
    exam = await Exam.filter(id=viewer.exam_id).prefetch_related("patient").first()
    if exam is None:
        raise NotFound("exam_not_found", "没有找到这项检查。")
    now, token = await db_now(), new_token()
    waiting = await GuardianInvitation.filter(
        patient_id__in=list(viewer.patient_ids), used_at=None, revoked_at=None, expires_at__gt=now
    ).count()
    if waiting >= MAX_OPEN:
        raise Refused("too_many_invitations", "等待接受的邀请太多,请先收回几个。")

    async def write() -> GuardianInvitation:
        row = await GuardianInvitation.create(
            public_id=new_token(),
            token_sha256=sha256_hex(token),
            patient=exam.patient,
            relation=relation,
            made_by=viewer.actor,
            expires_at=now + LIFE,
        )
        await AuditEntry.create(
            actor=viewer.actor, action="guardian_invited", exam_id=exam.id, request_id=request_id
        )
        return row

    return Invited(token, await in_transaction(write))


async def invitation_row(token: str) -> GuardianInvitation:
    """A live one. NotFound, Gone."""
    row = None
    if 20 <= len(token) <= 24:
        found = GuardianInvitation.filter(token_sha256=sha256_hex(token))
        row = await found.prefetch_related("patient").first()
    if row is None:
        raise NotFound("invitation_unknown", "没有这个邀请,请让家人重新发一次。")
    if row.used_at is not None or row.revoked_at is not None or row.expires_at <= await db_now():
        raise Gone("invitation_ended", "这个邀请已经用过或过期,请让家人重新发一次。")
    return row


async def accept_invitation(user: WeChatUser, token: str, *, request_id: str = "") -> Binding:
    """One use, whoever is first."""
    row = await invitation_row(token)

    async def accept() -> Binding:
        if await binding_for(user, await person_of(row.patient)) is not None:
            raise Refused("already_bound", "您已经可以查看这位患者,不用再接受。")
        if not await use_invitation(row.id, await db_now()):
            raise Gone("invitation_ended", "这个邀请已经用过或过期,请让家人重新发一次。")
        return await make_binding(
            user, row.patient, row.relation, "invitation", request_id=request_id
        )

    return await in_transaction(accept)


async def revoke_invitation(viewer: PatientViewer, public_id: str) -> None:
    """Before it is used; afterwards there is a binding to end."""
    changed = await GuardianInvitation.filter(
        public_id=public_id, patient_id__in=list(viewer.patient_ids), used_at=None, revoked_at=None
    ).update(revoked_at=await db_now())
    if not changed:
        raise NotFound("invitation_unknown", "没有找到这个邀请。")


async def describe_bindings(viewer: PatientViewer) -> dict[str, Any]:
    """Who may enter for this patient, and who has been asked to."""
    ids = list(viewer.patient_ids)
    live = await Binding.filter(patient_id__in=ids, ended_at=None).order_by("id")
    now = await db_now()
    waiting = await GuardianInvitation.filter(
        patient_id__in=ids, used_at=None, revoked_at=None, expires_at__gt=now
    ).order_by("id")
    mine = await ViewingSession.get(id=viewer.session_id).values("binding_id")
    return {
        "may_invite": not viewer.is_guardian or viewer.relation == "parent",
        "bindings": [
            {
                "id": one.public_id,
                "relation": one.relation,
                "relation_label": LABELS.get(one.relation, ""),
                "made_by": one.made_by,
                "since": one.created_at.isoformat(timespec="seconds"),
                "is_mine": one.id == mine["binding_id"],
            }
            for one in live
        ],
        "invitations": [
            {
                "id": one.public_id,
                "relation": one.relation,
                "relation_label": LABELS.get(one.relation, ""),
                "expires_at": one.expires_at.isoformat(timespec="seconds"),
            }
            for one in waiting
        ],
    }


async def describe_invitation(token: str) -> dict[str, Any]:
    """What the invited one sees first."""
    row = await invitation_row(token)
    return {
        "masked_name": masked_name(row.patient.name),
        "relation": row.relation,
        "relation_label": LABELS.get(row.relation, ""),
        "expires_at": row.expires_at.isoformat(timespec="seconds"),
    }
