"""The outbox: work is asked for in the transaction of its cause, and stays until it is done.

A row is (topic, subject). Asking again bumps its revision; `done` only removes the row when the
revision is still the one its job saw, so nothing asked for while a job ran is ever forgotten.

An attempt is counted when a job begins, not when it is handed out: a queue that is long, or that
loses its jobs, costs a row none of its tries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.transactions import db_now, in_transaction, is_sqlite, run_sql

MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row handed to a job; `attempts` is how many jobs have begun on it before."""

    topic: str
    subject: int
    revision: int
    attempts: int


async def want(topic: str, subject: int, *, delay_s: float = 0) -> None:
    """Ask for work, in the caller's transaction. A later ask moves the time it is due."""
    await want_many(topic, [subject], delay_s=delay_s)


async def want_many(topic: str, subjects: list[int], *, delay_s: float = 0) -> None:
    """Ask for the same work on many subjects."""
    if not subjects:
        return
    now = await db_now()
    due = now + timedelta(seconds=delay_s)
    for start in range(0, len(subjects), 200):
        part = sorted(subjects[start : start + 200])
        rows = ", ".join(f"($1, ${n}, 1, 0, $2, '', $3)" for n in range(4, 4 + len(part)))
        await run_sql(
            "INSERT INTO outbox "
            "(topic, subject, revision, attempts, available_at, last_error, created_at) "
            f"VALUES {rows} ON CONFLICT (topic, subject) DO UPDATE SET "
            "revision = outbox.revision + 1, attempts = 0, dead_at = NULL, "
            "available_at = EXCLUDED.available_at",
            topic, due, now, *part,
        )  # fmt: skip


async def claim_due(
    limit: int, *, stale_after_s: dict[str, float], ignore_delay: bool = False
) -> list[Claimed]:
    """Take rows that are due, or whose job has been silent for its topic's `stale_after_s`; each
    is marked dispatched."""

    async def claim() -> list[Claimed]:
        now = await db_now()
        due = now + timedelta(days=365) if ignore_delay else now
        stale, values = _stale(stale_after_s, now, first=4)
        lock = "" if is_sqlite() else "FOR UPDATE SKIP LOCKED"
        rows = await run_sql(
            "SELECT id, topic, subject, revision, attempts FROM outbox "
            "WHERE dead_at IS NULL AND attempts < $3 AND available_at <= $1 "
            f"AND (dispatched_at IS NULL OR {stale}) ORDER BY available_at, id LIMIT $2 {lock}",
            due, limit, MAX_ATTEMPTS, *values,
        )  # fmt: skip
        if rows:
            ids = ", ".join(str(int(row["id"])) for row in rows)
            await run_sql(f"UPDATE outbox SET dispatched_at = $1 WHERE id IN ({ids})", now)
        return [Claimed(r["topic"], r["subject"], r["revision"], r["attempts"]) for r in rows]

    return await in_transaction(claim)


async def begin(topic: str, subjects: list[int], *, attempts: int) -> list[tuple[int, int]]:
    """A job begins on rows that it was handed when `attempts` had begun before it. Returns the
    (subject, revision) pairs that are still its own to do: not those that another job has done,
    or has begun, since they were handed out."""
    if not subjects:
        return []
    ids = ", ".join(str(int(subject)) for subject in subjects)
    rows = await run_sql(
        "UPDATE outbox SET attempts = attempts + 1, dispatched_at = $2 WHERE topic = $1 "
        f"AND dead_at IS NULL AND attempts <= $3 AND subject IN ({ids}) "
        "RETURNING subject, revision",
        topic, await db_now(), attempts,
    )  # fmt: skip
    return sorted((int(row["subject"]), int(row["revision"])) for row in rows)


