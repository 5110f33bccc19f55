"""OPTIONS at the machine doors: what a browser asks before a foreign page may speak to them (CORS
preflight), and what DICOMweb says to everybody else (PS3.18 8.9)."""

from typing import Any

from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, empty, raw

from bff.access import access
from bff.cross_origin import DOORS
from bff.dicomweb.accept import choose_type
from bff.dicomweb.capabilities import WADL, capabilities
from bff.dicomweb.selection import ROOT, root_url

machines = Blueprint("machines")

_CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Accept"}


def _capabilities(request: Request) -> HTTPResponse:
    kind = choose_type(request, WADL, "application/xml")
    body = capabilities(request.app, root_url(request))
    return raw(body, headers=_CACHED, content_type=kind)


@machines.get(f"{ROOT}/capabilities")
@access("public")
async def dicomweb_capabilities(request: Request) -> HTTPResponse:
    """What the DICOMweb service can do: the same as OPTIONS on its root."""
    return _capabilities(request)


@access("public")
async def dicomweb_options(request: Request, **_: Any) -> HTTPResponse:
    """A preflight is answered by the headers of `bff.cross_origin`."""
    if "access-control-request-method" in request.headers:
        return empty(204)
    return _capabilities(request)


@access("public")
async def preflight(_: Request, **__: Any) -> HTTPResponse:
    """Nothing is said here but the headers of `bff.cross_origin`."""
    return empty(204)


def answer_options(app: Sanic[Any, Any]) -> None:
    """At every address of the doors: a path that is there for GET has no OPTIONS by itself."""
    addresses: dict[str, set[str]] = {ROOT: set()}
    for route in app.router.routes:
        addresses.setdefault(str(route.uri), set()).update(route.methods)
    for number, (uri, methods) in enumerate(addresses.items()):
        if uri.startswith(DOORS) and "OPTIONS" not in methods:
            handler = dicomweb_options if uri.startswith(ROOT) else preflight
            app.add_route(handler, uri, methods=["OPTIONS"], name=f"options_{number}")
