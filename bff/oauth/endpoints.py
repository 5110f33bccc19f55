"""One OAuth request from its bytes to its answer: load, let authlib decide, store, answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

import structlog
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from sanic.request import Request

from assembly.settings import Settings
from bff.context import runtime_of
from bff.oauth.grants import full_server
from bff.oauth.parties import Loaded
from bff.oauth.server import Answer, Asked, Effect, ProtocolRequest, Server
from bff.session_cookie import caller_in
from domain.errors import Locked
from storage.records.oauth import OAuthClient, OAuthGrant
from storage.tokens import sha256_hex
from storage.transactions import db_now
from usecases.oauth.check_token import is_live, token_row
from usecases.oauth.issue_tokens import (
    Lifetimes,
    Replayed,
    end_grant,
    end_token,
    exchange_code,
    issue_to_client,
    rotate_refresh,
)
from usecases.oauth.limit_clients import check_guesser, count_issue, count_wrong_secret

log = structlog.get_logger()

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
WHO_ARE_YOU = {"WWW-Authenticate": 'Basic realm="cloudfilm", charset="UTF-8"'}
MAX_FIELDS, LONGEST_VALUE = 40, 4000


def lifetimes_of(settings: Settings) -> Lifetimes:
    return Lifetimes(
        timedelta(minutes=settings.oauth_access_minutes), timedelta(days=settings.oauth_grant_days)
    )


def parse_values(text: bytes) -> dict[str, list[str]]:
    """`application/x-www-form-urlencoded`; InvalidRequestError for what is none."""
    try:
        pairs = parse_qsl(
            text.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise InvalidRequestError("The parameters are malformed.") from error
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise InvalidRequestError("A parameter is too long or malformed.")
        if value:  # RFC 6749 section 3.1: without a value as if it were not there
            values.setdefault(name, []).append(value)
    return values


def asked_by(request: Request, path: str) -> Asked:
    """The form of a POST. The address is ours, whatever the Host header says."""
    if not request.content_type.lower().startswith("application/x-www-form-urlencoded"):
        raise InvalidRequestError("The body must be application/x-www-form-urlencoded.")
    values = parse_values(request.body)
    if any(len(found) > 1 for found in values.values()):
        raise InvalidRequestError("A parameter is included more than once.")
    authorization = request.headers.get("authorization") or ""
    return Asked("POST", protocol_address(request, path), values, authorization)


def protocol_address(request: Request, path: str) -> str:
    settings = runtime_of(request).settings
    base = settings.base_url()
    if settings.oauth_over_http:
        base = base.replace("http://", "https://", 1)
    return base + path


def client_id_in(asked: Asked) -> str:
    """From the Basic header, else the body; InvalidRequestError when they differ."""
    name = None
    if asked.authorization:
        try:
            name, _ = extract_basic_authorization({"Authorization": asked.authorization})
        except ValueError as error:
            raise InvalidClientError(status_code=401) from error
    given = asked.get("client_id")
    if name and given and unquote(given) != name:
        raise InvalidRequestError("Two different clients are named.")
    return (name or given)[:64]


async def load(asked: Asked) -> Loaded:
    """Everything that the request names."""
    now = await db_now()
    client_id = client_id_in(asked)
    client = await OAuthClient.get_or_none(client_id=client_id) if len(client_id) <= 22 else None
    code, token = asked.get("code"), asked.get("refresh_token") or asked.get("token")
    grant = None
    if code:
        found = OAuthGrant.filter(code_sha256=sha256_hex(code))
        grant = await found.select_related("client", "account").first()
    row = await token_row(token) if token else None
    return Loaded(now, client, grant, row, row is not None and is_live(row, now))


async def answer_form(
    request: Request, path: str, decide: Callable[[Server, ProtocolRequest], Answer]
) -> Answer:
    """The token endpoint and its neighbours."""
    settings = runtime_of(request).settings
    try:
        asked = asked_by(request, path)
        loaded = await load(asked)
        guesser = _guesser(request, asked)
        await check_guesser(guesser, loaded.now)
        for_staff = asked.get("grant_type") != "client_credentials"
        server = Server(loaded, for_staff=for_staff, access_s=settings.oauth_access_minutes * 60)
        answer = decide(full_server(server), ProtocolRequest(asked))
        if answer.body.get("error") == "invalid_client":
            await count_wrong_secret(loaded.client, guesser, loaded.now)
            return _who_are_you()
        if server.effect is not None:
            await _store(server.effect, loaded, lifetimes_of(settings))
    except InvalidClientError:
        return _who_are_you()
    except OAuth2Error as error:
        return _refusal(error)
    except Replayed:
        return Answer(400, {"error": "invalid_grant"}, NO_STORE)
    except Locked as error:
        return _slower(error)
    answer.headers |= NO_STORE
    return answer


def _guesser(request: Request, asked: Asked) -> str:
    """Who guesses is counted by client and address: a stranger cannot lock the hospital out."""
    sealer = runtime_of(request).sealer
    who = f"{client_id_in(asked)} {caller_in(request).address}"
    return sealer.blind_index(who, purpose="oauth.guess")


def _who_are_you() -> Answer:
    """One answer for no such client, a revoked one and a wrong secret."""
    why = "The client is unknown or its secret is wrong."
    body = {"error": "invalid_client", "error_description": why}
    return Answer(401, body, NO_STORE | WHO_ARE_YOU)


def _refusal(error: Any) -> Answer:
    status, body, _ = error()
    return Answer(status, dict(body), dict(NO_STORE))


def _slower(error: Locked) -> Answer:
    body = {"error": "temporarily_unavailable", "error_description": "Too many requests."}
    return Answer(429, body, NO_STORE | {"Retry-After": str(error.retry_after_s)})


def _replayed_grant(loaded: Loaded) -> int:
    if loaded.code is not None:
        return int(loaded.code.id)
    assert loaded.token is not None
    return int(loaded.token.grant.id)


async def _store(effect: Effect, loaded: Loaded, lifetimes: Lifetimes) -> None:
    """Replayed when somebody was quicker; Locked when the client asks too often."""
    client, tokens = loaded.client, effect.tokens
    if tokens is not None and client is not None:
        await count_issue(client, loaded.now)
    match effect.kind:
        case "client" if client is not None and tokens is not None:
            await issue_to_client(client, tokens, lifetimes)
        case "code" if loaded.code is not None and tokens is not None:
            await exchange_code(loaded.code, tokens, lifetimes)
        case "refresh" if loaded.token is not None and tokens is not None:
            await rotate_refresh(loaded.token, tokens, lifetimes)
        case "replay":
            log.warning("oauth_replayed", client=client.name if client else "")
            await end_grant(_replayed_grant(loaded))
        case "end" if loaded.token is not None:
            await end_token(loaded.token)
