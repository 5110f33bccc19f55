"""Messages to other systems: one row each, in the order in which a destination must get them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.models import Model

from storage.transactions import db_now, run_sql

if TYPE_CHECKING:
    from storage.records.exam import Exam


class Hl7Outbound(Model):
    """Natural key: (destination, event_key), so that an event is one message however often it is
    noticed. `control_id` (MSH-10) and the bytes stay the same at every try. The sealed message is
    blanked when it has been taken."""

    id = fields.BigIntField(primary_key=True)
    destination = fields.CharField(max_length=64)
    event_key = fields.CharField(max_length=120)
    exam: fields.ForeignKeyRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="outbound", on_delete=fields.RESTRICT
    )
    control_id = fields.CharField(max_length=20, unique=True)
    message_type = fields.CharField(max_length=16)
    message_sealed = fields.BinaryField(null=True)
    attempts = fields.IntField(default=0)
    refusals = fields.IntField(default=0)  # AE and CE; silence counts in attempts only
    available_at = fields.DatetimeField()
    leased_until = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)
    dead_at = fields.DatetimeField(null=True)
    answer = fields.CharField(max_length=2, default="")
    last_error = fields.CharField(max_length=200, default="")
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "hl7_outbound"
        unique_together = (("destination", "event_key"),)
        indexes = (("destination", "done_at", "dead_at", "id"), ("exam_id",))


async def lease_head(destination: str, *, lease_s: float) -> Hl7Outbound | None:
    """The destination's first unfinished row, if it is due and nobody else has it: one sender at a
    time, never the second row before the first is done or dead."""
    now: datetime = await db_now()
    rows: list[dict[str, Any]] = await run_sql(
        "UPDATE hl7_outbound SET leased_until = $2, attempts = attempts + 1 WHERE id = "
        "(SELECT min(id) FROM hl7_outbound WHERE destination = $1 AND done_at IS NULL "
        "AND dead_at IS NULL) AND available_at <= $3 "
        "AND (leased_until IS NULL OR leased_until < $3) RETURNING id",
        destination, now + timedelta(seconds=lease_s), now,
    )  # fmt: skip
    return await Hl7Outbound.get(id=int(rows[0]["id"])) if rows else None
