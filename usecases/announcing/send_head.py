"""The first message in a destination's queue is sent; what is answered decides what becomes of it.

AA or CA: done. AR or CR: dead, at once. AE or CE: tried again after a growing pause, dead after
`max_refusals`. Silence, a connection that ends, an answer that cannot be read: tried again for as
long as it takes, with the same MSH-10 and the same bytes, so that a receiver that has taken it
already can tell. While the first waits, those behind it wait: order is kept.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from domain.errors import Unavailable
from domain.ports import Sealer
from storage.records.hl7_outbound import Hl7Outbound, lease_head
from storage.transactions import db_now
from usecases.announcing.announce_exam import MESSAGE_PURPOSE

PAUSES_S = (2.0, 10.0, 60.0, 300.0)
GOOD, REFUSED, REJECTED = ("AA", "CA"), ("AE", "CE"), ("AR", "CR")
Ask = Callable[[bytes, str], Awaitable[tuple[str, str]]]  # message, MSH-10 -> MSA-1, MSA-3


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message."""

    outcome: Literal["done", "again", "dead"]
    row_id: int
    control_id: str
    answer: str
    problem: str


async def send_head(
    sealer: Sealer, destination: str, ask: Ask, *, timeout_s: float, max_refusals: int
) -> Sent | None:
    """None when nothing is due. `ask` raises Unavailable when it got no answer."""
    row = await lease_head(destination, lease_s=timeout_s + 30)
    if row is None:
        return None
    sealed = row.message_sealed
    assert sealed is not None
    message = bytes.fromhex(sealer.unseal(bytes(sealed), purpose=MESSAGE_PURPOSE))
    try:
        answer, problem = await ask(message, row.control_id)
    except Unavailable as error:
        return await _again(row, "", error.code)
    if answer in GOOD:
        await Hl7Outbound.filter(id=row.id).update(
            done_at=await db_now(), leased_until=None, message_sealed=None, answer=answer,
            last_error="",
        )  # fmt: skip
        return Sent("done", row.id, row.control_id, answer, "")
    if answer in REFUSED:
        row.refusals += 1
        if row.refusals < max_refusals:
            return await _again(row, answer, problem)
    if answer in REFUSED or answer in REJECTED:
        await Hl7Outbound.filter(id=row.id).update(
            dead_at=await db_now(), leased_until=None, refusals=row.refusals, answer=answer,
            last_error=problem[:200],
        )  # fmt: skip
        return Sent("dead", row.id, row.control_id, answer, problem)
    return await _again(row, answer[:2], "answer_unknown")


async def _again(row: Hl7Outbound, answer: str, problem: str) -> Sent:
    pause_s = PAUSES_S[min(row.attempts - 1, len(PAUSES_S) - 1)]
    await Hl7Outbound.filter(id=row.id).update(
        leased_until=None, refusals=row.refusals, answer=answer, last_error=problem[:200],
        available_at=await db_now() + timedelta(seconds=pause_s),
    )  # fmt: skip
    return Sent("again", row.id, row.control_id, answer, problem)


async def list_queue(*, limit: int = 100) -> list[Hl7Outbound]:
    """Dead letters and waiting messages, in order."""
    return await Hl7Outbound.filter(done_at=None).order_by("destination", "id").limit(limit)


async def retry_now(row_id: int) -> bool:
    """A dead or waiting message is due at once, with all its tries; False when there is none."""
    changed = await Hl7Outbound.filter(id=row_id, done_at=None).update(
        dead_at=None, attempts=0, refusals=0, available_at=await db_now()
    )
    return bool(changed)
