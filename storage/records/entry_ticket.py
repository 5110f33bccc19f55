"""One-time tickets that carry somebody from one door to another: 60 seconds, one use, whichever
node meets it first."""

from datetime import datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from storage.transactions import run_sql

if TYPE_CHECKING:
    from storage.records.session import ViewingSession
    from storage.records.wechat_login import WeChatLogin


class EntryTicket(Model):
    """What it gives: the viewing `session`, the WeChat `login`, or both. Then `target_sealed` is
    the page to go to."""

    id = fields.BigIntField(primary_key=True)
    ticket_sha256 = fields.CharField(max_length=64, unique=True)
    door = fields.CharField(max_length=16)  # who issued it: `mini`, …
    session: fields.ForeignKeyNullableRelation["ViewingSession"] = fields.ForeignKeyField(
        "models.ViewingSession", related_name="tickets", null=True, on_delete=fields.CASCADE
    )
    login: fields.ForeignKeyNullableRelation["WeChatLogin"] = fields.ForeignKeyField(
        "models.WeChatLogin", related_name="tickets", null=True, on_delete=fields.CASCADE
    )
    target_sealed = fields.BinaryField()
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField(db_index=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "entry_ticket"
        indexes = (("session_id",), ("login_id",))


async def use_ticket(ticket_sha256: str, now: datetime) -> int | None:
    """The ticket's id at its one use, in the statement that also judges it; None ever after."""
    rows = await run_sql(
        "UPDATE entry_ticket SET used_at = $2 WHERE ticket_sha256 = $1 AND used_at IS NULL "
        "AND expires_at > $2 RETURNING id",
        ticket_sha256, now,
    )  # fmt: skip
    return int(rows[0]["id"]) if rows else None
