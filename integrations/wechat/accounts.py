"""The hospital's accounts at WeChat, and where WeChat is."""

from dataclasses import dataclass, field

HOSTS = ("api.weixin.qq.com", "open.weixin.qq.com", "mp.weixin.qq.com")


@dataclass(frozen=True, slots=True, repr=False)
class ServiceAccount:
    """A verified service account (公众号)."""

    app_id: str
    secret: str
    scope: str = "snsapi_base"
    push_token: str = ""
    push_aes_key: str = ""
    template_id: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class MiniProgram:
    """A mini-program; `state` is developer, trial or formal."""

    app_id: str
    secret: str
    template_id: str = ""
    state: str = "formal"


@dataclass(frozen=True, slots=True, repr=False)
class Accounts:
    """`base_url` empty is the real WeChat; else every host of WeChat's is that address."""

    service: ServiceAccount | None = None
    mini: MiniProgram | None = None
    base_url: str = ""
    timeout_s: float = 4.0
    hosts: tuple[str, ...] = field(default=HOSTS)
