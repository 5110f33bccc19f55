"""A ticket is issued where somebody is known and redeemed where they arrive: 60 seconds, one use,
whichever node meets it (one row, one statement)."""

from dataclasses import dataclass
from datetime import timedelta

from domain.doors import local_target
from domain.errors import Denied, Gone
from domain.ports import Sealer
from storage.records.entry_ticket import EntryTicket, use_ticket
from storage.records.session import ViewingSession
from storage.records.wechat_login import WeChatLogin
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction
from usecases.viewing.open_session import viewer_of

TARGET = "entry.target"
LIFE_S = 60


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the arriving browser gets: cookies' tokens ("" for none) and the page to go to."""

    session_token: str
    login_token: str
    target: str


async def issue_ticket(
    sealer: Sealer,
    *,
    door: str,
    session_token: str = "",
    login: WeChatLogin | None = None,
    target: str,
) -> str:
    """Denied when there is neither a live session nor a login to carry over."""
    session = None
    if session_token:
        await viewer_of(session_token, may_wait=True)
        session = await ViewingSession.get(token_sha256=sha256_hex(session_token))
    if session is None and login is None:
        raise Denied("session_missing", "请先扫码并验证身份。")
    ticket = new_token()
    await EntryTicket.create(
        ticket_sha256=sha256_hex(ticket),
        door=door,
        session=session,
        login=login,
        target_sealed=sealer.seal(local_target(target), purpose=TARGET),
        expires_at=await db_now() + timedelta(seconds=LIFE_S),
    )
    return ticket


async def redeem_ticket(sealer: Sealer, ticket: str) -> Arrival:
    """New tokens of its own for the arriving browser; Gone for a ticket that is used, old or
    nobody's."""
    gone = Gone("ticket_ended", "这个入口已经失效,请返回上一页重新打开。")
    if not 20 <= len(ticket) <= 24:
        raise gone

    async def redeem() -> Arrival:
        now = await db_now()
        found = await use_ticket(sha256_hex(ticket), now)
        if found is None:
            raise gone
        row = await EntryTicket.get(id=found).prefetch_related("session", "login")
        session_token = await _copy_session(row.session, row.door) if row.session else ""
        login_token = await _copy_login(row.login) if row.login else ""
        target = sealer.unseal(bytes(row.target_sealed), purpose=TARGET)
        return Arrival(session_token, login_token, local_target(target))

    return await in_transaction(redeem)


async def _copy_session(source: ViewingSession, door: str) -> str:
    """It ends when its source would, and not at all if that has ended meanwhile."""
    if source.revoked_at is not None or source.expires_at <= await db_now():
        return ""
    token = new_token()
    await ViewingSession.create(
        token_sha256=sha256_hex(token),
        exam_id=source.exam_id,  # type: ignore[attr-defined]
        share_id=source.share_id,  # type: ignore[attr-defined]
        account_id=source.account_id,  # type: ignore[attr-defined]
        binding_id=source.binding_id,  # type: ignore[attr-defined]
        channel=door,
        source_id=source.id,
        is_waiting=source.is_waiting,
        expires_at=source.expires_at,
    )
    return token


async def _copy_login(source: WeChatLogin) -> str:
    if source.revoked_at is not None or source.expires_at <= await db_now():
        return ""
    token = new_token()
    await WeChatLogin.create(
        token_sha256=sha256_hex(token),
        user_id=source.user_id,  # type: ignore[attr-defined]
        phone_index=source.phone_index,
        source_id=source.id,
        expires_at=source.expires_at,
    )
    return token
