"""The page for retrieval without a code, as the hospital or a campus has set it up (E4, C2.1).

A change is a new version; it counts from the next request, in every process, without a restart.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.access import StaffViewer
from domain.errors import Conflict, Invalid, Refused
from domain.page_settings import QuerySettings, parse_query_settings
from storage.records.audit import AuditEntry
from storage.records.page_settings import PageSettings, newest_settings
from storage.transactions import in_transaction

PAGE = "query"
HISTORY = 20
MAX_CAMPUS = 64


@dataclass(frozen=True, slots=True)
class Version:
    """One version and who made it; version 0 is what the settings of the installation say."""

    version: int
    settings: QuerySettings
    author: str = ""
    created_at: datetime | None = None


async def read_query_page(campus: str, fallback: QuerySettings) -> Version:
    """The campus' own, else the hospital's, else `fallback`."""
    for place in dict.fromkeys((campus[:MAX_CAMPUS], "")):
        row = await newest_settings(PAGE, place)
        if row is not None:
            return _version(row)
    return Version(0, fallback)


async def versions_of(campus: str) -> list[Version]:
    """The campus' own versions, newest first."""
    rows = await PageSettings.filter(page=PAGE, campus=campus).order_by("-version").limit(HISTORY)
    return [_version(row) for row in rows]


async def change_query_page(
    viewer: StaffViewer, campus: str, values: dict[str, Any], *, based_on: int
) -> Version:
    """Add a version. Conflict when `based_on` is not the newest; Invalid says what is wrong."""
    if viewer.role != "admin" or (viewer.campuses and campus not in viewer.campuses):
        raise Refused("role_missing", "只有本院区的管理员可以修改。")
    if len(campus) > MAX_CAMPUS:
        raise Invalid("campus_unknown", "没有这个院区。")
    settings = parse_query_settings(values)

    async def add() -> Version:
        newest = await newest_settings(PAGE, campus)
        if based_on != (newest.version if newest else 0):
            raise Conflict("page_settings_stale", "设置已被别人修改,请刷新后再改。")
        row = await PageSettings.create(
            page=PAGE, campus=campus, version=based_on + 1, content=settings.as_values(),
            author=viewer.actor,
        )  # fmt: skip
        await AuditEntry.create(actor=viewer.actor, action="page_settings")
        return _version(row)

    return await in_transaction(add)


def _version(row: PageSettings) -> Version:
    return Version(row.version, parse_query_settings(dict(row.content)), row.author, row.created_at)
