"""Codes and tokens come into being and end; each step is one transaction that also judges.

A code or refresh token that comes a second time ends the whole grant (RFC 9700 section 4.14).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import Denied
from storage.records.audit import AuditEntry
from storage.records.oauth import OAuthClient, OAuthGrant, OAuthToken
from storage.tokens import sha256_hex
from storage.transactions import db_now, in_transaction, run_sql

CODE_LIVES = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long an access token lives, and how long a grant can be renewed."""

    access: timedelta
    grant: timedelta


@dataclass(frozen=True, slots=True)
class NewTokens:
    """What the answer carries; only digests are stored. `refresh` may be empty."""

    access: str
    scope: str
    refresh: str = ""


class Replayed(Denied):
    """A code or refresh token came a second time: everything that came of it has ended."""

    def __init__(self) -> None:
        super().__init__("grant_replayed", "授权已失效,请重新授权。")


def new_secret_token() -> str:
    """256 bits, 43 characters: told apart from a session's 22."""
    return secrets.token_urlsafe(32)


async def grant_code(
    client: OAuthClient, account_id: int, *, code: str, scope: str, redirect_uri: str,
    code_challenge: str, lifetimes: Lifetimes,
) -> None:  # fmt: skip
    """A member of staff allowed it."""

    async def write() -> None:
        now = await db_now()
        await OAuthGrant.create(
            client=client,
            account_id=account_id,
            scope=scope,
            code_sha256=sha256_hex(code),
            code_expires_at=now + CODE_LIVES,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            ends_at=now + lifetimes.grant,
        )
        await AuditEntry.create(actor=f"staff:{account_id}", action="oauth_allowed")

    await in_transaction(write)


async def issue_to_client(client: OAuthClient, tokens: NewTokens, lifetimes: Lifetimes) -> None:
    """Client credentials: a grant of the client's own, as long as its one token."""

    async def write() -> None:
        now = await db_now()
        ends_at = now + lifetimes.access
        grant = await OAuthGrant.create(client=client, scope=tokens.scope, ends_at=ends_at)
        await _store(grant, tokens, now, lifetimes)

    await in_transaction(write)


async def exchange_code(grant: OAuthGrant, tokens: NewTokens, lifetimes: Lifetimes) -> None:
    """The code is used up in the statement that judges it; Replayed for all but the first."""

    async def write() -> bool:
        now = await db_now()
        rows = await run_sql(
            "UPDATE oauth_grant SET code_used_at = $2 WHERE id = $1 AND code_used_at IS NULL "
            "AND revoked_at IS NULL AND code_expires_at > $2 RETURNING id",
            grant.id, now,
        )  # fmt: skip
        if rows:
            await _store(grant, tokens, now, lifetimes)
        return bool(rows)

    if not await in_transaction(write):
        await end_grant(grant.id)
        raise Replayed


async def rotate_refresh(used: OAuthToken, tokens: NewTokens, lifetimes: Lifetimes) -> None:
    """The same for a refresh token: it is used up, a new pair takes its place."""

    async def write() -> bool:
        now = await db_now()
        rows = await run_sql(
            "UPDATE oauth_token SET used_at = $2 WHERE id = $1 AND used_at IS NULL "
            "AND revoked_at IS NULL AND expires_at > $2 AND EXISTS (SELECT 1 FROM oauth_grant g "
            "WHERE g.id = oauth_token.grant_id AND g.revoked_at IS NULL) RETURNING id",
            used.id, now,
        )  # fmt: skip
        if rows:
            await _store(used.grant, tokens, now, lifetimes)
        return bool(rows)

    if not await in_transaction(write):
        await end_grant(used.grant.id)
        raise Replayed


async def _store(grant: OAuthGrant, tokens: NewTokens, now: datetime, lifetimes: Lifetimes) -> None:
    await OAuthToken.create(
        grant=grant,
        kind="access",
        token_sha256=sha256_hex(tokens.access),
        scope=tokens.scope,
        expires_at=min(now + lifetimes.access, grant.ends_at),
    )
    if tokens.refresh:
        await OAuthToken.create(
            grant=grant,
            kind="refresh",
            token_sha256=sha256_hex(tokens.refresh),
            scope=grant.scope,
            expires_at=grant.ends_at,
        )


async def end_grant(grant_id: int) -> None:
    """Every token of it, also one that is being issued at this moment."""
    await OAuthGrant.filter(id=grant_id, revoked_at=None).update(revoked_at=await db_now())


async def end_token(token: OAuthToken) -> None:
    """RFC 7009: an access token ends alone, a refresh token takes its grant with it."""
    if token.kind == "refresh":
        await end_grant(token.grant.id)
    else:
        await OAuthToken.filter(id=token.id, revoked_at=None).update(revoked_at=await db_now())
