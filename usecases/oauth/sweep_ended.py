"""What is over goes: grants with their tokens a week after their end, tickets and counters a day
after theirs. Until then a second use of a code or token is still seen."""

from datetime import timedelta

from storage.records.oauth import OAuthGrant
from storage.records.usage import UsageCount
from storage.records.view_ticket import ViewTicket
from storage.transactions import db_now

KEPT_GRANT, KEPT = timedelta(days=7), timedelta(days=2)


async def sweep_ended() -> None:
    """A session that a ticket opened is over long before the ticket goes."""
    now = await db_now()
    await OAuthGrant.filter(ends_at__lt=now - KEPT_GRANT).delete()
    await ViewTicket.filter(expires_at__lt=now - KEPT).delete()
    await UsageCount.filter(window_at__lt=now - KEPT).delete()
