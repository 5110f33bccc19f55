"""The gap report: for each PACS and hour of examination, how many images it has, how many of them
we hold, and how many of ours can be read."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.access import StaffViewer, SystemViewer, Viewer
from domain.errors import Denied, Invalid
from storage.records import pulling
from storage.records.pulling import ReportRow
from storage.transactions import db_now

MAX_DAYS = 366
SHOWN_STUDIES = 20


@dataclass(slots=True)
class Hour:
    """One line. `gap` is what the PACS has and nobody can see here; `open` names such studies."""

    pacs: str
    hour: str  # in the hospital's time
    studies: int = 0
    theirs: int = 0
    ours: int = 0
    readable: int = 0
    gap: int = 0
    open_studies: int = 0
    last_error: str = ""
    open: list[str] = field(default_factory=list)


@dataclass(slots=True)
class GapReport:
    hours: list[Hour]
    pacs: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        return {"hours": [asdict(hour) for hour in self.hours], "pacs": self.pacs}


async def gap_report(
    viewer: Viewer, zone: ZoneInfo, *, days: float, pacs: str = "", only_open: bool = False
) -> GapReport:
    """Of the last `days`, the newest hour first. Denied for all but administrators and our own
    processes."""
    is_admin = isinstance(viewer, StaffViewer) and viewer.role == "admin"
    if not (is_admin or isinstance(viewer, SystemViewer)):
        raise Denied("wrong_session", "请用管理员账号登录。")
    if not 0 < days <= MAX_DAYS:
        raise Invalid("days_out_of_range", f"天数应在 1 到 {MAX_DAYS} 之间。")
    since = await db_now() - timedelta(days=days)
    hours: dict[tuple[str, str], Hour] = {}
    for row in await pulling.report_rows(since, pacs):
        at = row.study_at.astimezone(zone)
        key = row.pacs, f"{at:%Y-%m-%d %H}:00"
        _add(hours.setdefault(key, Hour(*key)), row)
    found = sorted(hours.values(), key=lambda one: (one.hour, one.pacs), reverse=True)
    return GapReport(
        [hour for hour in found if hour.gap or not only_open], await _states(pacs, zone)
    )


def _add(hour: Hour, row: ReportRow) -> None:
    theirs = row.theirs if row.theirs is not None else max(row.ours, row.live)
    held = max(row.live, row.ours if row.is_complete else 0)
    gap = max(0, theirs - row.readable)
    hour.studies += 1
    hour.theirs += theirs
    hour.ours += min(held, theirs)
    hour.readable += min(row.readable, theirs)
    hour.gap += gap
    if gap:
        hour.open_studies += 1
        hour.last_error = row.last_error or hour.last_error
        if len(hour.open) < SHOWN_STUDIES:
            hour.open.append(row.study_instance_uid)


async def _states(pacs: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    def text(at: datetime | None) -> str | None:
        return at.astimezone(zone).isoformat(timespec="seconds") if at is not None else None

    return [
        {
            "pacs": state.pacs,
            "polled_until": text(state.polled_until),
            "swept_at": text(state.swept_at),
            "failures": state.failures,
            "next_try_at": text(state.next_try_at),
            "last_error": state.last_error,
        }
        for state in await pulling.states()
        if not pacs or state.pacs == pacs
    ]
