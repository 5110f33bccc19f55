"""Tokens that all processes share (WeChat's access_token, jsapi_ticket): one row each, one holder
who may fetch it anew, and a rest for what the other side has told us to leave alone."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from storage.transactions import run_sql


class SharedToken(Model):
    """`value_sealed` is sealed, `value_sha256` lets a holder say which value it found to be dead.
    Until `claimed_until` one process fetches; until `resting_until` nobody asks (`resting_code`
    says why)."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=160, unique=True)
    value_sealed = fields.BinaryField(null=True)
    value_sha256 = fields.CharField(max_length=64, default="")
    expires_at = fields.DatetimeField(null=True)
    claimed_until = fields.DatetimeField(null=True)
    claimed_by = fields.CharField(max_length=22, default="")
    resting_until = fields.DatetimeField(null=True)
    resting_code = fields.IntField(default=0)

    class Meta:
        table = "shared_token"


async def ensure_row(name: str) -> None:
    """There is a row of this name afterwards, whoever made it."""
    await run_sql(
        "INSERT INTO shared_token (name, value_sha256, claimed_by, resting_code) "
        "VALUES ($1, '', '', 0) ON CONFLICT (name) DO NOTHING",
        name,
    )


async def claim(name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Become the one who fetches, unless somebody is or the name rests; in one statement."""
    rows = await run_sql(
        "UPDATE shared_token SET claimed_until = $3, claimed_by = $2 WHERE name = $1 "
        "AND (claimed_until IS NULL OR claimed_until <= $4) "
        "AND (resting_until IS NULL OR resting_until <= $4) RETURNING id",
        name, holder, until, now,
    )  # fmt: skip
    return bool(rows)
