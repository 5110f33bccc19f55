"""Web OAuth: a browser goes to WeChat and comes back as a WeChat user (DEMANDS 37).

The browser's own cookie is the login: what a callback finds out is written beside it. So a callback
that comes twice, or whose answer the phone throws away, ends in the same page, and the code is
exchanged once.
"""

import asyncio
import hmac
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from tortoise.expressions import Q

from domain.doors import local_target
from domain.errors import Denied, Refused
from domain.ports import Sealer
from domain.wechat import Action, WeChat, WeChatError
from storage.records.wechat_login import WeChatLogin, WeChatState, claim_state
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now
from usecases.wechat.people import person_row

TARGET = "wechat.target"
STATE_LIFE = timedelta(minutes=10)
LOGIN_LIFE = timedelta(hours=12)
PAUSE = timedelta(minutes=10)
MAX_RESTARTS = 1
WAIT_S = 12.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the token that its cookie keeps."""

    url: str
    login_token: str


async def login_of(token: str) -> WeChatLogin | None:
    """The live login of a cookie or a bearer token, with its user if WeChat has named one."""
    if not 20 <= len(token) <= 24:
        return None
    return (
        await WeChatLogin.filter(
            token_sha256=sha256_hex(token), revoked_at=None, expires_at__gt=await db_now()
        )
        .prefetch_related("user")
        .first()
    )


async def start_login(
    wechat: WeChat, sealer: Sealer, login_token: str, target: str, redirect_uri: str
) -> Departure:
    """A new state for this browser, which gets a login of its own when it has none."""
    now = await db_now()
    login = await login_of(login_token)
    if login is None:
        login_token = new_token()
        login = await WeChatLogin.create(
            token_sha256=sha256_hex(login_token), expires_at=now + LOGIN_LIFE
        )
    url = await _new_state(wechat, sealer, login, local_target(target), redirect_uri, restarts=0)
    return Departure(url, login_token)


async def _new_state(
    wechat: WeChat, sealer: Sealer, login: WeChatLogin, target: str, redirect_uri: str, *,
    restarts: int,
) -> str:  # fmt: skip
    state = new_token()
    await WeChatState.create(
        state_sha256=sha256_hex(state),
        login=login,
        target_sealed=sealer.seal(target, purpose=TARGET),
        restarts=restarts,
        expires_at=await db_now() + STATE_LIFE,
    )
    return wechat.authorize_url(redirect_uri, state)


async def finish_login(
    wechat: WeChat, sealer: Sealer, *, login_token: str, state: str, code: str, redirect_uri: str
) -> str:
    """Where the browser goes now: a clean page of ours, or to WeChat once more. Raises Denied for a
    state that never was, Refused for another browser's."""
    row = (
        await WeChatState.filter(state_sha256=sha256_hex(state)).prefetch_related("login").first()
        if 20 <= len(state) <= 24
        else None
    )
    if row is None:
        raise Denied("wechat_state_unknown", "微信登录没有完成,请重新扫描二维码。")
    ours, theirs = row.login.token_sha256, sha256_hex(login_token)
    if not hmac.compare_digest(ours, theirs):
        raise Refused("wechat_state_foreign", "微信登录没有完成,请重新扫描二维码。")
    target = local_target(sealer.unseal(bytes(row.target_sealed), purpose=TARGET))
    now = await db_now()
    if not await claim_state(row.id, now):
        if row.claimed_at is None and row.expires_at <= now:
            return await _again(wechat, sealer, row, target, redirect_uri)
        await _settled(row)
        return target
    if not code:
        await _pause(row, "declined")
        return target
    return await _exchange(wechat, sealer, row, code, target, redirect_uri)


async def _exchange(
    wechat: WeChat, sealer: Sealer, row: WeChatState, code: str, target: str, redirect_uri: str
) -> str:
    try:
        person = await wechat.exchange_code(code)
    except WeChatError as error:
        if error.action is Action.LOGIN_AGAIN:
            return await _again(wechat, sealer, row, target, redirect_uri)
        await _pause(row, "failed")  # WeChat is silent: the digits still work
        return target
    if person.is_snapshot:
        await _pause(row, "snapshot")
        return target
    user = await person_row(sealer, person)
    await WeChatLogin.filter(id=row.login.id).update(
        user_id=user.id, paused_until=None, expires_at=await db_now() + LOGIN_LIFE
    )
    await _note(row, "ok")
    return target


async def _again(
    wechat: WeChat, sealer: Sealer, row: WeChatState, target: str, redirect_uri: str
) -> str:
    """Restart the login once; the second time the page opens without it."""
    if row.restarts >= MAX_RESTARTS:
        await _pause(row, "failed")
        return target
    url = await _new_state(
        wechat, sealer, row.login, target, redirect_uri, restarts=row.restarts + 1
    )
    await _note(row, "again")
    return url


async def _pause(row: WeChatState, outcome: str) -> None:
    await WeChatLogin.filter(id=row.login.id).update(paused_until=await db_now() + PAUSE)
    await _note(row, outcome)


async def _note(row: WeChatState, outcome: str) -> None:
    if outcome != "ok":
        log.info("wechat_login", outcome=outcome)
    await WeChatState.filter(id=row.id).update(outcome=outcome)


async def _settled(row: WeChatState) -> None:
    """Another callback of the same state is exchanging the code: wait for what it finds."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        await row.refresh_from_db()
        if row.outcome:
            return
        await asyncio.sleep(0.05)


async def may_go_to_wechat(login: WeChatLogin | None) -> bool:
    """Whether this browser should be sent to WeChat now."""
    if login is None:
        return True
    if login.user is not None:
        return False
    return login.paused_until is None or login.paused_until <= await db_now()


async def end_login(login: WeChatLogin) -> None:
    """This browser (or mini-program, with the web-views that it opened) is nobody's any more."""
    now = await db_now()
    await WeChatLogin.filter(Q(id=login.id) | Q(source_id=login.id)).update(revoked_at=now)
