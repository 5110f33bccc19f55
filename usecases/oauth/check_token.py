"""A bearer token becomes a caller: who asks, for whom, and for what. Looked up each time, so that
what is revoked ends at once."""

from dataclasses import dataclass
from datetime import datetime

from domain.access import SystemViewer, Viewer
from domain.errors import Denied
from storage.records.client import ApiClient
from storage.records.oauth import OAuthToken
from storage.tokens import sha256_hex
from storage.transactions import db_now
from usecases.viewing.open_session import staff_viewer

PER_MINUTE, PER_DAY = 120, 20_000


@dataclass(frozen=True, slots=True)
class Caller:
    """`client` is the third party's name; `account_id` the member of staff it acts for, if any."""

    viewer: Viewer
    client: str
    scopes: frozenset[str]
    account_id: int | None = None
    per_minute: int = PER_MINUTE
    per_day: int = PER_DAY


async def token_row(token: str) -> OAuthToken | None:
    """With its grant, client and account; whatever its state."""
    if len(token) != 43:
        return None
    return (
        await OAuthToken.filter(token_sha256=sha256_hex(token))
        .select_related("grant__client", "grant__account")
        .first()
    )


def is_live(row: OAuthToken, now: datetime) -> bool:
    """Neither expired nor ended by its client, its account, its grant or itself."""
    grant = row.grant
    ended = (row.revoked_at, row.used_at, grant.revoked_at, grant.client.revoked_at)
    is_ended = any(when is not None for when in ended)
    account = grant.account
    return (
        not is_ended and row.expires_at > now and (account is None or account.state == "approved")
    )


async def caller_of(token: str) -> Caller:
    """Denied("token_invalid"), or Denied("token_expired") where a new one can be asked for."""
    row = await token_row(token)
    if row is not None and row.kind == "access":
        return await _by_grant(row)
    client = await ApiClient.get_or_none(token_sha256=sha256_hex(token), revoked_at=None)
    if client is None:
        raise Denied("token_invalid", "访问令牌无效。", detail="unknown bearer token")
    return Caller(SystemViewer(client.name), client.name, frozenset(client.scopes.split()))


async def _by_grant(row: OAuthToken) -> Caller:
    now = await db_now()
    if not is_live(row, now):
        if row.expires_at <= now:
            raise Denied("token_expired", "访问令牌已过期,请重新获取。")
        raise Denied("token_invalid", "访问令牌无效。", detail="ended token")
    client, account = row.grant.client, row.grant.account
    return Caller(
        viewer=SystemViewer(client.name) if account is None else staff_viewer(account),
        client=client.name,
        scopes=frozenset(row.scope.split()),
        account_id=None if account is None else account.id,
        per_minute=client.per_minute,
        per_day=client.per_day,
    )
