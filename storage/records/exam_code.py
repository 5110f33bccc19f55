"""The examination's code (the QR): hashed for look-up, sealed for re-issue, with its tries.

The counters live here, in the database, so that they hold across devices, processes and a
flushed Redis (BATTERY section 5 computes the limits; `domain/challenge.py` holds them).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.expressions import F
from tortoise.models import Model

from storage.transactions import is_sqlite, run_sql

if TYPE_CHECKING:
    from storage.records.exam import Exam


class ExamCode(Model):
    """One live code an examination: a revoked one stays, so that its holder is told so."""

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
        indexes = (("exam_id",),)


async def count_try(
    code_id: int, *, now: datetime, day_ago: datetime, max_recent: int, max_day: int, max_total: int
) -> tuple[int, int, int] | None:
    """Raise the counters in one statement; (recent, day, total) after it, or None when locked.

    A lock that has run out starts `wrong_recent` anew, a day that has passed `wrong_day`.
    """
    moment = "$2" if is_sqlite() else "CAST($2 AS TIMESTAMPTZ)"
    rows = await run_sql(
        "UPDATE exam_code SET "
        "wrong_recent = CASE WHEN locked_until IS NOT NULL THEN 1 ELSE wrong_recent + 1 END, "
        "wrong_day = CASE WHEN day_started_at IS NULL OR day_started_at < $3 THEN 1 "
        "ELSE wrong_day + 1 END, "
        "day_started_at = CASE WHEN day_started_at IS NULL OR day_started_at < $3 "
        f"THEN {moment} ELSE day_started_at END, "
        "wrong_total = wrong_total + 1, locked_until = NULL "
        "WHERE id = $1 AND revoked_at IS NULL AND wrong_total < $6 "
        "AND (locked_until IS NULL OR locked_until <= $2) "
        "AND (wrong_recent < $4 OR locked_until IS NOT NULL) "
        "AND (wrong_day < $5 OR day_started_at < $3) "
        "RETURNING wrong_recent, wrong_day, wrong_total",
        code_id, now, day_ago, max_recent, max_day, max_total,
    )  # fmt: skip
    if not rows:
        return None
    row = rows[0]
    return int(row["wrong_recent"]), int(row["wrong_day"]), int(row["wrong_total"])


async def set_lock(code_id: int, until: datetime) -> None:
    await ExamCode.filter(id=code_id).update(locked_until=until)


async def reset_tries(code_id: int) -> None:
    """After the right digits: they are the patient's, so recent and daily tries are forgiven."""
    await ExamCode.filter(id=code_id).update(
        wrong_recent=0, wrong_day=0, wrong_total=F("wrong_total") - 1, locked_until=None
    )
