"""The outbox relay: rows that are due become arq jobs; rows whose job fell silent do so again.

Redis may be flushed or restarted at any moment: a row stays in the database until its job is done.
"""

import argparse
import asyncio
import signal

import structlog
from arq.connections import ArqRedis, create_pool
from redis.exceptions import RedisError

from assembly.health import HealthServer, database_is_up
from assembly.logs import configure_logging
from assembly.runtime import open_runtime
from assembly.settings import Settings
from storage import outbox
from storage.outbox import Claimed
from storage.queue import deserialize, queue_name, redis_settings, serialize
from workers.jobs import JOBS, STALE_BY_TOPIC, batches

log = structlog.get_logger()

POLL_S = 0.1
CLAIM = 500
REDIS_LIMIT_S = 5
REDIS_PAUSE_S = 1
BURY_EVERY_S = 15.0


async def relay_once(redis: ArqRedis) -> int:
    """Hand out what is due now; returns how many rows. When Redis does not answer, the rows go
    back to wait in the outbox."""
    claimed = await outbox.claim_due(CLAIM, stale_after_s=STALE_BY_TOPIC)
    handed = 0
    waiting = list(batches(claimed))
    while waiting:
        if not await _enqueue(redis, waiting[0]):
            for row in (row for rows in waiting for row in rows):
                await outbox.give_back(row)
            await asyncio.sleep(REDIS_PAUSE_S)
            break
        handed += len(waiting.pop(0))
    return handed


async def bury_lost() -> None:
    """Rows whose last worker died say so in the log, once."""
    for topic, subject in await outbox.bury_lost(stale_after_s=STALE_BY_TOPIC):
        log.error("job_dead", topic=topic, subject=subject, error="worker_lost")


async def _enqueue(redis: ArqRedis, rows: list[Claimed]) -> bool:
    topic, attempts = rows[0].topic, rows[0].attempts
    subjects = [row.subject for row in rows]
    try:
        async with asyncio.timeout(REDIS_LIMIT_S):
            await redis.enqueue_job(
                "run_job", topic, subjects, attempts,
                _queue_name=queue_name(JOBS[topic].queue), _expires=600,
            )  # fmt: skip
    except (RedisError, OSError) as error:
        log.warning("redis_unreachable", error=type(error).__name__, topic=topic)
        return False
    return True


async def serve(health_port: int) -> None:
    settings = Settings()
    configure_logging(settings.log_level, process="relay")
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with (
        open_runtime(settings),
        HealthServer(health_port, {"database": database_is_up}),
    ):
        redis = await create_pool(
            redis_settings(settings.redis_url),
            job_serializer=serialize,
            job_deserializer=deserialize,
        )
        clock = asyncio.get_running_loop().time
        bury_at = clock() + BURY_EVERY_S
        try:
            while not stopping.is_set():
                try:
                    moved = await relay_once(redis)
                    if clock() >= bury_at:
                        bury_at = clock() + BURY_EVERY_S
                        await bury_lost()
                except Exception:
                    log.warning("relay_round_failed", exc_info=True)
                    moved = 0
                    await asyncio.sleep(1)
                if not moved:
                    await asyncio.sleep(POLL_S)
        finally:
            await redis.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--health-port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().health_port))


if __name__ == "__main__":
    main()
