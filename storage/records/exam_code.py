"""The examination's code (the QR): hashed for look-up, sealed for re-issue, with its tries.

The counters live here, in the database, so that they hold across devices, processes and a
flushed Redis (BATTERY section 5 computes the limits; `domain/challenge.py` holds them).
"""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from storage.records.exam import Exam


class ExamCode(Model):
    """One live code an examination; a revoked one stays, so that its holder is told so."""

    id = fields.BigIntField(primary_key=True)
    exam: fields.ForeignKeyRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="codes", on_delete=fields.RESTRICT
    )
    token_sha256 = fields.CharField(max_length=64, unique=True)
    token_sealed = fields.BinaryField()
    wrong_recent = fields.IntField(default=0)  # since the last 15 min lock or success
    wrong_day = fields.IntField(default=0)  # since day_started_at, 24 h windows
    day_started_at = fields.DatetimeField(null=True)
    wrong_total = fields.IntField(default=0)  # in the code's life
    locked_until = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "exam_code"
