"""All due work in this process, without a queue: for tests and for small tools."""

from itertools import groupby

from assembly.runtime import Runtime
from storage import outbox
from workers.jobs import JOBS, STALE_BY_TOPIC, run_rows

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
        for topic, group in groupby(sorted(claimed, key=lambda r: r.topic), lambda r: r.topic):
            rows = [(row.subject, row.revision) for row in group]
            size = JOBS[topic].batch
            for start in range(0, len(rows), size):
                part = rows[start : start + size]
                count += len(part) if await run_rows(runtime, topic, part) else 0
    return count
