"""A session's token becomes a viewer (`domain.access`), judged by the database's clock."""

from domain.access import PatientViewer, ShareViewer, StaffViewer, TicketViewer, Viewer
from domain.errors import Denied, Gone, Refused
from storage.records.oauth import is_client_live
from storage.records.session import ViewingSession, end_with_copies
from storage.records.staff import StaffAccount
from storage.records.view_ticket import ViewTicket
from storage.tokens import sha256_hex
from storage.transactions import db_now
from usecases.patients.person import person_of


class ConsentNeeded(Refused):
    """The digits were right; what they open waits for consent."""

    def __init__(self) -> None:
        super().__init__("consent_needed", "请先阅读并同意说明,再查看检查结果。")


async def viewer_of(token: str, *, may_wait: bool = False) -> Viewer:
    """Denied for anything that is not a live session of a live account, patient or share;
    ConsentNeeded for one that waits for consent, unless it `may_wait`."""
    if not 20 <= len(token) <= 24:
        raise Denied("session_missing", "请先扫码并验证身份。")
    now = await db_now()
    session = (
        await ViewingSession.filter(
            token_sha256=sha256_hex(token), revoked_at=None, expires_at__gt=now
        )
        .select_related("account", "share", "ticket__account", "exam__patient", "binding")
        .first()
    )
    if session is None:
        raise Denied("session_ended", "登录已过期,请重新扫码验证。")
    if session.account is not None:
        return staff_viewer(session.account)
    exam, share = session.exam, session.share
    if exam is None:
        raise Denied("session_ended", "登录已过期,请重新扫码验证。")
    if session.ticket is not None:
        return await _sent_by_third_party(session.ticket, exam.id, session.id)
    if share is not None:
        if share.revoked_at is not None or share.ends_at <= now:
            raise Gone("share_ended", "分享已结束,请联系分享给您的人。")
        return ShareViewer(exam.id, session.id, share.id)
    if session.is_waiting and not may_wait:
        raise ConsentNeeded
    relation = ""
    if session.binding is not None:
        if session.binding.ended_at is not None:
            raise Denied("binding_ended", "绑定已解除,请重新扫码验证。")
        relation = session.binding.relation
    return PatientViewer(exam.id, session.id, await person_of(exam.patient), relation)


async def _sent_by_third_party(ticket: ViewTicket, exam_id: int, session_id: int) -> Viewer:
    """It ends with the third party's access, and with the account for which it asked."""
    account = ticket.account
    is_staff_gone = account is not None and account.state != "approved"
    if is_staff_gone or not await is_client_live(ticket.client):
        raise Gone("ticket_ended", "这个链接已失效,请从原来的系统重新打开。")
    return TicketViewer(exam_id, session_id, ticket.client)


def staff_viewer(account: StaffAccount) -> StaffViewer:
    """Denied unless the account is approved."""
    if account.state != "approved":
        raise Denied("account_not_approved", "账号尚未通过审核或已注销。")
    campuses = frozenset((account.campus,)) if account.campus else frozenset[str]()
    return StaffViewer(account.id, account.role, campuses)  # type: ignore[arg-type]


async def end_session(token: str) -> int:
    """Sign out: the token is dead everywhere from now on, and so are the sessions that tickets
    carried from it into other browsers; how many those were."""
    session = await ViewingSession.get_or_none(token_sha256=sha256_hex(token))
    return 0 if session is None else await end_with_copies([session.id], await db_now())
