"""A third party sends somebody to one examination's images: a ticket of 256 bits, good for ten
minutes and one browser, becomes a session that sees these images and nothing else."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import Gone, NotFound
from storage.records.audit import AuditEntry
from storage.records.exam import Exam
from storage.records.oauth import is_client_live
from storage.records.session import ViewingSession
from storage.records.view_ticket import ViewTicket
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction, run_sql
from usecases.oauth.check_token import Caller

LIVES = timedelta(minutes=10)
ENDED = ("ticket_ended", "这个链接已失效,请从原来的系统重新打开。")


@dataclass(frozen=True, slots=True)
class OpenedTicket:
    """`token` goes into the cookie; "" when this browser's session has it already."""

    token: str
    exam: Exam


async def make_tickets(caller: Caller, exams: list[Exam]) -> list[str]:
    """One for each examination, in their order."""
    tokens = [secrets.token_urlsafe(32) for _ in exams]
    expires_at = await db_now() + LIVES
    await ViewTicket.bulk_create(
        [
            ViewTicket(
                token_sha256=sha256_hex(token),
                exam=exam,
                client=caller.client,
                account_id=caller.account_id,
                expires_at=expires_at,
            )
            for token, exam in zip(tokens, exams, strict=True)
        ]
    )
    return tokens


async def open_ticket(
    token: str, *, session_token: str, session_hours: float, request_id: str = ""
) -> OpenedTicket:
    """Raises NotFound, Gone. The browser that used it may come back while its session lives."""
    ticket = (
        await ViewTicket.filter(token_sha256=sha256_hex(token)).select_related("exam").first()
        if len(token) == 43
        else None
    )
    if ticket is None:
        raise NotFound("ticket_unknown", "没有这个链接,请从原来的系统重新打开。")
    now = await db_now()
    if ticket.used_at is not None and await _has_session(ticket, session_token, now):
        return OpenedTicket("", ticket.exam)
    if not await is_client_live(ticket.client):
        raise Gone(*ENDED)
    new = new_token()

    async def use() -> bool:
        rows = await run_sql(
            "UPDATE view_ticket SET used_at = $2 "
            "WHERE id = $1 AND used_at IS NULL AND expires_at > $2 RETURNING id",
            ticket.id, now,
        )  # fmt: skip
        if rows:
            await _open(ticket, new, now + timedelta(hours=session_hours), request_id)
        return bool(rows)

    if not await in_transaction(use):
        raise Gone(*ENDED)
    return OpenedTicket(new, ticket.exam)


async def _has_session(ticket: ViewTicket, session_token: str, now: datetime) -> bool:
    digest = sha256_hex(session_token)
    live = ViewingSession.filter(token_sha256=digest, revoked_at=None, expires_at__gt=now)
    return await live.filter(ticket_id=ticket.id).exists()


async def _open(ticket: ViewTicket, token: str, expires_at: datetime, request_id: str) -> None:
    await ViewingSession.create(
        token_sha256=sha256_hex(token),
        exam=ticket.exam,
        ticket=ticket,
        channel="ticket",
        expires_at=expires_at,
    )
    await AuditEntry.create(
        actor=f"ticket:{ticket.client}",
        action="ticket_opened",
        exam=ticket.exam,
        request_id=request_id,
    )
