"""One reading of a view: what has changed since the mark goes through the same use cases as HL7.

The mark is the greatest time stamp up to which everything has been taken. It moves while rows come
in order, else at the end; each reading begins `overlap_s` before it, because rows are committed
later than they are stamped. A row that was taken or refused before is passed over by its digest.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from domain.errors import Refused
from domain.messages import OrderMessage, PatientMessage
from domain.ports import ObjectStore, Sealer
from integrations.his.view_rows import ReadRow, RowReader, Told
from integrations.his.views import View
from storage.records.inbox import InboundMessage
from storage.records.view_mark import ViewMark
from storage.transactions import db_now
from usecases.orders.place_order import place_order
from usecases.patients.take_patient import take_patient
from usecases.reports.file_report import file_report

log = structlog.get_logger()

ReadRows = Callable[[View, datetime, ZoneInfo], AsyncIterator[list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading did."""

    taken: int = 0
    refused: int = 0
    known: int = 0


async def read_view(
    objects: ObjectStore, sealer: Sealer, view: View, read_rows: ReadRows, zone: ZoneInfo
) -> Reading:
    """Resumable: what is taken stays taken, whatever breaks off. Errors of the hospital's database
    and of our own go through; one bad row does not."""
    now = await db_now()
    mark, _ = await ViewMark.get_or_create(name=view.name)
    since = (mark.mark or now - timedelta(days=view.first_days)) - timedelta(seconds=view.overlap_s)
    reader, done = RowReader(view, zone), Reading()
    newest, is_ordered = mark.mark, True
    last: datetime | None = None
    async for part in read_rows(view, since, zone):
        rows = [reader.read(row) for row in part]
        known = await _known(view, rows)
        for row in rows:
            if row.digest in known:
                done = replace(done, known=done.known + 1)
            else:
                known.add(row.digest)
                problem = await _take(objects, sealer, view, row, zone)
                done = _counted(done, is_good=not problem)
            if row.at is not None:
                is_ordered = is_ordered and (last is None or row.at >= last)
                last = row.at
                newest = _later(newest, min(row.at, now))
        if is_ordered:
            await _move(mark, newest, done)
    await _move(mark, newest, done, is_whole=True)
    return done


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def _counted(done: Reading, *, is_good: bool) -> Reading:
    if is_good:
        return replace(done, taken=done.taken + 1)
    return replace(done, refused=done.refused + 1)


async def _known(view: View, rows: list[ReadRow]) -> set[str]:
    digests = [row.digest for row in rows]
    seen = InboundMessage.filter(sender=_name(view), sha256__in=digests)
    return {str(one) for one in await seen.values_list("sha256", flat=True)}


def _name(view: View) -> str:
    return f"view:{view.name}"[:64]


async def _take(
    objects: ObjectStore, sealer: Sealer, view: View, row: ReadRow, zone: ZoneInfo
) -> str:
    """The problem, "" when it is taken. Either way the row is not looked at again until it
    changes."""
    problem, effect = row.problem, ""
    if row.told is not None:
        try:
            effect = await _use(objects, sealer, row.told, zone)
        except Refused as error:
            problem = error.code
    if problem:
        log.warning("view_row_refused", view=view.name, row=row.digest[:12], problem=problem)
    await InboundMessage.get_or_create(
        sender=_name(view),
        control_id=row.digest[:32],
        sha256=row.digest,
        defaults={
            "message_type": f"VIEW {view.kind}"[:16],
            "sent_at": row.at,
            "answer": "AE" if problem else "AA",
            "problem": problem[:256],
            "effect": effect[:256],
            "peer": _name(view),
        },
    )
    return problem


async def _use(objects: ObjectStore, sealer: Sealer, told: Told, zone: ZoneInfo) -> str:
    if isinstance(told, PatientMessage):
        return f"patient {await take_patient(sealer, told)}"
    if isinstance(told, OrderMessage):
        await place_order(sealer, told, zone=zone)
        word = "order_cancelled" if told.is_cancelled else "order"
        return f"{word} {told.accession_number}"
    await file_report(objects, sealer, told, zone=zone)
    return f"report {told.state} {told.accession_number}"


async def _move(
    mark: ViewMark, newest: datetime | None, done: Reading, *, is_whole: bool = False
) -> None:
    changes: dict[str, Any] = {"mark": newest}
    if is_whole:
        changes |= {
            "rows_taken": mark.rows_taken + done.taken, "last_error": "", "failures": 0,
            "rows_refused": mark.rows_refused + done.refused, "last_read_at": await db_now(),
        }  # fmt: skip
    await ViewMark.filter(id=mark.id).update(**changes)


async def note_failure(view: View, problem: str) -> int:
    """How often in a row it has failed now."""
    mark, _ = await ViewMark.get_or_create(name=view.name)
    mark.failures += 1
    mark.last_error = problem[:300]
    await mark.save(update_fields=["failures", "last_error"])
    return mark.failures
