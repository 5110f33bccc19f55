"""What each errcode asks for: data, with a test for every line. HTTP errors, time-outs and nonsense
have no errcode (None)."""

import random
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.wechat import Action, WeChatError

POLICY: Final[dict[int | None, Action]] = {
    None: Action.RETRY,
    -1: Action.RETRY,
    40001: Action.REFRESH,
    40014: Action.REFRESH,
    42001: Action.REFRESH,
    45011: Action.NEXT_MINUTE,
    45009: Action.NEXT_DAY,
    40002: Action.ALARM,
    40013: Action.ALARM,
    40125: Action.ALARM,
    40164: Action.ALARM,
    41001: Action.ALARM,
    43002: Action.ALARM,
    48001: Action.ALARM,
    48004: Action.ALARM,
    48006: Action.ALARM,
    50002: Action.ALARM,
    40003: Action.CHANNEL_DEAD,
    43004: Action.CHANNEL_DEAD,
    43019: Action.CHANNEL_DEAD,
    43101: Action.CHANNEL_DEAD,
    45015: Action.CHANNEL_DEAD,
    45047: Action.CHANNEL_DEAD,
    40037: Action.FAULT,
    40165: Action.FAULT,
    40169: Action.FAULT,
    41030: Action.FAULT,
    43116: Action.FAULT,
    47001: Action.FAULT,
    47003: Action.FAULT,
    85079: Action.FAULT,
    40029: Action.LOGIN_AGAIN,
    40030: Action.LOGIN_AGAIN,
    40163: Action.LOGIN_AGAIN,
    42002: Action.LOGIN_AGAIN,
    42003: Action.LOGIN_AGAIN,
    42007: Action.LOGIN_AGAIN,
    87009: Action.LOGIN_AGAIN,
    40226: Action.BLOCKED,
}
CHINA: Final = ZoneInfo("Asia/Shanghai")


def action_for(errcode: int | None) -> Action:
    """An errcode that the table does not know is our fault until somebody has looked at it."""
    return POLICY.get(errcode, Action.FAULT)


def pause_s(action: Action, now: datetime) -> float:
    """How long to leave WeChat alone; jittered, so that not every process comes back at once."""
    match action:
        case Action.NEXT_MINUTE:
            return 60 + random.uniform(0, 10)  # noqa: S311
        case Action.NEXT_DAY:
            local = now.astimezone(CHINA)
            midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0)
            return (midnight - local).total_seconds() + random.uniform(0, 300)  # noqa: S311
        case Action.ALARM:
            return 60.0
        case _:
            return random.uniform(1, 3)  # noqa: S311


def error_for(errcode: int | None, *, path: str, now: datetime) -> WeChatError:
    action = action_for(errcode)
    wait_s = max(int(pause_s(action, now)), 1)
    return WeChatError(errcode, action, path=path, retry_after_s=wait_s)
