"""Who logged in through WeChat in which browser, and the one-time states of OAuth."""

from datetime import datetime
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from storage.transactions import run_sql

if TYPE_CHECKING:
    from storage.records.wechat_user import WeChatUser


class WeChatLogin(Model):
    """A browser (or mini-program) by the digest of its token. `user` once WeChat has said who it
    is. Until `paused_until` the browser is not sent to WeChat again: it was silent, refused, or
    showed a snapshot page."""

    id = fields.BigIntField(primary_key=True)
    token_sha256 = fields.CharField(max_length=64, unique=True)
    user: fields.ForeignKeyNullableRelation["WeChatUser"] = fields.ForeignKeyField(
        "models.WeChatUser", related_name="logins", null=True, on_delete=fields.CASCADE
    )
    is_mini = fields.BooleanField(default=False)
    paused_until = fields.DatetimeField(null=True)
    phone_index = fields.CharField(max_length=64, default="")  # a phone that WeChat vouched for
    # the mini-program's login of which a ticket made this one a copy: it ends with it
    source_id = fields.BigIntField(null=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField(db_index=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "wechat_login"
        indexes = (("user_id",), ("source_id",))


class WeChatState(Model):
    """OAuth's `state`: one use, bound to the browser that was given it. `target_sealed` is the page
    to come back to (it may hold a code's token)."""

    id = fields.BigIntField(primary_key=True)
    state_sha256 = fields.CharField(max_length=64, unique=True)
    login: fields.ForeignKeyRelation["WeChatLogin"] = fields.ForeignKeyField(
        "models.WeChatLogin", related_name="states", on_delete=fields.CASCADE
    )
    target_sealed = fields.BinaryField()
    restarts = fields.IntField(default=0)
    created_at = fields.DatetimeField(auto_now_add=True)
    expires_at = fields.DatetimeField(db_index=True)
    claimed_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(max_length=16, default="")

    class Meta:
        table = "wechat_state"
        indexes = (("login_id",),)


async def claim_state(state_id: int, now: datetime) -> bool:
    """Be the one callback that exchanges the code; in one statement."""
    rows = await run_sql(
        "UPDATE wechat_state SET claimed_at = $2 "
        "WHERE id = $1 AND claimed_at IS NULL AND expires_at > $2 RETURNING id",
        state_id, now,
    )  # fmt: skip
    return bool(rows)
