"""WeChat as use cases see it: who somebody is, what can be sent, and what to do about an errcode.

The real one is `integrations/wechat`; it is there only where the hospital has configured it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from domain.errors import Unavailable


class Action(StrEnum):
    """What an errcode asks for (the table is `integrations/wechat/policy.py`)."""

    RETRY = "retry"  # with jitter, three times at most
    REFRESH = "refresh"  # drop the token, one holder fetches it anew, once
    NEXT_MINUTE = "next_minute"
    NEXT_DAY = "next_day"  # nothing before midnight in China; alarm
    ALARM = "alarm"  # the configuration is wrong: a person must act, trying again is no use
    CHANNEL_DEAD = "channel_dead"  # this recipient cannot be reached so: another channel
    FAULT = "fault"  # our request is wrong: dead letter
    LOGIN_AGAIN = "login_again"  # the code is used up: restart the login once
    BLOCKED = "blocked"  # WeChat holds this person for a risk


class WeChatError(Unavailable):
    """WeChat said no, or nothing, or nonsense. Holds no token, no secret, no openid."""

    default_code = "wechat_unavailable"
    default_message = "微信暂时没有回应。请稍后再试,或者扫描报告单上的二维码、输入数字查看。"

    def __init__(
        self, errcode: int | None, action: Action, *, path: str, retry_after_s: int = 5
    ) -> None:
        super().__init__(
            f"wechat_{action.value}",
            self.default_message,
            detail=f"{path}: errcode {errcode}",
            retry_after_s=retry_after_s,
        )
        self.errcode = errcode
        self.action = action
        self.path = path


@dataclass(frozen=True, slots=True)
class WeChatPerson:
    """Who logged in. `is_snapshot` is WeChat's virtual account of a preview page: it is nobody and
    must never be bound."""

    app_id: str
    openid: str
    unionid: str = ""
    is_mini: bool = False
    is_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What a service account may know of a person."""

    is_subscribed: bool
    unionid: str


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A shared token as it stands now; `life_s` of a value that is there, `resting_s` while nobody
    may ask for another."""

    value: str
    life_s: float
    resting_s: float
    resting_code: int


class TokenShelf(Protocol):
    """Where the processes keep the tokens that they share (the database)."""

    async def read(self, name: str) -> HeldToken: ...

    async def claim(self, name: str, holder: str, lease_s: float) -> bool:
        """Become the one who fetches."""

    async def put(self, name: str, value: str, life_s: float) -> None:
        """The claim ends with it."""

    async def drop(self, name: str, value: str) -> None:
        """This value is dead; a newer one stays."""

    async def rest(self, name: str, seconds: float, code: int) -> None:
        """Nobody asks for a while; the claim ends."""


class WeChat(Protocol):
    """One hospital's accounts. Every method may raise WeChatError."""

    def authorize_url(self, redirect_uri: str, state: str) -> str: ...

    async def exchange_code(self, code: str) -> WeChatPerson: ...

    async def login_mini(self, js_code: str) -> WeChatPerson: ...

    async def phone_number(self, code: str) -> str: ...

    async def profile(self, openid: str) -> Profile: ...

    async def sign_page(self, url: str) -> dict[str, Any]: ...

    async def send_template(
        self, openid: str, *, data: Mapping[str, str], url: str, message_id: str
    ) -> str: ...

    async def send_subscribe(self, openid: str, *, data: Mapping[str, str], page: str) -> None: ...

    def check_url(self, query: Mapping[str, str]) -> bool: ...

    def open_push(self, query: Mapping[str, str], body: bytes) -> dict[str, str]: ...


class TextMessages(Protocol):
    """Text messages (SMS) as a fall-back; there only where the hospital has a gateway."""

    async def send(self, phone: str, *, params: Mapping[str, str], message_id: str) -> None:
        """Raises Unavailable when it should be tried again, Refused when that is no use."""
