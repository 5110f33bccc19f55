"""What administrators set up for the patients' pages (tender C2.1)."""

from datetime import UTC
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bff.access import access
from bff.body import body_of, number_in
from bff.context import runtime_of, viewer_in
from domain.access import StaffViewer
from domain.errors import Invalid
from domain.page_settings import CONDITIONS, LABELS, QuerySettings
from usecases.page_settings.query_page import (
    Version,
    change_query_page,
    read_query_page,
    versions_of,
)

page_settings = Blueprint("page_settings", url_prefix="/api/admin/v1/pages")


def query_fallback(request: Request) -> QuerySettings:
    """What stands while no administrator has said anything."""
    settings = runtime_of(request).settings
    return QuerySettings(is_open=settings.query_enabled, note=settings.query_note)


def _describe(version: Version) -> dict[str, Any]:
    made = version.created_at
    return {
        "version": version.version,
        "values": version.settings.as_values(),
        "author": version.author,
        "created_at": made.astimezone(UTC).isoformat(timespec="seconds") if made else None,
    }


@page_settings.get("/query")
@access("admin")
async def query_page(request: Request) -> HTTPResponse:
    """The page for retrieval without a code (`?campus=`): what stands, its versions, choices."""
    campus = request.args.get("campus", "")
    shown = await read_query_page(campus, query_fallback(request))
    own = await versions_of(campus)
    return json(
        {
            "campus": campus,
            "version": own[0].version if own else 0,
            "shown": _describe(shown),
            "versions": [_describe(one) for one in own],
            "conditions": [{"name": one, "label": LABELS[one]} for one in CONDITIONS],
        }
    )


@page_settings.put("/query")
@access("admin")
async def change_query(request: Request) -> HTTPResponse:
    """`{"based_on", "values"}` becomes the next version (`?campus=`); it counts at once."""
    viewer, body = viewer_in(request), body_of(request)
    assert isinstance(viewer, StaffViewer)
    values, based_on = body.get("values"), number_in(body, "based_on")
    if not isinstance(values, dict) or based_on is None:
        raise Invalid("body_malformed", detail="values and based_on are needed")
    campus = request.args.get("campus", "")
    return json(_describe(await change_query_page(viewer, campus, values, based_on=based_on)))
