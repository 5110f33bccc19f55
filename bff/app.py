"""The Sanic application: blueprints, limits, the gate before every handler, one error shape."""

import re
import secrets
from typing import Any

import structlog
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from assembly.pixel_channel import PixelClient
from assembly.runtime import open_runtime
from assembly.settings import Settings
from bff.access import Gate, check_every_route
from bff.built_pages import BuiltPages
from bff.context import AppContext, BffApp
from bff.cross_origin import allow_origin
from bff.errors import any_error
from bff.routes import BLUEPRINTS
from bff.routes.machines import answer_options
from integrations.his.senders import load_senders

log = structlog.get_logger()


class FilmRequest(Request):
    """A request whose id is ours unless the proxy in front gave a plain one."""

    @classmethod
    def generate_id(cls, *_: Any) -> str:
        return secrets.token_hex(8)


def create_app(settings: Settings, *, name: str = "cloudfilm") -> BffApp:
    """The app; its runtime opens when the server starts. RuntimeError for a bare route."""
    app: BffApp = Sanic(name, request_class=FilmRequest, configure_logging=False)
    app.config.update(
        ACCESS_LOG=False,
        MOTD=False,
        TOUCHUP=False,
        REQUEST_MAX_SIZE=4 << 20,
        REQUEST_TIMEOUT=30,
        RESPONSE_TIMEOUT=60,
        KEEP_ALIVE_TIMEOUT=75,
        GRACEFUL_SHUTDOWN_TIMEOUT=20,
        FALLBACK_ERROR_FORMAT="json",
        REQUEST_ID_HEADER="X-Request-Id",
        PROXIES_COUNT=settings.trusted_proxies or None,
    )
    app.ctx.film = AppContext(Gate(), BuiltPages(), load_senders(settings.senders_file))
    for blueprint in BLUEPRINTS:
        app.blueprint(blueprint.copy(f"{name}_{blueprint.name}"))
    answer_options(app)
    app.error_handler.add(Exception, any_error)
    _open_and_close(app, settings)
    _around_requests(app)
    return app


def _open_and_close(app: BffApp, settings: Settings) -> None:
    @app.before_server_start
    async def open_parts(app: BffApp) -> None:
        check_every_route(app)
        app.ctx.opened = open_runtime(settings)
        app.ctx.film.runtime = await app.ctx.opened.__aenter__()
        app.ctx.film.pixels = PixelClient(settings.resolved_pixels_socket())

    @app.after_server_stop
    async def close_parts(app: BffApp) -> None:
        app.ctx.film.pixels.close()
        await app.ctx.film.receiver.close()
        await app.ctx.opened.__aexit__(None, None, None)


def _around_requests(app: BffApp) -> None:
    @app.on_request
    async def admit(request: Request) -> None:
        given = str(request.id)
        if not re.fullmatch(r"[A-Za-z0-9-]{1,36}", given):
            request._id = secrets.token_hex(8)
        await request.app.ctx.film.gate.admit(request)

    @app.on_response  # type: ignore[untyped-decorator]
    async def finish(request: Request, response: HTTPResponse) -> None:
        allow_origin(request, response)
        response.headers.setdefault("X-Request-Id", str(request.id))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if str(request.path).startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
