"""For administrators: third parties' programs are registered, get a new secret, are revoked."""

from datetime import UTC, datetime
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bff.access import access
from bff.body import body_of, number_in, text_in
from bff.context import viewer_in
from bff.described import described
from domain.errors import Invalid
from storage.records.oauth import OAuthClient
from usecases.oauth.register_client import (
    Registration,
    list_clients,
    register_client,
    revoke_client,
    rotate_secret,
)

oauth_clients = Blueprint("oauth_clients", url_prefix="/api/admin/v1/oauth-clients")

NO_STORE = {"Cache-Control": "no-store"}


def _iso(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat(timespec="seconds") if when else None


def _describe(client: OAuthClient) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "is_public": not client.secret_sha256,
        "scopes": client.scopes.split(),
        "grant_types": client.grant_types.split(),
        "redirect_uris": client.redirect_uris,
        "per_minute": client.per_minute,
        "per_day": client.per_day,
        "wrong_secrets": client.wrong_secrets,
        "last_wrong_at": _iso(client.last_wrong_at),
        "secret_made_at": _iso(client.secret_made_at),
        "revoked_at": _iso(client.revoked_at),
        "created_at": _iso(client.created_at),
    }


def _texts(body: dict[str, Any], name: str) -> tuple[str, ...]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Invalid("body_malformed", detail=f"{name} must be a list of texts")
    return tuple(found)


@oauth_clients.get("/")
@access("admin")
@described(title="列出已登记的客户端", answer="Clients", tag="授权管理")
async def every(_: Request) -> HTTPResponse:
    """All programs, newest first; secrets are never shown again."""
    return json({"clients": [_describe(client) for client in await list_clients()]})


@oauth_clients.post("/")
@access("admin")
@described(
    title="登记一个客户端", body="NewClient", answer="ClientWithSecret", status=201, tag="授权管理"
)
async def make(request: Request) -> HTTPResponse:
    """A new program; its secret stands in this answer and nowhere else."""
    body = body_of(request)
    is_public = body.get("is_public", False)
    if not isinstance(is_public, bool):
        raise Invalid("body_malformed", detail="is_public must be true or false")
    asked = Registration(
        name=text_in(body, "name"),
        scopes=" ".join(_texts(body, "scopes")),
        redirect_uris=_texts(body, "redirect_uris"),
        is_public=is_public,
        per_minute=_number(body, "per_minute", 120),
        per_day=_number(body, "per_day", 20_000),
    )
    client, secret = await register_client(asked, by=viewer_in(request).actor)
    return json(_describe(client) | {"client_secret": secret or None}, 201, NO_STORE)


def _number(body: dict[str, Any], name: str, otherwise: int) -> int:
    found = number_in(body, name)
    return otherwise if found is None else found


@oauth_clients.post("/<client_id:str>/secret")
@access("admin")
@described(title="更换密钥", answer="ClientWithSecret", tag="授权管理")
async def new_secret(request: Request, client_id: str) -> HTTPResponse:
    """A new secret, shown once; the old one ends at once."""
    client, secret = await rotate_secret(client_id, by=viewer_in(request).actor)
    return json(_describe(client) | {"client_secret": secret}, headers=NO_STORE)


@oauth_clients.post("/<client_id:str>/revoke")
@access("admin")
@described(title="停用客户端", answer="Client", tag="授权管理")
async def revoke(request: Request, client_id: str) -> HTTPResponse:
    """It and all its tokens end at once."""
    return json(_describe(await revoke_client(client_id, by=viewer_in(request).actor)))
