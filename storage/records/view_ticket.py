"""Tickets by which a third party sends somebody to one examination's images: one use, minutes."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from storage.records.exam import Exam
    from storage.records.staff import StaffAccount


class ViewTicket(Model):
    """`client` names the third party, `account` the member of staff for whom it asked, if any."""

    id = fields.BigIntField(primary_key=True)
    token_sha256 = fields.CharField(max_length=64, unique=True)
    exam: fields.ForeignKeyRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="tickets", on_delete=fields.CASCADE
    )
    client = fields.CharField(max_length=64)
    account: fields.ForeignKeyNullableRelation["StaffAccount"] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="tickets", null=True, on_delete=fields.CASCADE
    )
    expires_at = fields.DatetimeField(db_index=True)
    used_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "view_ticket"
        indexes = (("exam_id",), ("account_id",))
