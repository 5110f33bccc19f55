"""What authlib's grants see of our rows: clients, codes and tokens that are loaded already, so that
its synchronous hooks need no database (docs/decisions/0010)."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from authlib.oauth2.rfc6749 import ClientMixin

from domain.scopes import STAFF_SCOPES, scopes_in
from storage.records.oauth import OAuthClient, OAuthGrant, OAuthToken
from storage.tokens import sha256_hex


class KnownClient(ClientMixin):
    """A live client. `for_staff` narrows its scopes to what staff can hand on."""

    def __init__(self, row: OAuthClient, *, for_staff: bool) -> None:
        self.row = row
        self.for_staff = for_staff
        self.was_wrong = False

    @property
    def is_public(self) -> bool:
        return not self.row.secret_sha256

    def get_client_id(self) -> str:
        return self.row.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a request always names it."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The asked scopes, or all; None where one is not the client's."""
        owned = set(self.row.scopes.split())
        if self.for_staff:
            owned &= STAFF_SCOPES
        asked = set((scope or "").split()) or owned
        return " ".join(scopes_in(" ".join(asked))) if asked and asked <= owned else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Character by character (RFC 9700 section 4.1.3)."""
        return redirect_uri in self.row.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        stored = self.row.secret_sha256
        is_right = bool(stored) and hmac.compare_digest(sha256_hex(client_secret), stored)
        self.was_wrong = not is_right
        return is_right

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        if endpoint == "introspection" and self.is_public:
            return False
        return (method == "none") == self.is_public

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.row.grant_types.split()


class KnownCode:
    """A code that is fresh and unused."""

    code_challenge_method = "S256"

    def __init__(self, grant: OAuthGrant) -> None:
        self.grant = grant
        self.code_challenge = grant.code_challenge

    def get_redirect_uri(self) -> str:
        return self.grant.redirect_uri

    def get_scope(self) -> str:
        return self.grant.scope


class KnownToken:
    """A token of any kind and state."""

    def __init__(self, row: OAuthToken, *, is_live: bool) -> None:
        self.row = row
        self.live = is_live

    def check_client(self, client: KnownClient) -> bool:
        return bool(self.row.grant.client.id == client.row.id)

    def get_scope(self) -> str:
        return self.row.scope if self.row.kind == "access" else self.row.grant.scope

    def is_expired(self) -> bool:
        return not self.live

    def is_revoked(self) -> bool:
        return not self.live


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a request names, read before it is judged, and the database's time of reading."""

    now: datetime
    client: OAuthClient | None = None
    code: OAuthGrant | None = None
    token: OAuthToken | None = None
    is_token_live: bool = False
