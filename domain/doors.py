"""Which door somebody came through, and the pages of ours to which a door may lead."""

import re
from typing import Final

HOME: Final = "/home"
_TARGETS: Final = re.compile(
    r"/(?:home|query|viewer|bindings|doctor|(?:q|g|s)/[\w-]{22})", re.ASCII
)


def local_target(text: str) -> str:
    """A page of ours, whole and exact; whatever else is asked for becomes the home page (no open
    redirect)."""
    return text if _TARGETS.fullmatch(text) else HOME


def is_wechat_browser(user_agent: str) -> bool:
    """WeChat's own browser: not the web-view of a mini-program (which hands over a ticket), and not
    the company edition, whose OAuth is another one."""
    return (
        "MicroMessenger/" in user_agent
        and "miniProgram" not in user_agent
        and "wxwork" not in user_agent
    )
