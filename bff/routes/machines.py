"""What a browser asks before a foreign page may speak to the machine doors (CORS preflight)."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty

from bff.access import access

machines = Blueprint("machines")


@machines.options("/dicomweb/<rest:path>")
@access("public")
async def dicomweb_preflight(_: Request, rest: str) -> HTTPResponse:
    """Nothing is said here but the headers of `bff.cross_origin`."""
    return empty(204)


@machines.options("/fhir/<rest:path>")
@access("public")
async def fhir_preflight(_: Request, rest: str) -> HTTPResponse:
    """Nothing is said here but the headers of `bff.cross_origin`."""
    return empty(204)
