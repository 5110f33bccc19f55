"""Liveness, readiness, metrics, and the description of every route."""

import asyncio
from typing import Any

from prometheus_client import generate_latest
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from assembly.health import database_is_up
from bff.access import access
from bff.context import context_of, runtime_of
from bff.openapi import describe_routes
from domain.errors import NotFound

health = Blueprint("health")


@health.get("/healthz")
@access("public")
async def live(_: Request) -> HTTPResponse:
    """The process answers."""
    return json({"status": "ok"})


@health.get("/readyz")
@access("public")
async def ready(request: Request) -> HTTPResponse:
    """What it depends on answers."""
    checks = {"database": await _passes(database_is_up()), "objects": await _objects(request)}
    return json(checks, 200 if all(checks.values()) else 503)


async def _objects(request: Request) -> bool:
    try:
        async with asyncio.timeout(5):
            await runtime_of(request).objects.size("probe/none")
    except NotFound:
        return True
    except Exception:  # noqa: BLE001 - whatever it is, the store does not answer as it should
        return False
    return True


async def _passes(check: Any) -> bool:
    try:
        return bool(await check)
    except Exception:  # noqa: BLE001 - a check that fails in any way has failed
        return False


@health.get("/metrics")
@access("public")
async def metrics(_: Request) -> HTTPResponse:
    """Prometheus text."""
    return raw(generate_latest(), content_type="text/plain; version=0.0.4")


@health.get("/openapi.json")
@access("public")
async def openapi(request: Request) -> HTTPResponse:
    """Every route with its access policy as `x-access`."""
    return json(describe_routes(request.app))


@health.get("/docs")
@access("public")
async def documentation(request: Request) -> HTTPResponse:
    """The same document for people."""
    return context_of(request).pages.page("docs", {"kind": "docs"})
