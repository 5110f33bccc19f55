"""The outbox relay: rows that are due become arq jobs; rows whose job fell silent do so again.

Redis may be flushed or restarted at any moment: a row stays in the database until its job is done.
"""

import argparse
import asyncio
import signal
from itertools import groupby

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
from workers.jobs import JOBS, STALE_BY_TOPIC

log = structlog.get_logger()

POLL_S = 0.1
CLAIM = 500


async def relay_once(redis: ArqRedis) -> int:
    """Hand out what is due now; returns how many rows."""
    claimed = await outbox.claim_due(CLAIM, stale_after_s=STALE_BY_TOPIC)
    ordered = sorted(claimed, key=lambda row: row.topic)
    for topic, group in groupby(ordered, key=lambda row: row.topic):
        rows = list(group)
        size = JOBS[topic].batch
        for start in range(0, len(rows), size):
            await _enqueue(redis, topic, rows[start : start + size])
    return len(claimed)


async def _enqueue(redis: ArqRedis, topic: str, rows: list[Claimed]) -> None:
    pairs = [[row.subject, row.revision] for row in rows]
    try:
        await redis.enqueue_job(
            "run_job", topic, pairs, _queue_name=queue_name(JOBS[topic].queue), _expires=600
        )
    except (RedisError, OSError) as error:
        log.warning("redis_unreachable", error=type(error).__name__, topic=topic)
        for row in rows:  # back to the outbox; this was no attempt of the job's
            await outbox.give_back(row)
        await asyncio.sleep(1)


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
        try:
            while not stopping.is_set():
                try:
                    moved = await relay_once(redis)
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
