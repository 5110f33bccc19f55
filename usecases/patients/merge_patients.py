"""A merge of two patient numbers, and its undo, as events (docs/decisions/0026)."""

from dataclasses import dataclass
from datetime import datetime

from domain.errors import Invalid, NotFound
from domain.matching import version_of
from domain.messages import MergeMessage
from storage.records.audit import AuditEntry
from storage.records.patient_merge import PatientMerge
from storage.transactions import db_now, in_transaction


async def merge_patients(messages: list[MergeMessage]) -> None:
    """Take the merges or unmerges of one message; durable when it returns. The same again, in a
    circle or in reverse changes nothing that is not meant. Numbers that nobody has named yet are
    joined as soon as they come."""
    for message in messages:
        if message.surviving_number == message.prior_number:
            raise Invalid("merge_with_itself", "不能把患者与自己合并。")
    await in_transaction(lambda: _take(messages))


async def _take(messages: list[MergeMessage]) -> None:
    for message in messages:
        await _add(
            message,
            version=version_of(message.sent_at, message.control_id),
            actor=f"client:{message.sender}"[:80],
        )


async def _add(message: MergeMessage, *, version: str, actor: str) -> None:
    low, high = sorted((message.surviving_number, message.prior_number))
    _, is_new = await PatientMerge.get_or_create(
        issuer=message.issuer,
        low_number=low,
        high_number=high,
        version=version,
        defaults={
            "surviving_number": message.surviving_number,
            "is_undo": message.is_undo,
            "actor": actor,
        },
    )
    if is_new:
        action = "patients_parted" if message.is_undo else "patients_merged"
        await AuditEntry.create(actor=actor, action=action, outcome="ok")


async def undo_merge(merge_id: int, *, actor: str) -> None:
    """Part what merge `merge_id` has joined, until a newer merge comes: one sent before now that
    arrives late does not join them again."""

    async def undo() -> None:
        row = await PatientMerge.get_or_none(id=merge_id)
        if row is None:
            raise NotFound("merge_not_found", "没有这条合并记录。")
        now = await db_now()
        prior = row.low_number if row.surviving_number == row.high_number else row.high_number
        message = MergeMessage(
            "", "undo", now, row.issuer, row.surviving_number, prior, is_undo=True
        )
        await _add(message, version=version_of(now, "undo"), actor=actor)

    await in_transaction(undo)


@dataclass(frozen=True, slots=True)
class MergeLine:
    """One event, as a list shows it."""

    id: int
    at: datetime
    issuer: str
    prior_number: str
    surviving_number: str
    is_undo: bool
    is_standing: bool
    actor: str


async def list_merges(*, limit: int = 50) -> list[MergeLine]:
    """Newest first."""
    rows = await PatientMerge.all().order_by("-id").limit(limit)
    lines = []
    for row in rows:
        pair = {"issuer": row.issuer, "low_number": row.low_number, "high_number": row.high_number}
        newest = await PatientMerge.filter(**pair).order_by("-version", "-is_undo").first()
        prior = row.low_number if row.surviving_number == row.high_number else row.high_number
        lines.append(
            MergeLine(
                id=row.id,
                at=row.created_at,
                issuer=row.issuer,
                prior_number=prior,
                surviving_number=row.surviving_number,
                is_undo=row.is_undo,
                is_standing=newest is not None and newest.id == row.id and not row.is_undo,
                actor=row.actor,
            )
        )
    return lines
