"""All due work in this process, without a queue: for tests and for small tools."""

from assembly.runtime import Runtime
from storage import outbox
from workers.jobs import STALE_BY_TOPIC, batches, run_rows

MAX_ROUNDS = 1000


async def drain(runtime: Runtime, *, ignore_delay: bool = True) -> int:
    """Run rows until none is due; returns how many were done. A row that fails is tried until it
    is dead."""
    count = 0
    for _ in range(MAX_ROUNDS):
        claimed = await outbox.claim_due(
            100, stale_after_s=STALE_BY_TOPIC, ignore_delay=ignore_delay
        )
        if not claimed:
            return count
        for rows in batches(claimed):
            subjects = [row.subject for row in rows]
            count += await run_rows(runtime, rows[0].topic, subjects, rows[0].attempts)
    return count
