"""`cloudfilm gaps`: the gap report as a table, or as JSON."""

from zoneinfo import ZoneInfo

import orjson
from rich.console import Console
from rich.table import Table

from assembly.settings import Settings
from domain.access import SystemViewer
from usecases.pulling.gaps import GapReport, gap_report


async def print_gaps(
    settings: Settings, days: float, pacs: str, *, only_open: bool, as_json: bool
) -> None:
    viewer, zone = SystemViewer("cli"), ZoneInfo(settings.time_zone)
    report = await gap_report(viewer, zone, days=days, pacs=pacs, only_open=only_open)
    if as_json:
        print(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
        return
    _print_table(report)


def _print_table(report: GapReport) -> None:
    table = Table("PACS", "小时 hour", "检查 studies", "对方 theirs", "本院 ours", "可读 readable",
                  "缺 gap", "原因 reason")  # fmt: skip
    for hour in report.hours:
        counts = (hour.studies, hour.theirs, hour.ours, hour.readable, hour.gap)
        table.add_row(hour.pacs, hour.hour, *map(str, counts), hour.last_error)
    console = Console()
    console.print(table)
    for state in report.pacs:
        told = f"  {state['pacs']}: {state['polled_until'] or '-'}"
        if state["failures"]:
            told += f"  {state['failures']} x {state['last_error']} → {state['next_try_at']}"
        console.print(told)
