"""What may be used a single time, whichever node meets it first: nonces of hospital apps, states of
sign-ins on their way."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from storage.transactions import run_sql


class UsedOnce(Model):
    """`used_sha256` is a digest over the door and the nonce."""

    id = fields.BigIntField(primary_key=True)
    used_sha256 = fields.CharField(max_length=64, unique=True)
    used_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "used_once"


async def use_once(used_sha256: str, now: datetime) -> bool:
    """True at the first call ever, in one statement."""
    rows = await run_sql(
        "INSERT INTO used_once (used_sha256, used_at) VALUES ($1, $2) "
        "ON CONFLICT (used_sha256) DO NOTHING RETURNING id",
        used_sha256, now,
    )  # fmt: skip
    return bool(rows)


async def forget_used(before: datetime) -> int:
    """Sweep what is too old to be accepted anyway."""
    return await UsedOnce.filter(used_at__lt=before).delete()
