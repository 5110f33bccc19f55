"""Limits by device and address beside the codes' own (BATTERY section 5): a thief with a thousand
photographed codes is slowed, a hospital's Wi-Fi with one address for everybody is not.

Addresses and devices are kept as keyed digests for a day.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from domain.errors import Denied, Locked
from domain.ports import Sealer
from storage.records.failed_try import add_failed, count_failed
from storage.transactions import db_now

WINDOW = timedelta(minutes=10)
MAX_DEVICE, MAX_ADDRESS = 30, 300
ALARM_WINDOW, ALARM = timedelta(hours=1), 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as can be told; an empty `device` is a browser that kept no cookie."""

    device: str
    address: str


@asynccontextmanager
async def limited(sealer: Sealer, caller: Caller) -> AsyncIterator[None]:
    """Around a try: raises Locked before it when this device or address has failed too often, and
    counts the try when it raises Denied (wrong) or Locked."""
    device = sealer.blind_index(caller.device, purpose="soft.device") if caller.device else ""
    address = sealer.blind_index(caller.address, purpose="soft.address")
    now = await db_now()
    by_device = await count_failed(now - WINDOW, device=device) if device else 0
    if by_device >= MAX_DEVICE or await count_failed(now - WINDOW, address=address) >= MAX_ADDRESS:
        raise Locked(
            "too_many_tries", "试得太频繁了,请 10 分钟后再试。",
            retry_after_s=int(WINDOW.total_seconds()),
        )  # fmt: skip
    try:
        yield
    except (Denied, Locked):
        await add_failed(now, device=device, address=address)
        fails = await count_failed(now - ALARM_WINDOW)
        if fails >= ALARM:
            log.warning("verify_failures_alarm", last_hour=fails)
        raise
