"""Reads hospital database views: `python -m workers.view_poller --health-port N`. Each view goes at
its own pace: one whose database is down holds up no other."""

import argparse
import asyncio
import contextlib
import signal
from zoneinfo import ZoneInfo

import structlog

from assembly.health import HealthServer, database_is_up
from assembly.logs import configure_logging
from assembly.runtime import Runtime, open_runtime
from assembly.settings import Settings
from integrations.his.view_link import ViewDown, ViewProblem, read_rows
from integrations.his.views import View, load_views
from usecases.hospital_views.read_view import note_failure, read_view

log = structlog.get_logger()

PAUSES_S = (5.0, 15.0, 60.0, 300.0)


async def poll_once(runtime: Runtime, view: View) -> float:
    """Read it once; how long to wait until the next time."""
    zone = ZoneInfo(runtime.settings.time_zone)
    try:
        done = await read_view(runtime.objects, runtime.sealer, view, read_rows, zone)
    except (ViewDown, ViewProblem) as error:
        failures = await note_failure(view, str(error))
        log.warning(
            "view_failed", view=view.name, error=str(error), failures=failures,
            must_be_mended=isinstance(error, ViewProblem),
        )  # fmt: skip
        return max(PAUSES_S[min(failures, len(PAUSES_S)) - 1], view.poll_s)
    if done.taken or done.refused:
        log.info("view_read", view=view.name, taken=done.taken, refused=done.refused)
    return view.poll_s


async def poll(runtime: Runtime, view: View, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            pause_s = await poll_once(runtime, view)
        except Exception as error:  # noqa: BLE001 - ours: told without values, tried again
            log.error("view_poll_failed", view=view.name, error=type(error).__name__)
            pause_s = PAUSES_S[1]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause_s)


async def serve(health_port: int) -> None:
    settings = Settings()
    configure_logging(settings.log_level, process="views")
    views = load_views(settings.views_file)
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with (
        open_runtime(settings) as runtime,
        HealthServer(health_port, {"database": database_is_up}),
    ):
        log.info("views_polled", views=[view.name for view in views])
        tasks = [asyncio.create_task(poll(runtime, view, stopping)) for view in views]
        await stopping.wait()
        _, late = await asyncio.wait(tasks, timeout=10) if tasks else (set(), set())
        for task in late:  # a reading is resumable at any row
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--health-port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().health_port))


if __name__ == "__main__":
    main()
