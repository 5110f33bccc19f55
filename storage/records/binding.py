"""Which WeChat user may enter for which patient, as the patient or as a guardian, and the
invitations by which a patient makes somebody a guardian."""

from datetime import datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from storage.transactions import run_sql

if TYPE_CHECKING:
    from storage.records.patient import Patient
    from storage.records.wechat_user import WeChatUser


class Binding(Model):
    """`live_key` (and `self_key`, of the one binding as the patient that a WeChat user may have)
    is set while the binding stands and unique: two requests at once make one.
    `made_by` says how it was earned: `digits`, `invitation` or `child_digits`."""

    id = fields.BigIntField(primary_key=True)
    public_id = fields.CharField(max_length=22, unique=True)
    user: fields.ForeignKeyRelation["WeChatUser"] = fields.ForeignKeyField(
        "models.WeChatUser", related_name="bindings", on_delete=fields.RESTRICT
    )
    patient: fields.ForeignKeyRelation["Patient"] = fields.ForeignKeyField(
        "models.Patient", related_name="bindings", on_delete=fields.RESTRICT
    )
    relation = fields.CharField(max_length=16)  # domain.guardian.Relation
    made_by = fields.CharField(max_length=16)
    live_key = fields.CharField(max_length=48, null=True, unique=True)
    self_key = fields.CharField(max_length=24, null=True, unique=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "binding"
        indexes = (("user_id",), ("patient_id",))


class GuardianInvitation(Model):
    """One use, for a day. The token is in a link or its QR picture."""

    id = fields.BigIntField(primary_key=True)
    public_id = fields.CharField(max_length=22, unique=True)
    token_sha256 = fields.CharField(max_length=64, unique=True)
    patient: fields.ForeignKeyRelation["Patient"] = fields.ForeignKeyField(
        "models.Patient", related_name="invitations", on_delete=fields.CASCADE
    )
    relation = fields.CharField(max_length=16)
    made_by = fields.CharField(max_length=80)
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "guardian_invitation"
        indexes = (("patient_id",),)


async def use_invitation(invitation_id: int, now: datetime) -> bool:
    """Its one use, in the statement that also judges it."""
    rows = await run_sql(
        "UPDATE guardian_invitation SET used_at = $2 WHERE id = $1 AND used_at IS NULL "
        "AND revoked_at IS NULL AND expires_at > $2 RETURNING id",
        invitation_id, now,
    )  # fmt: skip
    return bool(rows)
