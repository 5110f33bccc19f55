"""How often a third party may ask: by minute and by day, counted in the database."""

from domain.errors import Locked
from storage.records.usage import count_use
from storage.transactions import db_now
from usecases.oauth.check_token import Caller
from usecases.oauth.limit_clients import seconds_left

MINUTE_S, DAY_S = 60, 86_400


async def count_query(caller: Caller) -> None:
    """Counted before anything is looked up. Locked says when to come again."""
    now = await db_now()
    for length_s, limit in ((MINUTE_S, caller.per_minute), (DAY_S, caller.per_day)):
        if await count_use(f"exams:{caller.client}", now, length_s) > limit:
            word = "每分钟" if length_s == MINUTE_S else "当天"
            raise Locked(
                "rate_limited", f"查询次数超过{word}的上限,请稍后再试。",
                retry_after_s=seconds_left(now, length_s),
            )  # fmt: skip
