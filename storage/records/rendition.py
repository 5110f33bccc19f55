"""Queries about ready-made renditions: what must be rendered, and putting a new one in the place
of the old. The columns are those of `Study`, `Series` and `Instance`."""

from dataclasses import dataclass, field
from typing import Any

from storage import outbox
from storage.records.imaging import Instance, Series, Study
from storage.transactions import in_transaction

NO_DECODER = "transfer_syntax_not_supported"


@dataclass(frozen=True, slots=True)
class NewRendition:
    """What one rendering made. `problems` are the new codes of instances whose code changed."""

    revision: int
    entry: dict[str, Any]
    frames_key: str
    frames_index: list[list[int]]
    preview_key: str
    thumbnail_key: str
    tags_key: str
    problems: dict[int, str] = field(default_factory=dict)


async def series_to_render(study_id: int) -> list[int]:
    """Series of a study that have changed since they were rendered."""
    rows = await Series.filter(study_id=study_id).order_by("id")
    return [row.id for row in rows if row.wanted_revision > row.rendered_revision]


async def instances_of(series_id: int) -> list[Instance]:
    """Every indexed instance of a series, in the order in which it was taken."""
    return await Instance.filter(series_id=series_id).order_by("instance_number", "id")


async def replace_rendition(old: Series, new: NewRendition) -> bool:
    """Put `new` in the place of what `old` was read with, and ask for the study's manifest. False
    when somebody else has been faster: theirs stays."""

    async def replace() -> bool:
        changed = await Series.filter(
            id=old.id, rendered_revision=old.rendered_revision, frames_key=old.frames_key
        ).update(
            rendered_revision=new.revision,
            frames_key=new.frames_key,
            frames_index=new.frames_index,
            preview_key=new.preview_key,
            thumbnail_key=new.thumbnail_key,
            tags_key=new.tags_key,
            rendition=new.entry,
        )
        if not changed:
            return False
        by_code: dict[str, list[int]] = {}
        for instance_id, code in new.problems.items():
            by_code.setdefault(code, []).append(instance_id)
        for code, ids in sorted(by_code.items()):
            for start in range(0, len(ids), 500):
                await Instance.filter(id__in=ids[start : start + 500]).update(problem=code)
        study: Study = await old.study
        await outbox.want("write_manifest", study.id)
        return True

    return await in_transaction(replace)


async def want_again(transfer_syntax_uids: list[str]) -> int:
    """Ask for the rendering of every series that holds an instance of these syntaxes without a
    decoder; returns how many."""

    async def ask() -> int:
        rows = await Instance.filter(
            problem=NO_DECODER, transfer_syntax_uid__in=transfer_syntax_uids
        ).values("series_id")
        ids = sorted({int(row["series_id"]) for row in rows if row["series_id"] is not None})
        for series_id in ids:
            series = await Series.get(id=series_id)
            series.wanted_revision += 1
            await series.save(update_fields=["wanted_revision"])
        await outbox.want_many("render_series", ids)
        return len(ids)

    return await in_transaction(ask)
