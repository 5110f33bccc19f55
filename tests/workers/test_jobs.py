"""What is asked for in the outbox is done, whatever happens to Redis or to a worker on the way:
the real relay and the real arq worker on a real Redis, with a job that counts its runs."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from arq.connections import ArqRedis, create_pool

from assembly.runtime import Runtime
from assembly.settings import Settings
from domain.errors import Unavailable
from storage import outbox
from storage.queue import deserialize, redis_settings, serialize
from storage.records.outbox import OutboxRow
from tests.conftest import fresh_postgres_database, opened
from tests.support import servers
from tests.support.dicom_peer import until
from workers import jobs, outbox_relay
from workers.arq_worker import close_worker, make_worker
from workers.inline import drain
from workers.jobs import INGEST, Job
from workers.outbox_relay import relay_once

TOPIC = "index_instance"
REPOSITORY = Path(__file__).resolve().parents[2]


class CountingJob:
    """Does nothing, remembers what it did; `poison` makes it fail, `down` says a part is away."""

    def __init__(self) -> None:
        self.runs: Counter[int] = Counter()
        self.calls: list[list[int]] = []
        self.poison: set[int] = set()
        self.is_down = False

    async def __call__(self, runtime: Runtime, subjects: list[int]) -> None:
        self.calls.append(subjects)
        if self.is_down:
            raise Unavailable("store_down", retry_after_s=0)
        if self.poison & set(subjects):
            raise ValueError("poisoned")
        self.runs.update(subjects)


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> CountingJob:
    counting = CountingJob()
    monkeypatch.setitem(jobs.JOBS, TOPIC, Job(INGEST, 100, counting))
    monkeypatch.setattr(jobs, "RETRY_S", (0.0,))
    return counting


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is taken for lost as soon as it is asked about."""
    monkeypatch.setitem(outbox_relay.STALE_BY_TOPIC, TOPIC, 0.0)


@pytest.fixture(params=["sqlite", "postgres"])
async def on_redis(
    request: pytest.FixtureRequest, settings: Settings, redis_url: str
) -> AsyncIterator[Runtime]:
    """Each database, with the session's Redis, empty."""
    settings.data_dir.mkdir(parents=True)
    changes = {"redis_url": redis_url}
    if request.param == "postgres":
        changes["database_url"] = await fresh_postgres_database(
            request.getfixturevalue("postgres_url")
        )
    async with opened(settings.model_copy(update=changes)) as runtime:
        async with pool(redis_url) as redis:
            await redis.flushall()
        yield runtime


@asynccontextmanager
async def pool(redis_url: str) -> AsyncIterator[ArqRedis]:
    redis = await create_pool(
        redis_settings(redis_url), job_serializer=serialize, job_deserializer=deserialize
    )
    try:
        yield redis
    finally:
        await redis.aclose()


