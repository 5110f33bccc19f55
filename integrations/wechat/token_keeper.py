"""The one keeper of a shared token: of all processes one fetches it, the others wait or go on with
the one that is still good. The place and the lock are the shelf's (the database)."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.wechat import Action, TokenShelf, WeChatError
from integrations.wechat.policy import action_for

REFRESH_S = 240.0  # stable_token gives a new one in its last 300 s, and both are good meanwhile
LEASE_S = 15.0
WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Fetched:
    value: str
    life_s: float


class TokenKeeper:
    """`fetch` asks WeChat; it runs in one process at a time."""

    def __init__(
        self, name: str, shelf: TokenShelf, fetch: Callable[[], Awaitable[Fetched]], holder: str
    ) -> None:
        self._name, self._shelf, self._fetch, self._holder = name, shelf, fetch, holder

    async def token(self) -> str:
        """Raises WeChatError while WeChat will not give one, without asking it again and again."""
        deadline = time.monotonic() + WAIT_S
        while True:
            held = await self._shelf.read(self._name)
            if held.value and held.life_s > REFRESH_S:
                return held.value
            is_good = bool(held.value) and held.life_s > 5
            if held.resting_s > 0 and not is_good:
                code = held.resting_code or None
                raise WeChatError(
                    code, action_for(code), path=self._name, retry_after_s=int(held.resting_s) + 1
                )
            if await self._shelf.claim(self._name, self._holder, LEASE_S):
                return await self._renew()
            if is_good:
                return held.value
            if time.monotonic() > deadline:
                raise WeChatError(None, Action.RETRY, path=self._name)
            await asyncio.sleep(random.uniform(0.03, 0.1))  # noqa: S311

    async def _renew(self) -> str:
        held = await self._shelf.read(self._name)
        if held.value and held.life_s > REFRESH_S:  # another was quicker between our two looks
            await self._shelf.rest(self._name, 0, 0)
            return held.value
        try:
            fresh = await self._fetch()
        except WeChatError as error:
            await self._shelf.rest(self._name, error.retry_after_s, error.errcode or 0)
            if held.value and held.life_s > 5:
                return held.value
            raise
        except BaseException:  # cancelled: let another one try at once
            await self._shelf.rest(self._name, 0, 0)
            raise
        await self._shelf.put(self._name, fresh.value, fresh.life_s)
        return fresh.value

    async def drop(self, value: str) -> None:
        """WeChat says that this value is dead."""
        await self._shelf.drop(self._name, value)
