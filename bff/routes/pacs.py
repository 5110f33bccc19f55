"""The PACS of the configuration, for administrators: who they are, and what is missing here."""

from typing import Any
from zoneinfo import ZoneInfo

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bff.access import access
from bff.context import runtime_of, viewer_in
from domain.errors import Invalid
from integrations.pacs.peer_file import load_peers
from usecases.pulling.gaps import gap_report

pacs = Blueprint("pacs", url_prefix="/api/admin/v1/pacs")


@pacs.get("/")
@access("admin")
async def list_peers(request: Request) -> HTTPResponse:
    """The configured peers, without their secrets."""
    peers = load_peers(runtime_of(request).settings.peers_file).by_name.values()
    rows: list[dict[str, Any]] = [
        {
            "name": peer.label or peer.name,
            "ae_title": peer.ae_title,
            "host": peer.host,
            "port": peer.port,
            "mode": peer.mode,
            "tls": peer.tls is not None,
            "may": sorted(peer.may),
            "quirks": list(peer.quirks),
        }
        for peer in peers
    ]
    return json({"pacs": rows})


@pacs.get("/gaps")
@access("admin")
async def gaps(request: Request) -> HTTPResponse:
    """Images by PACS and hour: theirs, ours, readable; `?days=`, `?pacs=`, `?open=1` gaps only."""
    text = request.args.get("days", "2")
    try:
        days = float(text)
    except ValueError:
        raise Invalid("days_malformed", "days 应为数字。") from None
    zone = ZoneInfo(runtime_of(request).settings.time_zone)
    report = await gap_report(
        viewer_in(request), zone, days=days, pacs=request.args.get("pacs", "")[:64],
        only_open=request.args.get("open", "") == "1",
    )  # fmt: skip
    return json(report.as_json())
