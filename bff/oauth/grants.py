"""The grants and token endpoints that the server offers, on authlib's: code with PKCE (S256 only),
client credentials, refresh with rotation, revocation (RFC 7009), introspection (RFC 7662)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from bff.oauth.parties import KnownClient, KnownCode, KnownToken
from bff.oauth.server import Effect, Server
from usecases.oauth.issue_tokens import new_secret_token

ANY_CLIENT = ["client_secret_basic", "client_secret_post", "none"]
WITH_SECRET = ["client_secret_basic", "client_secret_post"]


class S256(CodeChallenge):
    """PKCE is required of every client, and only as S256."""

    DEFAULT_CODE_CHALLENGE_METHOD = ""
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - as authlib has it

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("'code_challenge_method' must be S256")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT
    server: Server

    def generate_authorization_code(self) -> str:
        return new_secret_token()

    def save_authorization_code(self, code: str, request: Any) -> None:
        self.server.effect = Effect("allow", code=code, scope=request.scope)

    def query_authorization_code(self, _: str, client: KnownClient) -> KnownCode | None:
        """None for what is not this client's, used (which ends its grant), ended or too old."""
        loaded = self.server.loaded
        grant = loaded.code
        if grant is None or grant.client.id != client.row.id:
            return None
        if grant.code_used_at is not None:
            self.server.effect = Effect("replay")
            return None
        is_fresh = grant.code_expires_at is not None and grant.code_expires_at > loaded.now
        return KnownCode(grant) if is_fresh and grant.revoked_at is None else None

    def authenticate_user(self, authorization_code: KnownCode) -> Any:
        account = authorization_code.grant.account
        return account if account is not None and account.state == "approved" else None

    def delete_authorization_code(self, authorization_code: KnownCode) -> None:
        """It is used up when the tokens are stored."""


class ClientGrant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = WITH_SECRET


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_CLIENT
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: Server

    def authenticate_refresh_token(self, _: str) -> KnownToken | None:
        """None for what cannot be renewed; a used one ends its grant."""
        loaded = self.server.loaded
        row = loaded.token
        if row is None or row.kind != "refresh" or row.grant.client.id != self.client.row.id:
            return None
        if row.used_at is not None:
            self.server.effect = Effect("replay")
            return None
        return KnownToken(row, is_live=True) if loaded.is_token_live else None

    def authenticate_user(self, refresh_token: KnownToken) -> Any:
        return refresh_token.row.grant.account

    def revoke_old_credential(self, refresh_token: KnownToken) -> None:
        """It is used up when the new pair is stored."""


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = ANY_CLIENT
    server: Server

    def query_token(self, *_: Any) -> KnownToken | None:
        row = self.server.loaded.token
        return None if row is None else KnownToken(row, is_live=self.server.loaded.is_token_live)

    def revoke_token(self, *_: Any) -> None:
        self.server.effect = Effect("end")


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = WITH_SECRET
    server: Server

    def query_token(self, *_: Any) -> KnownToken | None:
        row = self.server.loaded.token
        return None if row is None else KnownToken(row, is_live=self.server.loaded.is_token_live)

    def check_permission(self, token: KnownToken, client: KnownClient, _: Any) -> bool:
        """A client asks about its own tokens; of others' it learns nothing."""
        return token.check_client(client)

    def introspect_token(self, token: KnownToken) -> dict[str, Any]:
        row = token.row
        client, account = row.grant.client, row.grant.account
        about: dict[str, Any] = {
            "active": True,
            "scope": token.get_scope(),
            "client_id": client.client_id,
            "token_type": "Bearer" if row.kind == "access" else "refresh_token",
            "iat": int(row.created_at.timestamp()),
            "exp": int(row.expires_at.timestamp()),
            "sub": client.client_id if account is None else account.username,
        }
        return about if account is None else about | {"username": account.username}


def full_server(server: Server) -> Server:
    """With everything it offers; there is no implicit grant and no password grant."""
    server.register_grant(CodeGrant, [S256(required=True)])
    server.register_grant(ClientGrant)
    server.register_grant(RefreshGrant)
    server.register_endpoint(Revocation)
    server.register_endpoint(Introspection)
    return server
