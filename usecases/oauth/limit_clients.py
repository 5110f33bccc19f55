"""Limits of the token endpoint, in the database: wrong secrets by client and address, tokens issued
by client. Nobody can lock a hospital's system out by guessing from elsewhere."""

from datetime import datetime

import structlog
from tortoise.expressions import F

from domain.errors import Locked
from storage.records.oauth import OAuthClient
from storage.records.usage import count_use, uses_of

log = structlog.get_logger()

WRONG_WINDOW_S, MAX_WRONG = 900, 10
ISSUE_WINDOW_S, MAX_ISSUED = 60, 120


def seconds_left(now: datetime, length_s: int) -> int:
    """Until the window of this length is over."""
    return int(length_s - now.timestamp() % length_s) + 1


async def check_guesser(guesser: str, now: datetime) -> None:
    """Locked when this guesser was wrong too often. `guesser` is a keyed digest."""
    if await uses_of(f"secret:{guesser}", now, WRONG_WINDOW_S) >= MAX_WRONG:
        raise Locked("too_many_tries", retry_after_s=seconds_left(now, WRONG_WINDOW_S))


async def count_wrong_secret(client: OAuthClient | None, guesser: str, now: datetime) -> None:
    """For the guesser, and on the client where an administrator sees it."""
    await count_use(f"secret:{guesser}", now, WRONG_WINDOW_S)
    if client is not None:
        await OAuthClient.filter(id=client.id).update(
            wrong_secrets=F("wrong_secrets") + 1, last_wrong_at=now
        )
        log.warning("oauth_client_refused", client=client.name)


async def count_issue(client: OAuthClient, now: datetime) -> None:
    """Locked for a client that asks for tokens without end."""
    if await count_use(f"issue:{client.client_id}", now, ISSUE_WINDOW_S) > MAX_ISSUED:
        raise Locked("too_many_tokens", retry_after_s=seconds_left(now, ISSUE_WINDOW_S))
