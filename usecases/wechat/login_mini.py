"""The mini-program logs in: `wx.login`'s code becomes a login of ours, a phone's code a vouched
phone. `session_key` never leaves `integrations/wechat`."""

from dataclasses import dataclass
from datetime import datetime

from domain.errors import Denied, Invalid, Refused
from domain.ports import Sealer
from domain.wechat import Action, WeChat, WeChatError
from storage.records.wechat_login import WeChatLogin
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now
from usecases.matching.file_patient import PHONE
from usecases.wechat.login import LOGIN_LIFE
from usecases.wechat.people import person_row


@dataclass(frozen=True, slots=True)
class MiniLogin:
    """`token` is the bearer token of the mini-program's requests."""

    token: str
    expires_at: datetime


def _check(code: str) -> None:
    if not 1 <= len(code) <= 512:
        raise Invalid("code_malformed", "微信登录失败,请退出小程序重新打开。")


async def login_mini(wechat: WeChat, sealer: Sealer, js_code: str) -> MiniLogin:
    """Denied("wechat_code_used") asks the mini-program for a fresh code."""
    _check(js_code)
    try:
        person = await wechat.login_mini(js_code)
    except WeChatError as error:
        raise _refusal(error) from None
    user = await person_row(sealer, person)
    token, expires_at = new_token(), await db_now() + LOGIN_LIFE
    await WeChatLogin.create(
        token_sha256=sha256_hex(token), user=user, is_mini=True, expires_at=expires_at
    )
    return MiniLogin(token, expires_at)


async def vouch_phone(wechat: WeChat, sealer: Sealer, login: WeChatLogin, code: str) -> None:
    """WeChat says that this person holds a phone number. It proves a phone, no identity: it helps
    only where the hospital asks for digits of the phone (docs/decisions/0041)."""
    _check(code)
    try:
        phone = await wechat.phone_number(code)
    except WeChatError as error:
        raise _refusal(error) from None
    if not phone:
        raise Refused("phone_foreign", "只支持中国大陆的手机号,请改用数字验证。")
    login.phone_index = sealer.blind_index(phone, purpose=PHONE)
    await login.save(update_fields=["phone_index"])


def _refusal(error: WeChatError) -> Exception:
    match error.action:
        case Action.LOGIN_AGAIN:
            return Denied("wechat_code_used", "微信登录已过期,请再试一次。")
        case Action.BLOCKED:
            return Refused("wechat_blocked", "微信提示此账号有风险,请改用浏览器扫码查看。")
        case _:
            return error
