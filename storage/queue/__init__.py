"""arq on Redis: only a faster way to hand out work that the outbox already holds."""

from typing import Any

import orjson
from arq.connections import RedisSettings
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError


def redis_settings(url: str) -> RedisSettings:
    """Patient with a Redis that blinks: without retries a three-second gap ends an arq worker."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 5
    settings.conn_retries = 60
    settings.conn_retry_delay = 1
    settings.retry_on_timeout = True
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    settings.retry = Retry(ExponentialBackoff(cap=2), 30)
    return settings


def serialize(job: dict[str, Any]) -> bytes:
    """JSON, so that nothing in Redis can run code in a worker."""
    return orjson.dumps(job, default=str)


def deserialize(raw: bytes) -> dict[str, Any]:
    job: dict[str, Any] = orjson.loads(raw)
    return job


def queue_name(queue: str) -> str:
    return f"cloudfilm:{queue}"
