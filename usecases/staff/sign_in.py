"""A name and a password open a staff session. An unknown name and a wrong password are one answer
and take the same time."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from tortoise.expressions import F

from domain.errors import Denied, Locked
from storage.records.audit import AuditEntry
from storage.records.session import ViewingSession
from storage.records.staff import StaffAccount
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now

MAX_WRONG = 5
LOCK = timedelta(minutes=15)
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")


@dataclass(frozen=True, slots=True)
class StaffSession:
    token: str
    account: StaffAccount
    expires_at: datetime


async def hash_password(password: str) -> str:
    """Argon2id, off the event loop: it takes a fifth of a second on purpose."""
    return await asyncio.to_thread(_hasher.hash, password)


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


async def sign_in(username: str, password: str, *, hours: float) -> StaffSession:
    """Raises Denied or Locked."""
    now = await db_now()
    account = await StaffAccount.get_or_none(username=username[:64])
    if account is not None and account.locked_until is not None and account.locked_until > now:
        wait_s = int((account.locked_until - now).total_seconds()) + 1
        raise Locked("account_locked", "输错次数过多,请稍后再试。", retry_after_s=wait_s)
    stored = account.password_hash if account is not None else _NOBODY
    is_right = await asyncio.to_thread(_matches, stored, password)
    if account is None or not is_right:
        if account is not None:
            await _count_wrong(account, now)
        raise Denied("sign_in_failed", "用户名或密码不对。")
    if account.state != "approved":
        raise Denied("account_not_approved", "账号尚未通过审核或已注销。")
    await StaffAccount.filter(id=account.id).update(wrong_tries=0, locked_until=None)
    token = new_token()
    session = await ViewingSession.create(
        token_sha256=sha256_hex(token), account=account, expires_at=now + timedelta(hours=hours)
    )
    await AuditEntry.create(actor=f"staff:{account.id}", action="sign_in")
    return StaffSession(token, account, session.expires_at)


async def _count_wrong(account: StaffAccount, now: datetime) -> None:
    await StaffAccount.filter(id=account.id).update(wrong_tries=F("wrong_tries") + 1)
    await StaffAccount.filter(id=account.id, wrong_tries__gte=MAX_WRONG).update(
        wrong_tries=0, locked_until=now + LOCK
    )
    await AuditEntry.create(actor=f"staff:{account.id}", action="sign_in", outcome="wrong")
