"""The OAuth 2.0 authorization server (tender A5.1, A6.2): metadata, consent, tokens."""

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bff.access import access
from bff.context import runtime_of
from bff.described import described
from bff.oauth.endpoints import answer_form
from bff.oauth.server import Answer
from domain.scopes import SCOPES

oauth = Blueprint("oauth")

FORM = "application/x-www-form-urlencoded"
ERRORS = dict.fromkeys((400, 401, 429), "OAuthError")


def _reply(answer: Answer) -> HTTPResponse:
    return json(answer.body, answer.status, answer.headers)


@oauth.get("/.well-known/oauth-authorization-server")
@access("public")
@described(title="授权服务的说明文档", answer="Metadata", tag="授权")
async def metadata(request: Request) -> HTTPResponse:
    """The metadata document (RFC 8414)."""
    issuer = runtime_of(request).settings.base_url()
    secret = ["client_secret_basic", "client_secret_post"]
    body: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*secret, "none"],
        "revocation_endpoint_auth_methods_supported": [*secret, "none"],
        "introspection_endpoint_auth_methods_supported": secret,
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/docs",
    }
    return json(body, headers={"Cache-Control": "public, max-age=300"})


@oauth.post("/oauth/token")
@access("protocol")
@described(
    title="取得或更新访问令牌",
    body="TokenRequest",
    takes=FORM,
    answer="Tokens",
    errors=ERRORS,
    tag="授权",
)
async def token(request: Request) -> HTTPResponse:
    """Code, refresh token or the client's own secret in; tokens out (RFC 6749, 7636)."""
    answer = await answer_form(
        request, "/oauth/token", lambda server, asked: server.create_token_response(asked)
    )
    return _reply(answer)


@oauth.post("/oauth/introspect")
@access("protocol")
@described(
    title="查询令牌是否有效",
    body="TokenName",
    takes=FORM,
    answer="TokenFacts",
    errors=ERRORS,
    tag="授权",
)
async def introspect(request: Request) -> HTTPResponse:
    """Whether a token of this client is alive, and what it may (RFC 7662)."""
    answer = await answer_form(
        request,
        "/oauth/introspect",
        lambda server, asked: server.create_endpoint_response("introspection", asked),
    )
    return _reply(answer)


@oauth.post("/oauth/revoke")
@access("protocol")
@described(
    title="作废令牌", body="TokenName", takes=FORM, answer="Nothing", errors=ERRORS, tag="授权"
)
async def revoke(request: Request) -> HTTPResponse:
    """A token ends; a refresh token with everything that came of its grant (RFC 7009)."""
    answer = await answer_form(
        request,
        "/oauth/revoke",
        lambda server, asked: server.create_endpoint_response("revocation", asked),
    )
    return _reply(answer)
