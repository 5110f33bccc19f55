"""Shares: one examination for somebody else, for a while (tender E10, D13)."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.models import Model

from storage.transactions import run_sql

if TYPE_CHECKING:
    from storage.records.exam import Exam


class Share(Model):
    """Hashed for look-up, sealed so that its maker can show it again. `made_by` is the actor of the
    audit. A pass code is kept as a keyed digest, its wrong tries are counted here."""

    id = fields.BigIntField(primary_key=True)
    public_id = fields.CharField(max_length=22, unique=True)
    exam: fields.ForeignKeyRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="shares", on_delete=fields.RESTRICT
    )
    token_sha256 = fields.CharField(max_length=64, unique=True)
    token_sealed = fields.BinaryField()
    made_by = fields.CharField(max_length=80)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    pass_code_digest = fields.CharField(max_length=64, default="")
    wrong_tries = fields.IntField(default=0)
    open_limit = fields.IntField(null=True)
    opened_count = fields.IntField(default=0)
    last_opened_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "share"
        indexes = (("exam_id",),)


async def count_pass_code_try(share_id: int, max_tries: int) -> int | None:
    """Wrong tries including this one, counted before anything is compared; None when none is
    left."""
    rows = await run_sql(
        "UPDATE share SET wrong_tries = wrong_tries + 1 "
        "WHERE id = $1 AND wrong_tries < $2 RETURNING wrong_tries",
        share_id, max_tries,
    )  # fmt: skip
    return int(rows[0]["wrong_tries"]) if rows else None


async def count_opening(share_id: int, now: datetime) -> dict[str, Any] | None:
    """Count one opening in the statement that also judges it; None when the share is not open."""
    rows = await run_sql(
        "UPDATE share SET opened_count = opened_count + 1, last_opened_at = $2, wrong_tries = 0 "
        "WHERE id = $1 AND revoked_at IS NULL AND starts_at <= $2 AND ends_at > $2 "
        "AND (open_limit IS NULL OR opened_count < open_limit) RETURNING opened_count",
        share_id, now,
    )  # fmt: skip
    return rows[0] if rows else None
