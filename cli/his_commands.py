"""`cloudfilm` commands for the people who look after the links to HIS and RIS."""

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

his_app = typer.Typer()


def shown(when: datetime | None) -> str:
    return when.astimezone().strftime("%m-%d %H:%M:%S") if when else ""


def print_table(columns: list[str], rows: list[list[str]]) -> None:
    """Plain lines when nobody watches, so that they can be searched."""
    console = Console()
    if not console.is_terminal:
        for row in [columns, *rows]:
            print("\t".join(row))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    console.print(table)


@his_app.command("merges")
def merges(limit: Annotated[int, typer.Option(help="how many, newest first")] = 50) -> None:
    """Patient numbers that the HIS has merged, and what was undone."""
    from cli.runtime import with_runtime
    from usecases.patients.merge_patients import list_merges

    rows = [
        [
            str(line.id), shown(line.at), line.issuer, line.prior_number, line.surviving_number,
            "undo" if line.is_undo else "standing" if line.is_standing else "ended", line.actor,
        ]
        for line in with_runtime(lambda _: list_merges(limit=limit))
    ]  # fmt: skip
    print_table(["id", "at", "issuer", "prior", "surviving", "state", "by"], rows)


@his_app.command("undo-merge")
def undo_merge(
    merge_id: Annotated[int, typer.Argument(help="as `cloudfilm merges` shows")],
) -> None:
    """Part two patient numbers again; no examination is touched."""
    from cli.runtime import with_runtime
    from usecases.patients.merge_patients import undo_merge as undo

    with_runtime(lambda _: undo(merge_id, actor=f"cli:{getpass.getuser()}"))
    print(f"✓ {merge_id}")


@his_app.command("hl7-log")
def hl7_log(
    sender: Annotated[str, typer.Option(help="only this sending application")] = "",
    problems: Annotated[bool, typer.Option("--problems", help="only what was refused")] = False,
    limit: Annotated[int, typer.Option(help="how many, newest first")] = 50,
) -> None:
    """What came in by HL7 and from views: from whom, what it did, what was wrong. No person is
    named: the messages themselves lie sealed."""
    from cli.runtime import with_runtime
    from usecases.inbox.list_inbound import list_inbound

    rows = [
        [
            shown(row.received_at), row.peer, row.sender, row.message_type, row.control_id,
            row.answer, row.problem or row.effect,
        ]
        for row in with_runtime(
            lambda _: list_inbound(sender=sender, only_problems=problems, limit=limit)
        )
    ]  # fmt: skip
    print_table(["at", "from", "sender", "type", "control id", "answer", "what"], rows)


@his_app.command("hl7-queue")
def hl7_queue(
    retry: Annotated[int, typer.Option(help="send this row again now, also a dead one")] = 0,
    limit: Annotated[int, typer.Option(help="how many")] = 100,
) -> None:
    """Messages to other systems that have not been taken: waiting, or dead (refused)."""
    from cli.runtime import with_runtime
    from usecases.announcing.send_head import list_queue, retry_now

    if retry:
        is_there = with_runtime(lambda _: retry_now(retry))
        print(f"✓ {retry}" if is_there else f"✗ 队列里没有 {retry}。")
        raise typer.Exit(0 if is_there else 1)
    rows = [
        [
            str(row.id), row.destination, row.message_type, row.event_key, row.control_id,
            "dead" if row.dead_at else "waiting", str(row.attempts), row.answer,
            row.last_error, shown(row.created_at),
        ]
        for row in with_runtime(lambda _: list_queue(limit=limit))
    ]  # fmt: skip
    columns = ["id", "to", "type", "event", "control id", "state", "tries", "answer", "problem"]
    print_table([*columns, "since"], rows)


@his_app.command("check-views")
def check_views(
    file: Annotated[Path, typer.Argument(help="as CLOUDFILM_VIEWS_FILE")],
    rows: Annotated[int, typer.Option(help="how many to show of each")] = 5,
    most: Annotated[int, typer.Option(help="read about this many of each")] = 1000,
) -> None:
    """Try hospital database views and show, masked, what they would bring. Nothing is taken."""
    from assembly.settings import Settings
    from cli.check_views import check_views as check

    zone = ZoneInfo(Settings().time_zone)
    raise typer.Exit(0 if check(file, zone, shown=rows, most=most) else 1)
