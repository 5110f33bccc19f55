"""Storage commitment requests that are still to be reported: a row from the moment the request is
taken until the peer has heard the result, over any number of restarts."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from tortoise import fields
from tortoise.models import Model

from storage.transactions import db_now, run_sql


class CommitmentReport(Model):
    """One request that was taken and whose result its sender has not heard.

    `sop_references` is [[SOP class UID, SOP instance UID], ...]; `due_at` moves on while somebody
    works on the row, so that a row whose process died is taken up again."""

    id = fields.BigIntField(primary_key=True)
    ae_title = fields.CharField(max_length=16)
    transaction_uid = fields.CharField(max_length=64)
    sop_references: fields.JSONField[Any] = fields.JSONField()
    attempts = fields.IntField(default=0)
    due_at = fields.DatetimeField(db_index=True)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "commitment_report"


@dataclass(frozen=True, slots=True)
class DueReport:
    """A row to work on; `attempts` have been made before."""

    id: int
    ae_title: str
    transaction_uid: str
    references: list[tuple[str, str]]
    attempts: int


async def keep_report(
    ae_title: str, transaction_uid: str, references: list[tuple[str, str]]
) -> None:
    """Durable when it returns."""
    await CommitmentReport.create(
        ae_title=ae_title[:16], transaction_uid=transaction_uid, due_at=await db_now(),
        sop_references=[list(pair) for pair in references],
    )  # fmt: skip


async def take_due_reports(limit: int, *, lease_s: float) -> list[DueReport]:
    """Rows that are due; nobody else gets them for `lease_s`."""
    now = await db_now()
    rows = await run_sql(
        "UPDATE commitment_report SET due_at = $1, attempts = attempts + 1 WHERE id IN "
        "(SELECT id FROM commitment_report WHERE due_at <= $2 ORDER BY due_at, id LIMIT $3) "
        "AND due_at <= $2 RETURNING id, ae_title, transaction_uid, sop_references, attempts",
        now + timedelta(seconds=lease_s), now, limit,
    )  # fmt: skip
    return [_due(row) for row in sorted(rows, key=lambda row: int(row["id"]))]


async def report_again(report_id: int, *, after_s: float) -> None:
    due = await db_now() + timedelta(seconds=after_s)
    await run_sql("UPDATE commitment_report SET due_at = $1 WHERE id = $2", due, report_id)


async def report_ended(report_id: int) -> None:
    """It was heard, or was given up."""
    await run_sql("DELETE FROM commitment_report WHERE id = $1", report_id)


async def waiting_reports() -> int:
    rows = await run_sql("SELECT count(*) AS n FROM commitment_report")
    return int(rows[0]["n"])


def _due(row: dict[str, Any]) -> DueReport:
    references = row["sop_references"]
    if isinstance(references, str | bytes):
        references = orjson.loads(references)
    return DueReport(
        int(row["id"]), row["ae_title"], row["transaction_uid"],
        [(str(one[0]), str(one[1])) for one in references], int(row["attempts"]) - 1,
    )  # fmt: skip
