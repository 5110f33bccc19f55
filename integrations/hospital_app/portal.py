"""The OAuth 2.0 code profile: the hospital's portal signs somebody in and we ask it who that is.

Authorization code with PKCE and a one-time state, by authlib's client; its calls block and run in
a thread. The portal's addresses come from the configuration alone, and redirects are not followed.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from domain.errors import Denied, Unavailable
from domain.handover import HandedPerson
from integrations.hospital_app.apps import HospitalApp
from integrations.hospital_app.signed_request import read_person

TIMEOUT_S = (3.05, 8.0)
MAX_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and what has to be remembered until it comes back."""

    url: str
    state: str
    verifier: str


def depart(app: HospitalApp, callback_url: str) -> Departure:
    """Start a sign-in at the portal."""
    state, verifier = generate_token(32), generate_token(48)
    with _session(app, callback_url) as session:
        url, _ = session.create_authorization_url(
            app.authorize_url, state=state, code_verifier=verifier
        )
    return Departure(url, state, verifier)


async def arrive(app: HospitalApp, callback_url: str, code: str, verifier: str) -> HandedPerson:
    """Who came back with `code`. Denied when the portal does not know it, Unavailable when the
    portal does not answer."""
    claims = await asyncio.to_thread(_ask, app, callback_url, code, verifier)
    return read_person(app, claims)


def _session(app: HospitalApp, callback_url: str) -> OAuth2Session:
    return OAuth2Session(
        app.client_id, app.key.decode("ascii"), scope=app.scope or None,
        redirect_uri=callback_url, code_challenge_method="S256", leeway=0,
        token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the method's name
    )  # fmt: skip


def _ask(app: HospitalApp, callback_url: str, code: str, verifier: str) -> Mapping[str, Any]:
    limits: dict[str, Any] = {"timeout": TIMEOUT_S, "allow_redirects": False}
    try:
        with _session(app, callback_url) as session:
            session.fetch_token(app.token_url, code=code, code_verifier=verifier, **limits)
            answer = session.get(app.userinfo_url, **limits)
            body = answer.json() if len(answer.content) <= MAX_ANSWER else None
    except OAuthError as error:
        raise Denied("portal_refused", "登录没有完成,请重新进入。", detail=error.error) from None
    except (requests.RequestException, ValueError) as error:
        # the exception's own text may hold the secret
        raise _silent(type(error).__name__) from None
    if answer.status_code in (401, 403):
        raise Denied("portal_refused", "登录没有完成,请重新进入。", detail="userinfo refused")
    if answer.status_code != 200 or not isinstance(body, dict):
        raise Unavailable(
            "portal_unreachable", "医院登录系统没有回应,请稍后再试。", detail="userinfo"
        )
    return body


def _silent(detail: str) -> Unavailable:
    return Unavailable("portal_unreachable", "医院登录系统没有回应,请稍后再试。", detail=detail)
