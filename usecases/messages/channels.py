"""Through what messages go out, as the hospital has set it up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from domain.ports import Sealer
from domain.wechat import TextMessages, WeChat


@dataclass(frozen=True, slots=True)
class Channels:
    """An empty map of fields means that the channel is not used."""

    sealer: Sealer
    wechat: WeChat | None
    texts: TextMessages | None
    base_url: str
    hospital: str
    zone: ZoneInfo
    template_fields: Mapping[str, str] = field(default_factory=dict)
    subscribe_fields: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
