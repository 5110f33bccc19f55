"""What commands have in common: the joined parts for as long as one use case takes."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from assembly.runtime import Runtime, open_runtime
from assembly.settings import Settings
from domain.errors import FilmError

T = TypeVar("T")


def with_runtime(work: Callable[[Runtime], Awaitable[T]]) -> T:
    """A use case's refusal is one sentence and status 1."""

    async def run() -> T:
        async with open_runtime(Settings()) as runtime:
            return await work(runtime)

    try:
        return asyncio.run(run())
    except FilmError as error:
        print(f"✗ {error.message} ({error.code})", file=sys.stderr)
        sys.exit(1)
