"""The hospital's own app and portal: a signed hand-over by the app's server, and the portal's OAuth
sign-in. Nothing personal stands in an address (tender D2.1, E3.1)."""

import functools
from pathlib import Path

import orjson
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bff.access import access
from bff.body import body_of
from bff.channel import entrance_in, message_page
from bff.context import runtime_of
from bff.routes.doors import away
from domain.errors import Denied, NotFound, Refused, Unavailable
from domain.handover import Handover
from integrations.hospital_app.apps import HospitalApp, load_apps
from integrations.hospital_app.portal import arrive, depart
from integrations.hospital_app.signed_request import SignedRequest, app_named, read_handover
from storage.transactions import db_now
from usecases.entry.ticket import LIFE_S
from usecases.handover.enter_from_app import enter_from_app, spend_once

hospital_app = Blueprint("hospital_app")

PORTAL_COOKIE, PORTAL_S = "cf_portal", 600
PURPOSE = "portal.departure"


@functools.lru_cache(maxsize=8)
def _apps(path: Path | None) -> dict[str, HospitalApp]:
    return load_apps(path)


def apps_of(request: Request) -> dict[str, HospitalApp]:
    """Read once a process."""
    return _apps(runtime_of(request).settings.apps_file)


async def _enter(request: Request, handover: Handover) -> str:
    runtime = runtime_of(request)
    return await enter_from_app(
        runtime.sealer,
        handover,
        entrance=entrance_in(request, None, channel="app"),
        staff_hours=runtime.settings.session_hours,
    )


@hospital_app.post("/api/app/v1/handover")
@access("protocol")
async def handover(request: Request) -> HTTPResponse:
    """The app's server hands over `{"id_card", "name"?, "accession_number"?}` or
    `{"staff_number"}`; the address that the app opens next, once, within 60 seconds."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    signed = SignedRequest(request.method, request.path, request.body, headers)
    app = app_named(apps_of(request), signed)
    made = read_handover(app, signed, body_of(request), await db_now())
    path = await _enter(request, made)
    body = {"url": runtime_of(request).settings.base_url() + path, "expires_in": LIFE_S}
    return json(body, headers={"Cache-Control": "no-store"})


def _portal(request: Request, app_id: str) -> HospitalApp:
    app = apps_of(request).get(app_id)
    if app is None or app.profile != "oauth-code":
        raise NotFound("page_not_found", "没有找到这个页面。")
    return app


def _callback_url(request: Request, app_id: str) -> str:
    return f"{runtime_of(request).settings.base_url()}/app/{app_id}/callback"


@hospital_app.get("/app/<app_id:str>/start")
@access("public")
async def portal_start(request: Request, app_id: str) -> HTTPResponse:
    """Off to the portal's sign-in; this browser alone may come back from it."""
    app = _portal(request, app_id)
    departure = depart(app, _callback_url(request, app_id))
    settings, sealer = runtime_of(request).settings, runtime_of(request).sealer
    left = (await db_now()).timestamp()
    kept = orjson.dumps([app_id, departure.state, departure.verifier, left]).decode()
    response = away(departure.url)
    response.add_cookie(
        PORTAL_COOKIE, sealer.seal(kept, purpose=PURPOSE).hex(), httponly=True, samesite="Lax",
        secure=settings.base_url().startswith("https://"), path="/app/", max_age=PORTAL_S,
    )  # fmt: skip
    return response


@hospital_app.get("/app/<app_id:str>/callback")
@access("public")
async def portal_callback(request: Request, app_id: str) -> HTTPResponse:
    """The portal sends the browser back: exchanged once, then on to a clean address."""
    app = _portal(request, app_id)
    try:
        state, verifier = await _departed(request, app_id)
        if not state or request.args.get("state", "") != state:
            raise Denied("portal_state", "登录没有完成,请重新进入。", detail="foreign state")
        await spend_once(f"portal:{app_id}:{state}")
        code = request.args.get("code", "")[:512]
        if not code:
            raise Denied("portal_refused", "登录没有完成,请重新进入。", detail="no code")
        person = await arrive(app, _callback_url(request, app_id), code, verifier)
        path = await _enter(request, Handover(app_id, state, person, app.asks_digits))
    except (Refused, Unavailable) as error:
        state = "portal_unreachable" if isinstance(error, Unavailable) else "portal_failed"
        status = 503 if isinstance(error, Unavailable) else 403
        response = message_page(request, state, status=status)
    else:
        response = away(path)
    response.delete_cookie(PORTAL_COOKIE, path="/app/")
    return response


async def _departed(request: Request, app_id: str) -> tuple[str, str]:
    """(state, verifier) that this browser left with, within ten minutes; ("", "") for none."""
    try:
        sealed = bytes.fromhex(request.cookies.get(PORTAL_COOKIE) or "")
        kept = orjson.loads(runtime_of(request).sealer.unseal(sealed, purpose=PURPOSE))
        who, state, verifier, left = kept
    except Exception:  # noqa: BLE001 - whatever is wrong with a foreign cookie, it is none of ours
        return "", ""
    is_late = (await db_now()).timestamp() - left > PORTAL_S
    return ("", "") if who != app_id or is_late else (state, verifier)