async def bury_lost(*, stale_after_s: dict[str, float]) -> list[tuple[str, int]]:
    """Rows whose last try ended without a word (its worker was killed) are dead; which ones."""
    now = await db_now()
    stale, values = _stale(stale_after_s, now, first=3)
    rows = await run_sql(
        "UPDATE outbox SET dead_at = $1, last_error = 'worker_lost' "
        f"WHERE dead_at IS NULL AND attempts >= $2 AND ({stale}) RETURNING topic, subject",
        now, MAX_ATTEMPTS, *values,
    )  # fmt: skip
    return [(row["topic"], int(row["subject"])) for row in rows]


def _stale(stale_after_s: dict[str, float], now: datetime, *, first: int) -> tuple[str, list[Any]]:
    """The condition "its job has been silent too long", with parameters from number `first`."""
    condition, values = [], []
    for n, (topic, seconds) in enumerate(stale_after_s.items()):
        condition.append(f"(topic = ${first + 2 * n} AND dispatched_at < ${first + 1 + 2 * n})")
        values += [topic, now - timedelta(seconds=seconds)]
    return " OR ".join(condition), values


async def done(topic: str, subject: int, revision: int) -> None:
    """The job did what this revision asked for. A newer ask stays and becomes due again."""
    await done_many(topic, [(subject, revision)])


async def done_many(topic: str, rows: list[tuple[int, int]]) -> None:
    """`done` for (subject, revision) pairs of one topic in one transaction."""

    async def finish() -> None:
        for subject, revision in rows:
            await run_sql(
                "DELETE FROM outbox WHERE topic = $1 AND subject = $2 AND revision = $3",
                topic, subject, revision,
            )  # fmt: skip
        ids = ", ".join(str(int(subject)) for subject, _ in rows)
        await run_sql(
            f"UPDATE outbox SET dispatched_at = NULL WHERE topic = $1 AND subject IN ({ids})",
            topic,
        )

    if rows:
        await in_transaction(finish)


async def failed(topic: str, subject: int, *, error: str, retry_s: float) -> bool:
    """The job failed: due again after `retry_s`, or dead after MAX_ATTEMPTS. True when dead."""

    async def note() -> bool:
        now = await db_now()
        await run_sql(
            "UPDATE outbox SET last_error = $3, dispatched_at = NULL, available_at = $4 "
            "WHERE topic = $1 AND subject = $2",
            topic, subject, error[:500], now + timedelta(seconds=retry_s),
        )  # fmt: skip
        dead = await run_sql(
            "UPDATE outbox SET dead_at = $3 "
            "WHERE topic = $1 AND subject = $2 AND attempts >= $4 RETURNING id",
            topic, subject, now, MAX_ATTEMPTS,
        )  # fmt: skip
        return bool(dead)

    return await in_transaction(note)


async def postponed(topic: str, subject: int, *, error: str, retry_s: float) -> None:
    """A part that the job needs is down: due again after `retry_s`, and no try is used up."""
    await run_sql(
        "UPDATE outbox SET last_error = $3, dispatched_at = NULL, available_at = $4, "
        "attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END "
        "WHERE topic = $1 AND subject = $2",
        topic, subject, error[:500], await db_now() + timedelta(seconds=retry_s),
    )  # fmt: skip


async def depth() -> dict[str, int]:
    """Rows waiting by topic, for health and metrics."""
    rows = await run_sql("SELECT topic, count(*) AS n FROM outbox GROUP BY topic")
    return {row["topic"]: int(row["n"]) for row in rows}


async def oldest_due_at() -> datetime | None:
    """When the oldest undone row became due; None when nothing waits."""
    rows = await run_sql("SELECT min(available_at) AS oldest FROM outbox WHERE dead_at IS NULL")
    oldest = rows[0]["oldest"] if rows else None
    return datetime.fromisoformat(oldest) if isinstance(oldest, str) else oldest


async def give_back(row: Claimed) -> None:
    """Undo a claim whose job was never queued."""
    await run_sql(
        "UPDATE outbox SET dispatched_at = NULL WHERE topic = $1 AND subject = $2",
        row.topic, row.subject,
    )  # fmt: skip
