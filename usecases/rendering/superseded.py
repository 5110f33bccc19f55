"""Objects that a newer rendering has replaced: kept for a while, because a page that is open still
asks for them, then deleted at a later rendering or by `sweep_superseded`."""

from datetime import datetime, timedelta
from typing import Any

from domain.ports import ObjectStore
from storage.records.imaging import Series
from storage.transactions import db_now

GRACE = timedelta(minutes=30)


def keys_of(series: Series) -> list[str]:
    """The objects of the present rendition."""
    keys = (series.frames_key, series.preview_key, series.thumbnail_key, series.tags_key)
    return [key for key in keys if key]


async def clear_superseded(
    objects: ObjectStore, series: Series, replaced: list[str]
) -> list[list[str]]:
    """Delete what has been superseded for longer than GRACE; returns what is left, with the
    objects that are being replaced now, as [key, since] pairs."""
    now = await db_now()
    left: list[list[str]] = []
    before: dict[str, Any] = series.rendition or {}
    for key, since in before.get("superseded", []):
        if now - datetime.fromisoformat(since) > GRACE:
            await objects.delete(key)
        else:
            left.append([key, since])
    return left + [[key, now.isoformat()] for key in replaced]


async def sweep_superseded(objects: ObjectStore) -> None:
    """Once a day: delete what older renderings have left behind."""
    async for series in Series.filter(rendered_revision__gt=1):
        rendition = series.rendition or {}
        if rendition.get("superseded"):
            rendition["superseded"] = await clear_superseded(objects, series, [])
            await Series.filter(id=series.id, rendered_revision=series.rendered_revision).update(
                rendition=rendition
            )
