"""What is over at the patients' doors goes, once a day, and the audit keeps how much went. Rows
stay for a while after their end, so that a code, ticket or push that comes again is still seen to
be old. Sessions stay: the audit names who looked by them."""

from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from storage.records.audit import AuditEntry
from storage.records.binding import GuardianInvitation
from storage.records.entry_ticket import EntryTicket
from storage.records.failed_try import KEPT, FailedTry
from storage.records.notice import WeChatPush
from storage.records.wechat_login import WeChatLogin, WeChatState
from storage.transactions import db_now, in_transaction

ENDED = timedelta(days=2)
INVITATION = timedelta(days=30)
PUSH_DONE, PUSH_LEFT = timedelta(days=7), timedelta(days=30)


def _over(now: datetime) -> dict[str, QuerySet[Any]]:
    """By table; states and tickets before the logins that would take them along uncounted."""
    done = Q(created_at__lt=now - PUSH_DONE, body_sealed=None)
    return {
        "wechat_state": WeChatState.filter(expires_at__lt=now - ENDED),
        "entry_ticket": EntryTicket.filter(expires_at__lt=now - ENDED),
        "wechat_login": WeChatLogin.filter(expires_at__lt=now - ENDED),
        "wechat_push": WeChatPush.filter(done | Q(created_at__lt=now - PUSH_LEFT)),
        "failed_try": FailedTry.filter(at__lt=now - KEPT),
        "guardian_invitation": GuardianInvitation.filter(expires_at__lt=now - INVITATION),
    }


async def sweep_doors() -> dict[str, int]:
    """How many rows went of each table of which any did."""

    async def sweep() -> dict[str, int]:
        gone = {name: await rows.delete() for name, rows in _over(await db_now()).items()}
        gone = {name: count for name, count in gone.items() if count}
        for name, count in gone.items():
            await AuditEntry.create(actor="system", action="swept", outcome=f"{name} {count}")
        return gone

    return await in_transaction(sweep)
