"""An arq worker on one queue: `python -m workers.arq_worker ingest|render|notify`."""

import argparse
import asyncio
import contextlib
import os
from typing import Any

from arq.worker import Worker

from assembly.health import HealthServer, database_is_up
from assembly.logs import configure_logging
from assembly.runtime import Runtime, open_runtime
from assembly.settings import Settings
from imaging.headers import use_compiled_scan
from storage.queue import deserialize, queue_name, redis_settings, serialize
from workers.jobs import INGEST, NOTIFY, RENDER, run_rows
from workers.upkeep import keep_up

TIMEOUT_S = {INGEST: 30, RENDER: 300, NOTIFY: 60}
PARALLEL = {INGEST: 4, RENDER: 1, NOTIFY: 2}


async def run_job(ctx: dict[str, Any], topic: str, subjects: list[int], attempts: int) -> None:
    """One arq job; failures are noted in the outbox, arq itself never retries."""
    await run_rows(ctx["runtime"], topic, subjects, attempts)


def make_worker(runtime: Runtime, queue: str, *, handle_signals: bool = True) -> Worker:
    """arq's worker on one of our queues."""
    return Worker(
        functions=[run_job],
        queue_name=queue_name(queue),
        redis_settings=redis_settings(runtime.settings.redis_url),
        ctx={"runtime": runtime},
        job_timeout=TIMEOUT_S[queue],
        max_jobs=PARALLEL[queue],
        max_tries=1,
        keep_result=0,
        poll_delay=0.05,
        job_serializer=serialize,
        job_deserializer=deserialize,
        handle_signals=handle_signals,
    )


async def serve(queue: str, health_port: int) -> None:
    settings = Settings()
    configure_logging(settings.log_level, process=f"worker-{queue}")
    async with (
        open_runtime(settings) as runtime,
        HealthServer(health_port, {"database": database_is_up}),
    ):
        worker = make_worker(runtime, queue)
        upkeep = asyncio.create_task(keep_up(runtime)) if queue == RENDER else None
        try:
            await worker.async_run()
        except asyncio.CancelledError:
            pass
        finally:
            if upkeep is not None:
                upkeep.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await upkeep
            await close_worker(worker)


async def close_worker(worker: Worker) -> None:
    """End the running jobs (the outbox hands them out again), then arq's own connections.
    arq's `close` alone raises CancelledError, its connections still open, when it meets a job
    that is just being written off."""
    tasks = list(worker.tasks.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    worker.tasks.clear()
    await worker.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("queue", choices=(INGEST, RENDER, NOTIFY))
    parser.add_argument("--health-port", type=int, default=0)
    arguments = parser.parse_args()
    use_compiled_scan()
    if arguments.queue == RENDER:
        os.nice(5)  # rendering must not slow the doors down
    asyncio.run(serve(arguments.queue, arguments.health_port))


if __name__ == "__main__":
    main()
