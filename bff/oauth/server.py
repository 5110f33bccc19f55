"""authlib's authorization server over what was loaded for one request. It decides; what has to
change in the database is left in `effect`, for the route to store."""

import logging
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationServer
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator

from bff.oauth.parties import KnownClient, Loaded
from domain.scopes import SCOPES
from usecases.oauth.issue_tokens import NewTokens, new_secret_token

# authlib writes codes and tokens into its debug lines
logging.getLogger("authlib").setLevel(logging.INFO)


@dataclass(slots=True)
class Answer:
    """A status, JSON or nothing, and headers."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the protocol sees it: each parameter with all its values."""

    method: str
    uri: str
    values: dict[str, list[str]]
    authorization: str = ""

    def get(self, name: str) -> str:
        return (self.values.get(name) or [""])[0]


@dataclass(frozen=True, slots=True)
class Effect:
    """What the route must store before it answers."""

    kind: str  # "client", "code", "refresh", "allow", "replay", "end"
    tokens: NewTokens | None = None
    code: str = ""
    scope: str = ""


class _Payload(BasicOAuth2Payload):
    def __init__(self, values: dict[str, list[str]]) -> None:
        super().__init__({name: found[0] for name, found in values.items()})
        self._datalist = values


class ProtocolRequest(OAuth2Request):
    """`OAuth2Request` over our values."""

    payload: Any

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, asked.uri)
        self.headers = {"Authorization": asked.authorization} if asked.authorization else {}
        self.payload = _Payload(asked.values)

    @property
    def args(self) -> dict[str, str]:
        return dict(self.payload.data)

    @property
    def form(self) -> dict[str, str]:
        return dict(self.payload.data)


class Server(AuthorizationServer):
    """One for each request: it holds the loaded rows and the effect."""

    def __init__(self, loaded: Loaded, *, for_staff: bool, access_s: int) -> None:
        super().__init__(scopes_supported=list(SCOPES))
        self.loaded = loaded
        self.effect: Effect | None = None
        row = loaded.client
        self.client = (
            KnownClient(row, for_staff=for_staff)
            if row is not None and row.revoked_at is None
            else None
        )
        generate = BearerTokenGenerator(_secret, _secret, lambda *_: access_s)
        self.register_token_generator("default", generate)

    def query_client(self, client_id: str) -> KnownClient | None:
        client = self.client
        return client if client is not None and client.row.client_id == client_id else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        kinds = {"client_credentials": "client", "authorization_code": "code"}
        tokens = NewTokens(token["access_token"], token["scope"], token.get("refresh_token", ""))
        self.effect = Effect(kinds.get(request.payload.grant_type, "refresh"), tokens)

    def send_signal(self, *_: Any, **__: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Any) -> ProtocolRequest:
        return request if isinstance(request, ProtocolRequest) else ProtocolRequest(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        return Answer(status, body if isinstance(body, dict) else {}, dict(headers))


def _secret(**_: Any) -> str:
    return new_secret_token()
