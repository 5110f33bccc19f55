"""A process whose tasks do rounds of the same work, each at its own pace: one that is slow or down
holds up no other. On SIGTERM a round may end; what takes too long is cancelled, so every round must
be resumable."""

import argparse
import asyncio
import contextlib
import signal
import traceback
from collections.abc import Awaitable, Callable

import structlog

from assembly.health import HealthServer, database_is_up
from assembly.logs import configure_logging
from assembly.runtime import Runtime, open_runtime
from assembly.settings import Settings

log = structlog.get_logger()

STOP_S = 10.0
PAUSE_S = 15.0  # after a round that failed in a way that nobody foresaw

Round = Callable[[Runtime], Awaitable[float]]
"""Does what is due; the seconds until the next one."""


async def go_round(name: str, runtime: Runtime, do: Round, stopping: asyncio.Event) -> None:
    """A defect is told without values, for they may be a patient's, and tried again."""
    while not stopping.is_set():
        try:
            pause_s = await do(runtime)
        except Exception as error:  # noqa: BLE001 - the other rounds go on
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error(
                "round_failed", task=name, error=type(error).__name__,
                where=f"{where.filename.rpartition('/')[2]}:{where.lineno}",
            )  # fmt: skip
            pause_s = PAUSE_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause_s)


async def serve(settings: Settings, rounds: dict[str, Round], health_port: int) -> None:
    """Until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with (
        open_runtime(settings) as runtime,
        HealthServer(health_port, {"database": database_is_up}),
    ):
        log.info("going_round", tasks=list(rounds))
        tasks = [
            asyncio.create_task(go_round(name, runtime, do, stopping))
            for name, do in rounds.items()
        ]
        await stopping.wait()
        _, late = await asyncio.wait(tasks, timeout=STOP_S) if tasks else (set(), set())
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def run_process(
    process: str, about: str | None, prepare: Callable[[Settings], dict[str, Round]]
) -> None:
    """The process's `main`; `prepare` reads the configuration and gives its rounds by name."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--health-port", type=int, default=0)
    arguments = parser.parse_args()
    settings = Settings()
    configure_logging(settings.log_level, process=process)
    asyncio.run(serve(settings, prepare(settings), arguments.health_port))
