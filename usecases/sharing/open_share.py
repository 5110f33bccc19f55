"""Somebody opens a share: its page says how it stands, the right pass code opens a session that
sees one examination and nothing else."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.errors import Denied, Gone, Locked, NotFound
from domain.ports import Sealer
from storage.records.audit import AuditEntry
from storage.records.session import ViewingSession
from storage.records.share import Share, count_opening, count_pass_code_try
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction
from usecases.sharing.make_share import pass_code_digest

MAX_TRIES = 5

State = Literal["open", "ask", "not_yet", "ended", "stopped", "used_up", "locked"]


@dataclass(frozen=True, slots=True)
class OpenedShare:
    """`token` goes into the cookie."""

    token: str
    session_id: int
    share_id: int
    exam_id: int
    expires_at: datetime


class WrongPassCode(Denied):
    """Wrong, with how many tries are left."""

    def __init__(self, left: int) -> None:
        super().__init__("pass_code_wrong", f"提取码不对,还可以再试 {left} 次。")
        self.tries_left = left


async def share_row(token: str) -> Share:
    """The share of a link, or NotFound."""
    share = None
    if 20 <= len(token) <= 24:
        share = await Share.get_or_none(token_sha256=sha256_hex(token))
    if share is None:
        raise NotFound("share_unknown", "没有这个分享,请核对链接。")
    return share


def state_of(share: Share, now: datetime) -> State:
    """Why it cannot be opened, or what it takes."""
    if share.revoked_at is not None:
        return "stopped"
    if share.ends_at <= now:
        return "ended"
    if share.starts_at > now:
        return "not_yet"
    if share.open_limit is not None and share.opened_count >= share.open_limit:
        return "used_up"
    if share.pass_code_digest:
        return "locked" if share.wrong_tries >= MAX_TRIES else "ask"
    return "open"


_WORDS: dict[State, tuple[str, str]] = {
    "stopped": ("share_stopped", "分享的人已经停止了这个分享。"),
    "ended": ("share_ended", "这个分享已经过期,请让分享的人再发一次。"),
    "not_yet": ("share_not_yet", "这个分享还没有到开始时间。"),
    "used_up": ("share_used_up", "这个分享的打开次数已经用完。"),
}


async def describe_share(token: str) -> tuple[Share, State]:
    share = await share_row(token)
    return share, state_of(share, await db_now())


async def open_share(
    sealer: Sealer, token: str, pass_code: str, *, session_hours: float, request_id: str = ""
) -> OpenedShare:
    """Raises NotFound, Gone (it ended, or has not begun), WrongPassCode, Locked."""
    share, state = await describe_share(token)
    if state in _WORDS:
        raise Gone(*_WORDS[state])
    if share.pass_code_digest:
        await _check_pass_code(sealer, share, token, pass_code)
    now = await db_now()
    return await in_transaction(lambda: _open(share, now, session_hours, request_id))


async def _check_pass_code(sealer: Sealer, share: Share, token: str, pass_code: str) -> None:
    tries = await count_pass_code_try(share.id, MAX_TRIES)
    if tries is None:
        raise Locked("locked", "输错次数过多,请让分享的人重新分享。")
    given = pass_code_digest(sealer, token, pass_code.strip()[:16])
    if hmac.compare_digest(given, share.pass_code_digest):
        return
    await AuditEntry.create(
        actor=f"share:{share.id}", action="share_opened", outcome="wrong",
        exam_id=share.exam_id,  # type: ignore[attr-defined]
    )  # fmt: skip
    if tries >= MAX_TRIES:
        raise Locked("locked", "输错次数过多,请让分享的人重新分享。")
    raise WrongPassCode(MAX_TRIES - tries)


async def _open(share: Share, now: datetime, session_hours: float, request_id: str) -> OpenedShare:
    if await count_opening(share.id, now) is None:  # it ended between the two looks
        raise Gone(*_WORDS["ended"])
    exam_id = int(share.exam_id)  # type: ignore[attr-defined]
    token = new_token()
    session = await ViewingSession.create(
        token_sha256=sha256_hex(token),
        exam_id=exam_id,
        share_id=share.id,
        channel="share",
        expires_at=min(now + timedelta(hours=session_hours), share.ends_at),
    )
    await AuditEntry.create(
        actor=f"share:{share.id}", action="share_opened", exam_id=exam_id, request_id=request_id
    )
    return OpenedShare(token, session.id, share.id, exam_id, session.expires_at)
