"""A share is made, listed, stopped by the one who made it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access import PatientViewer, StaffViewer
from domain.errors import Invalid, NotFound
from domain.ports import Sealer
from storage.records.audit import AuditEntry
from storage.records.share import Share
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction
from usecases.viewing.see_exam import exam_for

TOKEN = "share.token"  # noqa: S105 - a purpose, not a secret
PASS_CODE = "share.pass_code"  # noqa: S105 - a purpose, not a secret
DAYS = (1, 3, 5)
LONGEST = timedelta(days=30)
MAX_LIVE = 20

Owner = PatientViewer | StaffViewer


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long and for whom. `pass_code` empty: whoever has the link; `open_limit` None: as
    often as they like."""

    starts_at: datetime
    ends_at: datetime
    pass_code: str = ""
    open_limit: int | None = None


def check_terms(terms: Terms, now: datetime) -> None:
    """Invalid says what to change."""
    if terms.ends_at <= max(terms.starts_at, now):
        raise Invalid("share_range", "结束时间要晚于开始时间,也要晚于现在。")
    if terms.ends_at - max(terms.starts_at, now) > LONGEST + timedelta(minutes=5):
        raise Invalid("share_range", f"最长可以分享 {LONGEST.days} 天。")
    code = terms.pass_code
    if code and not (4 <= len(code) <= 8 and code.isascii() and code.isalnum()):
        raise Invalid("pass_code_malformed", "提取码请用 4 到 8 位数字或字母。")
    if terms.open_limit is not None and not 1 <= terms.open_limit <= 100:
        raise Invalid("open_limit_range", "打开次数请填 1 到 100。")


def pass_code_digest(sealer: Sealer, share_token: str, pass_code: str) -> str:
    """Bound to the share, so that equal codes do not look equal in the database."""
    text = f"{sha256_hex(share_token)}{pass_code.lower()}"
    return sealer.blind_index(text, purpose=PASS_CODE) if pass_code else ""


async def make_share(
    sealer: Sealer, owner: Owner, exam_id: int, terms: Terms, *, request_id: str = ""
) -> tuple[Share, str]:
    """The row and its token. Raises NotFound, Invalid."""
    exam = await exam_for(owner, exam_id)
    now = await db_now()
    check_terms(terms, now)
    live = await Share.filter(exam_id=exam.id, revoked_at=None, ends_at__gt=now).count()
    if live >= MAX_LIVE:
        raise Invalid("too_many_shares", "正在进行的分享太多,请先停止几个。")
    token = new_token()

    async def write() -> Share:
        share = await Share.create(
            public_id=new_token(),
            exam_id=exam.id,
            token_sha256=sha256_hex(token),
            token_sealed=sealer.seal(token, purpose=TOKEN),
            made_by=owner.actor,
            starts_at=terms.starts_at,
            ends_at=terms.ends_at,
            pass_code_digest=pass_code_digest(sealer, token, terms.pass_code),
            open_limit=terms.open_limit,
        )
        await AuditEntry.create(
            actor=owner.actor, action="share_made", exam_id=exam.id, request_id=request_id
        )
        return share

    return await in_transaction(write), token


async def shares_of(owner: Owner, exam_id: int) -> list[Share]:
    """Newest first. A patient sees every share of the examination, whoever made it."""
    exam = await exam_for(owner, exam_id)
    return await Share.filter(exam_id=exam.id).order_by("-id").limit(50)


async def share_for(owner: Owner, public_id: str) -> Share:
    """NotFound when it is not there or not the owner's to see."""
    share = await Share.get_or_none(public_id=public_id)
    if share is None:
        raise NotFound("share_not_found", "没有找到这个分享。")
    await exam_for(owner, share.exam_id)  # type: ignore[attr-defined]
    return share


def token_of(sealer: Sealer, share: Share) -> str:
    return sealer.unseal(bytes(share.token_sealed), purpose=TOKEN)


async def stop_share(owner: Owner, public_id: str, *, request_id: str = "") -> Share:
    """Ends it for everybody who holds it; stopping twice is stopping once."""
    share = await share_for(owner, public_id)
    if share.revoked_at is None:
        share.revoked_at = await db_now()
        await share.save(update_fields=["revoked_at"])
        await AuditEntry.create(
            actor=owner.actor, action="share_stopped", exam_id=share.exam_id,  # type: ignore[attr-defined]
            request_id=request_id,
        )  # fmt: skip
    return share
