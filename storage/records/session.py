"""Sessions: an opaque 128-bit token, stored hashed, revocable, expiry by the database's clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from storage.records.binding import Binding
    from storage.records.exam import Exam
    from storage.records.share import Share
    from storage.records.staff import StaffAccount
    from storage.records.view_ticket import ViewTicket


class ViewingSession(Model):
    """A patient's (exam set), a guest's (exam and share set), a member of staff's (account set)
    or that of somebody whom a third party sent (exam and ticket set)."""

    id = fields.BigIntField(primary_key=True)
    token_sha256 = fields.CharField(max_length=64, unique=True)
    exam: fields.ForeignKeyNullableRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="sessions", null=True, on_delete=fields.CASCADE
    )
    account: fields.ForeignKeyNullableRelation["StaffAccount"] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="sessions", null=True, on_delete=fields.CASCADE
    )
    share: fields.ForeignKeyNullableRelation["Share"] = fields.ForeignKeyField(
        "models.Share", related_name="sessions", null=True, on_delete=fields.CASCADE
    )
    ticket: fields.ForeignKeyNullableRelation["ViewTicket"] = fields.ForeignKeyField(
        "models.ViewTicket", related_name="sessions", null=True, on_delete=fields.CASCADE
    )
    # by which the WeChat user may enter; when it ends, its sessions end
    binding: fields.ForeignKeyNullableRelation["Binding"] = fields.ForeignKeyField(
        "models.Binding", related_name="sessions", null=True, on_delete=fields.CASCADE
    )
    channel = fields.CharField(max_length=16, default="browser")
    # the session of which a ticket made this one a copy: it ends with it
    source_id = fields.BigIntField(null=True)
    # digits were right, consent has not been given yet: the session shows nothing
    is_waiting = fields.BooleanField(default=False, db_default=False)
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "viewing_session"
        indexes = (("source_id",), ("binding_id",))


async def end_with_copies(session_ids: Iterable[int], now: datetime) -> int:
    """These end, and every copy that tickets made of them; how many copies there were."""
    ids, copies = list(session_ids), 0
    while ids:
        await ViewingSession.filter(id__in=ids, revoked_at=None).update(revoked_at=now)
        found = ViewingSession.filter(source_id__in=ids, revoked_at=None)
        ids = [int(str(one)) for one in await found.values_list("id", flat=True)]
        copies += len(ids)
    return copies
