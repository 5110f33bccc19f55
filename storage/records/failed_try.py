"""Wrong answers by device and address, for the soft limits beside the codes' own counters."""

from datetime import datetime, timedelta

from tortoise import fields
from tortoise.models import Model

KEPT = timedelta(days=1)


class FailedTry(Model):
    """`device` and `address` are keyed digests. Rows live for a day."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField(db_index=True)
    device = fields.CharField(max_length=64, default="", db_default="", db_index=True)
    address = fields.CharField(max_length=64, default="", db_default="", db_index=True)

    class Meta:
        table = "failed_try"


async def count_failed(since: datetime, *, device: str = "", address: str = "") -> int:
    """Since a moment; of one device, one address, or all."""
    found = FailedTry.filter(at__gt=since)
    if device:
        found = found.filter(device=device)
    if address:
        found = found.filter(address=address)
    return await found.count()


async def add_failed(now: datetime, *, device: str, address: str) -> None:
    """One more; what is older than a day goes."""
    await FailedTry.create(at=now, device=device, address=address)
    await FailedTry.filter(at__lt=now - KEPT).delete()
