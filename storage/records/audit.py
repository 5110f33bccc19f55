"""Who looked at what, when. Rows are only ever added."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from storage.records.exam import Exam


class AuditEntry(Model):
    """`actor` is `patient:<session id>`, `staff:<id>`, `client:<name>` or `device:<digest>`."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField(auto_now_add=True, db_index=True)
    actor = fields.CharField(max_length=80)
    action = fields.CharField(max_length=40)
    exam: fields.ForeignKeyNullableRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="audit", null=True, on_delete=fields.RESTRICT
    )
    outcome = fields.CharField(max_length=40, default="ok")
    request_id = fields.CharField(max_length=36, default="")

    class Meta:
        table = "audit_entry"
        indexes = (("exam_id",),)
