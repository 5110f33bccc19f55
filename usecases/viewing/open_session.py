"""A session's token becomes a viewer (`domain.access`), judged by the database's clock."""

from domain.access import PatientViewer, StaffViewer, Viewer
from domain.errors import Denied
from storage.records.session import ViewingSession
from storage.tokens import sha256_hex
from storage.transactions import db_now


async def viewer_of(token: str) -> Viewer:
    """Denied for anything that is not a live session of a live account."""
    if not 20 <= len(token) <= 24:
        raise Denied("session_missing", "请先扫码并验证身份。")
    now = await db_now()
    session = (
        await ViewingSession.filter(
            token_sha256=sha256_hex(token), revoked_at=None, expires_at__gt=now
        )
        .prefetch_related("account")
        .first()
    )
    if session is None:
        raise Denied("session_ended", "登录已过期,请重新扫码验证。")
    account = session.account
    if account is not None:
        if account.state != "approved":
            raise Denied("account_not_approved", "账号尚未通过审核或已注销。")
        campuses = frozenset((account.campus,)) if account.campus else frozenset[str]()
        return StaffViewer(account.id, account.role, campuses)  # type: ignore[arg-type]
    exam_id = session.exam_id  # type: ignore[attr-defined]
    return PatientViewer(exam_id=exam_id, session_id=session.id)


async def end_session(token: str) -> None:
    """Sign out: the token is dead everywhere from now on."""
    now = await db_now()
    await ViewingSession.filter(token_sha256=sha256_hex(token), revoked_at=None).update(
        revoked_at=now
    )
