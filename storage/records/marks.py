"""What a member of staff has drawn on a study, and how they like to read; each row is one owner's
and is never written for somebody else."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.models import Model

from storage.transactions import db_now, in_transaction

if TYPE_CHECKING:
    from storage.records.imaging import Study
    from storage.records.staff import StaffAccount

Marks = list[dict[str, Any]]


class StudyMarks(Model):
    """All marks of one account on one study. `version` grows with each saving."""

    id = fields.BigIntField(primary_key=True)
    study: fields.ForeignKeyRelation["Study"] = fields.ForeignKeyField(
        "models.Study", related_name="marks", on_delete=fields.RESTRICT
    )
    account: fields.ForeignKeyRelation["StaffAccount"] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="marks", on_delete=fields.RESTRICT, db_index=True
    )
    version = fields.IntField(default=0)
    marks: fields.JSONField[Any] = fields.JSONField(default=list)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "study_marks"
        unique_together = (("study", "account"),)


class StaffPreference(Model):
    """One setting of one account, by name."""

    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation["StaffAccount"] = fields.ForeignKeyField(
        "models.StaffAccount", related_name="preferences", on_delete=fields.CASCADE
    )
    name = fields.CharField(max_length=32)
    value: fields.JSONField[Any] = fields.JSONField(default=dict)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "staff_preference"
        unique_together = (("account", "name"),)


@dataclass(frozen=True, slots=True)
class Saved:
    """`version` 0: nothing was ever saved."""

    version: int
    marks: Marks
    updated_at: datetime | None = None


async def read_marks(study_id: int, account_id: int) -> Saved:
    row = await StudyMarks.get_or_none(study_id=study_id, account_id=account_id)
    return Saved(0, []) if row is None else Saved(row.version, row.marks, row.updated_at)


async def marks_of_others(study_id: int, account_id: int, *, limit: int) -> list[StudyMarks]:
    """Rows that hold something, newest first, with their accounts."""
    rows = StudyMarks.filter(study_id=study_id).exclude(account_id=account_id)
    found = await rows.order_by("-updated_at").limit(limit).prefetch_related("account")
    return [row for row in found if row.marks]


async def replace_marks(
    study_id: int, account_id: int, marks: Marks, *, version: int
) -> Saved | None:
    """Put `marks` in the place of version `version`; None when another device was faster."""

    async def replace() -> Saved | None:
        now = await db_now()
        new = Saved(version + 1, marks, now)
        values: dict[str, Any] = {"version": new.version, "marks": marks, "updated_at": now}
        rows = StudyMarks.filter(study_id=study_id, account_id=account_id)
        if version:
            changed = await rows.filter(version=version).update(**values)
            return new if changed else None
        if await rows.exists():
            return None
        await StudyMarks.create(study_id=study_id, account_id=account_id, **values)
        return new

    return await in_transaction(replace)


async def read_preference(account_id: int, name: str) -> dict[str, Any]:
    row = await StaffPreference.get_or_none(account_id=account_id, name=name)
    return {} if row is None else dict(row.value)


async def write_preference(account_id: int, name: str, value: dict[str, Any]) -> None:
    async def write() -> None:
        await StaffPreference.update_or_create(
            account_id=account_id,
            name=name,
            defaults={"value": value, "updated_at": await db_now()},
        )

    await in_transaction(write)
