"""How often somebody did something in a window of time: limits that hold across processes and a
flushed Redis."""

from datetime import UTC, datetime

from tortoise import fields
from tortoise.models import Model

from storage.transactions import run_sql


class UsageCount(Model):
    """`subject` names who and what (`exams:<client>`). Rows of past windows are swept."""

    id = fields.BigIntField(primary_key=True)
    subject = fields.CharField(max_length=120)
    window_at = fields.DatetimeField(db_index=True)
    length_s = fields.IntField()
    count = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "usage_count"
        unique_together = (("subject", "length_s", "window_at"),)


def window_of(now: datetime, length_s: int) -> datetime:
    """The start of the window that `now` falls into."""
    return datetime.fromtimestamp(now.timestamp() // length_s * length_s, UTC)


async def count_use(subject: str, now: datetime, length_s: int) -> int:
    """One more in this window; how many it has now, in one statement."""
    rows = await run_sql(
        "INSERT INTO usage_count (subject, window_at, length_s, count) VALUES ($1, $2, $3, 1) "
        "ON CONFLICT (subject, length_s, window_at) "
        "DO UPDATE SET count = usage_count.count + 1 RETURNING count",
        subject, window_of(now, length_s), length_s,
    )  # fmt: skip
    return int(rows[0]["count"])


async def uses_of(subject: str, now: datetime, length_s: int) -> int:
    row = await UsageCount.get_or_none(
        subject=subject, length_s=length_s, window_at=window_of(now, length_s)
    )
    return row.count if row is not None else 0
