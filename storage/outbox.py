"""The outbox: work is asked for in the transaction of its cause, and stays until it is done.

A row is (topic, subject). Asking again bumps its revision; `done` only removes the row when the
revision is still the one its job saw, so nothing asked for while a job ran is ever forgotten.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.transactions import db_now, in_transaction, is_sqlite, run_sql

MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row handed to a job."""

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
    """Take rows that are due, or whose job has been silent for its topic's `stale_after_s`.

    A claimed row is marked dispatched and its attempts are counted; `*` is the default limit.
    """

    async def claim() -> list[Claimed]:
        now = await db_now()
        due = now + timedelta(days=365) if ignore_delay else now
        stale = " OR ".join(
            f"(topic = ${4 + 2 * n} AND dispatched_at < ${5 + 2 * n})"
            for n in range(len(stale_after_s))
        )
        values: list[Any] = [due, limit, MAX_ATTEMPTS]
        for topic, seconds in stale_after_s.items():
            values += [topic, now - timedelta(seconds=seconds)]
        lock = "" if is_sqlite() else "FOR UPDATE SKIP LOCKED"
        rows = await run_sql(
            "SELECT id, topic, subject, revision, attempts FROM outbox "
            "WHERE dead_at IS NULL AND attempts < $3 AND available_at <= $1 "
            f"AND (dispatched_at IS NULL OR {stale}) ORDER BY available_at, id LIMIT $2 {lock}",
            *values,
        )
        if rows:
            ids = ", ".join(str(int(row["id"])) for row in rows)
            await run_sql(
                "UPDATE outbox SET dispatched_at = $1, attempts = attempts + 1 "
                f"WHERE id IN ({ids})",
                now,
            )
        return [Claimed(r["topic"], r["subject"], r["revision"], r["attempts"] + 1) for r in rows]

    return await in_transaction(claim)


async def done(topic: str, subject: int, revision: int) -> None:
    """The job did what this revision asked for. A newer ask stays and becomes due again."""

    async def finish() -> None:
        await run_sql(
            "DELETE FROM outbox WHERE topic = $1 AND subject = $2 AND revision = $3",
            topic, subject, revision,
        )  # fmt: skip
        await run_sql(
            "UPDATE outbox SET dispatched_at = NULL WHERE topic = $1 AND subject = $2",
            topic, subject,
        )  # fmt: skip

    await in_transaction(finish)


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
    """Undo a claim whose job never started."""
    await run_sql(
        "UPDATE outbox SET dispatched_at = NULL, attempts = attempts - 1 "
        "WHERE topic = $1 AND subject = $2 AND revision = $3",
        row.topic, row.subject, row.revision,
    )  # fmt: skip