@asynccontextmanager
async def working(runtime: Runtime) -> AsyncIterator[None]:
    """A worker on the ingest queue in this process."""
    worker = make_worker(runtime, INGEST, handle_signals=False)
    task = asyncio.create_task(worker.async_run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await close_worker(worker)


@asynccontextmanager
async def relaying(redis: ArqRedis) -> AsyncIterator[None]:
    """The relay's rounds, one after the other."""

    async def rounds() -> None:
        while True:
            await relay_once(redis)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(rounds())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_done(timeout_s: float = 30) -> None:
    """No row is waiting, except the dead."""
    async with asyncio.timeout(timeout_s):
        while await OutboxRow.filter(dead_at=None).exists():
            await asyncio.sleep(0.05)


async def test_what_is_asked_is_done_once(on_redis: Runtime, job: CountingJob) -> None:
    await outbox.want_many(TOPIC, list(range(1, 251)))
    async with pool(on_redis.settings.redis_url) as redis, working(on_redis), relaying(redis):
        await until_done()
    assert job.runs == Counter(range(1, 251))


async def test_a_job_that_was_handed_out_twice_is_done_once(
    on_redis: Runtime, job: CountingJob, at_once: None
) -> None:
    await outbox.want_many(TOPIC, [1, 2, 3])
    async with pool(on_redis.settings.redis_url) as redis:
        assert await relay_once(redis) == 3
        assert await relay_once(redis) == 3  # nobody works yet: taken for lost
        async with working(on_redis):
            await until_done()
    assert job.runs == Counter([1, 2, 3])


async def test_a_flushed_redis_loses_nothing(
    on_redis: Runtime, job: CountingJob, at_once: None
) -> None:
    await outbox.want_many(TOPIC, list(range(1, 51)))
    async with pool(on_redis.settings.redis_url) as redis:
        for _ in range(2 * outbox.MAX_ATTEMPTS):  # more often than a job may fail
            assert await relay_once(redis) == 50
            await redis.flushall()
        assert await relay_once(redis) == 50
        async with working(on_redis):
            await until_done()
    assert job.runs == Counter(range(1, 51))


async def test_redis_away_for_a_while(
    settings: Settings, tmp_path: Path, job: CountingJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_relay, "REDIS_LIMIT_S", 0.2)
    monkeypatch.setattr(outbox_relay, "REDIS_PAUSE_S", 0)
    settings.data_dir.mkdir(parents=True)
    port = servers.free_port()
    command = [servers.need("redis-server"), "--port", str(port), "--bind", "127.0.0.1",
               "--save", "", "--dir", str(tmp_path)]  # fmt: skip
    changes = {"redis_url": f"redis://127.0.0.1:{port}/0"}
    async with opened(settings.model_copy(update=changes)) as runtime:
        with servers.running(command, port, "redis"):
            redis = await create_pool(
                redis_settings(runtime.settings.redis_url),
                job_serializer=serialize, job_deserializer=deserialize,
            )  # fmt: skip
        async with relaying(redis):
            await outbox.want_many(TOPIC, [1, 2, 3])
            for _ in range(3):
                assert await relay_once(redis) == 0
            assert await OutboxRow.filter(attempts=0, dead_at=None).count() == 3
            with servers.running(command, port, "redis"):
                async with working(runtime):
                    await until_done()
        await redis.aclose()
    assert job.runs == Counter([1, 2, 3])


async def test_a_poisoned_row_dies_alone(on_redis: Runtime, job: CountingJob) -> None:
    job.poison = {13}
    await outbox.want_many(TOPIC, list(range(1, 41)))
    async with pool(on_redis.settings.redis_url) as redis, working(on_redis), relaying(redis):
        await until_done()
    assert set(job.runs) == set(range(1, 41)) - {13}
    assert max(job.runs.values()) == 1
    assert sum(13 in call for call in job.calls) == outbox.MAX_ATTEMPTS
    row = await OutboxRow.get()
    assert (row.subject, row.last_error, row.attempts) == (13, "ValueError", 5)
    assert row.dead_at is not None


async def test_a_part_that_is_down_kills_no_row(on_redis: Runtime, job: CountingJob) -> None:
    job.is_down = True
    await outbox.want_many(TOPIC, [1, 2])
    async with pool(on_redis.settings.redis_url) as redis, working(on_redis), relaying(redis):
        await until(lambda: len(job.calls) > 2 * outbox.MAX_ATTEMPTS, 30)
        job.is_down = False
        await until_done()
    assert job.runs == Counter([1, 2])
    assert await OutboxRow.all().count() == 0


async def test_work_without_a_queue_is_the_same(runtime: Runtime, job: CountingJob) -> None:
    job.poison = {2}
    await outbox.want_many(TOPIC, [1, 2, 3])
    assert await drain(runtime) == 2
    assert (await OutboxRow.get()).dead_at is not None


# A worker of its own process whose job says that it has begun and then never ends.
HANGING = """
import asyncio, sys
from pathlib import Path
from workers import arq_worker, jobs
async def hang(runtime, subjects):
    Path(sys.argv[1]).write_text(repr(subjects))
    await asyncio.sleep(3600)
jobs.JOBS["index_instance"] = jobs.Job(jobs.INGEST, 100, hang)
asyncio.run(arq_worker.serve(jobs.INGEST, 0))
"""


@pytest.fixture
def hanging_worker(on_redis: Runtime, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        **os.environ,
        "CLOUDFILM_DATA_DIR": str(on_redis.settings.data_dir),
        "CLOUDFILM_DATABASE_URL": on_redis.settings.database_url,
        "CLOUDFILM_REDIS_URL": on_redis.settings.redis_url,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, str(tmp_path / "begun")], cwd=REPOSITORY, env=environment
    )
    yield process
    process.kill()
    process.wait()


async def test_a_killed_workers_job_is_done_again(
    on_redis: Runtime, job: CountingJob, at_once: None, tmp_path: Path,
    hanging_worker: "subprocess.Popen[bytes]",
) -> None:  # fmt: skip
    await outbox.want_many(TOPIC, [1, 2, 3])
    async with pool(on_redis.settings.redis_url) as redis:
        assert await relay_once(redis) == 3
        await until((tmp_path / "begun").exists, 30)
        hanging_worker.kill()
        hanging_worker.wait()
        async with working(on_redis):
            assert await relay_once(redis) == 3
            await until_done()
    assert job.runs == Counter([1, 2, 3])


async def test_a_stopped_worker_gives_its_job_back_at_once(
    on_redis: Runtime, job: CountingJob, tmp_path: Path,
    hanging_worker: "subprocess.Popen[bytes]",
) -> None:  # fmt: skip
    await outbox.want(TOPIC, 1)
    async with pool(on_redis.settings.redis_url) as redis:
        await relay_once(redis)
        await until((tmp_path / "begun").exists, 30)
        hanging_worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(hanging_worker.wait, 30) == 0
        row = await OutboxRow.get()
        assert (row.dispatched_at, row.attempts, row.last_error) == (None, 1, "cancelled")
