"""What we know of the PACS from which we fetch: how far each was asked, and each study that it has
with its count. A row without `complete_at` is a gap that is still to be closed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise import fields
from tortoise.models import Model

from storage.transactions import db_now, in_transaction, run_sql

PAGE = 200


class PullState(Model):
    """One PACS: how far it was asked, and when it is tried again after a failure."""

    id = fields.BigIntField(primary_key=True)
    pacs = fields.CharField(max_length=64, unique=True)
    polled_until = fields.DatetimeField(null=True)
    swept_at = fields.DatetimeField(null=True)
    failures = fields.IntField(default=0)
    next_try_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=200, default="")

    class Meta:
        table = "pull_state"


class PulledStudy(Model):
    """One study of one PACS: its count, ours when it was last compared."""

    id = fields.BigIntField(primary_key=True)
    pacs = fields.CharField(max_length=64)
    study_instance_uid = fields.CharField(max_length=64)
    study_at = fields.DatetimeField(null=True)
    theirs = fields.IntField(null=True)
    ours = fields.IntField(default=0)
    failures = fields.IntField(default=0)
    next_try_at = fields.DatetimeField()
    complete_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=200, default="")
    seen_at = fields.DatetimeField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "pulled_study"
        unique_together = (("pacs", "study_instance_uid"),)
        indexes = (("pacs", "complete_at", "next_try_at"), ("study_at",))


@dataclass(frozen=True, slots=True)
class SeenStudy:
    study_instance_uid: str
    study_at: datetime | None
    theirs: int | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """`live` and `readable`: our instances of the study now, and those without a problem."""

    pacs: str
    study_instance_uid: str
    study_at: datetime
    theirs: int | None
    ours: int
    is_complete: bool
    last_error: str
    live: int
    readable: int


async def state_of(pacs: str) -> PullState:
    state, _ = await PullState.get_or_create(pacs=pacs)
    return state


async def states() -> list[PullState]:
    return await PullState.all().order_by("pacs")


async def note_polled(pacs: str, *, until: datetime, is_sweep: bool) -> None:
    values: dict[str, Any] = {"polled_until": until}
    if is_sweep:
        values["swept_at"] = until
    await PullState.filter(pacs=pacs).update(**values)


async def note_well(pacs: str) -> None:
    """It was reached, and did what we asked."""
    await PullState.filter(pacs=pacs).update(failures=0, next_try_at=None, last_error="")


async def note_away(pacs: str, why: str, *, retry_s: float) -> None:
    """It could not be reached: nobody tries before `retry_s` are over."""
    state = await state_of(pacs)
    await PullState.filter(pacs=pacs).update(
        failures=state.failures + 1, last_error=why[:200],
        next_try_at=await db_now() + timedelta(seconds=retry_s),
    )  # fmt: skip


async def note_seen(pacs: str, studies: list[SeenStudy]) -> None:
    """New ones are open; a count that has changed, or that nobody tells, opens a study again."""

    async def note(part: list[SeenStudy]) -> None:
        now = await db_now()
        for study in part:
            await run_sql(
                "INSERT INTO pulled_study (pacs, study_instance_uid, study_at, theirs, ours, "
                "failures, next_try_at, last_error, seen_at, created_at) "
                "VALUES ($1, $2, $3, $4, 0, 0, $5, '', $5, $5) "
                "ON CONFLICT (pacs, study_instance_uid) DO UPDATE SET "
                "study_at = EXCLUDED.study_at, seen_at = EXCLUDED.seen_at, "
                "theirs = COALESCE(EXCLUDED.theirs, pulled_study.theirs), "
                f"complete_at = CASE WHEN {_SAME} THEN pulled_study.complete_at ELSE NULL END, "
                f"failures = CASE WHEN {_SAME} THEN pulled_study.failures ELSE 0 END, "
                f"next_try_at = CASE WHEN {_SAME} THEN pulled_study.next_try_at "
                "ELSE EXCLUDED.next_try_at END",
                pacs, study.study_instance_uid, study.study_at, study.theirs, now,
            )  # fmt: skip

    for start in range(0, len(studies), PAGE):
        part = studies[start : start + PAGE]
        await in_transaction(lambda part=part: note(part))  # type: ignore[misc]


_SAME = "EXCLUDED.theirs IS NOT NULL AND pulled_study.theirs = EXCLUDED.theirs"


async def reopen_lacking(pacs: str, *, since: datetime) -> None:
    """Studies that were whole and of which something is gone here (a sweep has just counted)."""
    await run_sql(
        "UPDATE pulled_study SET complete_at = NULL, failures = 0, next_try_at = $2 "
        "WHERE pacs = $1 AND complete_at IS NOT NULL AND study_at >= $3 AND theirs > "
        f"(SELECT count(*) FROM {_OURS} "
        "WHERE s.study_instance_uid = pulled_study.study_instance_uid)",
        pacs, await db_now(), since,
    )  # fmt: skip


_OURS = "study s JOIN series e ON e.study_id = s.id JOIN instance i ON i.series_id = e.id"


async def due_studies(pacs: str, *, limit: int) -> list[PulledStudy]:
    return (
        await PulledStudy.filter(pacs=pacs, complete_at=None, next_try_at__lte=await db_now())
        .order_by("-study_at", "id")
        .limit(limit)
    )


async def note_whole(pacs: str, study_instance_uid: str, *, theirs: int, why: str = "") -> None:
    await PulledStudy.filter(pacs=pacs, study_instance_uid=study_instance_uid).update(
        theirs=theirs, ours=theirs, complete_at=await db_now(), failures=0, last_error=why[:200]
    )


async def note_failed(
    pacs: str, study_instance_uid: str, why: str, *, retry_s: float,
    theirs: int | None = None, ours: int | None = None,
) -> None:  # fmt: skip
    """It is still open; tried again after `retry_s`."""
    now = await db_now()
    await run_sql(
        "UPDATE pulled_study SET failures = failures + 1, last_error = $3, next_try_at = $4, "
        "theirs = COALESCE($5, theirs), ours = COALESCE($6, ours) "
        "WHERE pacs = $1 AND study_instance_uid = $2",
        pacs, study_instance_uid, why[:200], now + timedelta(seconds=retry_s), theirs, ours,
    )  # fmt: skip


async def indexed_by_series(study_instance_uid: str) -> dict[str, int]:
    rows = await run_sql(
        f"SELECT e.series_instance_uid AS uid, count(*) AS n FROM {_OURS} "
        "WHERE s.study_instance_uid = $1 GROUP BY e.series_instance_uid",
        study_instance_uid,
    )
    return {row["uid"]: int(row["n"]) for row in rows}


async def stored_of(sop_instance_uids: list[str]) -> set[str]:
    """Those that we hold, indexed or not."""
    found: set[str] = set()
    for start in range(0, len(sop_instance_uids), PAGE):
        part = sop_instance_uids[start : start + PAGE]
        marks = ", ".join(f"${n}" for n in range(1, len(part) + 1))
        rows = await run_sql(
            f"SELECT sop_instance_uid FROM instance WHERE sop_instance_uid IN ({marks})", *part
        )
        found |= {row["sop_instance_uid"] for row in rows}
    return found


async def report_rows(since: datetime, pacs: str = "") -> list[ReportRow]:
    rows = await run_sql(
        "SELECT p.pacs, p.study_instance_uid, p.study_at, p.theirs, p.ours, p.complete_at, "
        f"p.last_error, (SELECT count(*) FROM {_OURS} "
        "WHERE s.study_instance_uid = p.study_instance_uid) AS live, "
        f"(SELECT count(*) FROM {_OURS} "
        "WHERE s.study_instance_uid = p.study_instance_uid AND i.problem = '') AS readable "
        "FROM pulled_study p WHERE p.study_at >= $1 AND ($2 = '' OR p.pacs = $2) ORDER BY p.id",
        since, pacs,
    )  # fmt: skip
    return [
        ReportRow(
            row["pacs"], row["study_instance_uid"], _moment(row["study_at"]), row["theirs"],
            int(row["ours"]), row["complete_at"] is not None, row["last_error"],
            int(row["live"]), int(row["readable"]),
        )
        for row in rows
    ]  # fmt: skip


def _moment(value: Any) -> datetime:
    """SQLite gives dates as text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
