"""The receiver of STOW-RS, opened by the first request that stores: most web servers never do."""

import asyncio
import contextlib
from typing import cast

from assembly.runtime import Runtime
from usecases.receiving.receive_instance import InstanceReceiver, InstanceStore

AT_ONCE = 8


class LazyReceiver:
    """One an app; `limit` bounds how many requests store at once."""

    def __init__(self) -> None:
        self.limit = asyncio.Semaphore(AT_ONCE)
        self._opening = asyncio.Lock()
        self._held = contextlib.AsyncExitStack()
        self._receiver: InstanceReceiver | None = None

    async def get(self, runtime: Runtime) -> InstanceReceiver:
        async with self._opening:
            if self._receiver is None:
                store = cast("InstanceStore", runtime.objects)
                receiver = InstanceReceiver(store, runtime.settings.spool_folder())
                self._receiver = await self._held.enter_async_context(receiver.running())
        return self._receiver

    async def close(self) -> None:
        self._receiver = None
        await self._held.aclose()
