"""The table of jobs: which use case does a topic's work, on which queue, how many rows at once.

A job gets ids and gives nothing; it is safe to run twice. `run_rows` is what both the arq worker
and the in-process queue call.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from assembly.runtime import Runtime
from domain.errors import FilmError
from storage import outbox
from usecases.indexing.index_instance import index_instances
from usecases.matching.settle_exam import settle_exam
from usecases.rendering.render_series import render_series
from usecases.rendering.settle_study import settle_study
from usecases.rendering.write_manifest import write_manifest

log = structlog.get_logger()

Rows = list[tuple[int, int]]  # (subject, revision)
INGEST, RENDER = "ingest", "render"
STALE_AFTER_S = {INGEST: 45.0, RENDER: 330.0}


@dataclass(frozen=True, slots=True)
class Job:
    """`run` does the work of several subjects; it raises when any of it failed."""

    queue: str
    batch: int
    run: Callable[[Runtime, list[int]], Awaitable[None]]


async def _index(runtime: Runtime, subjects: list[int]) -> None:
    await index_instances(
        runtime.objects,
        runtime.sealer,
        subjects,
        quiet_s=runtime.settings.settle_quiet_s,
        time_zone=runtime.settings.time_zone,
    )


async def _settle_study(runtime: Runtime, subjects: list[int]) -> None:
    for subject in subjects:
        await settle_study(subject)


async def _render(runtime: Runtime, subjects: list[int]) -> None:
    for subject in subjects:
        await render_series(runtime.objects, subject, scratch=runtime.settings.spool_folder())


async def _manifest(runtime: Runtime, subjects: list[int]) -> None:
    for subject in subjects:
        await write_manifest(runtime.objects, subject)


async def _settle_exam(runtime: Runtime, subjects: list[int]) -> None:
    for subject in subjects:
        await settle_exam(runtime.sealer, subject)


JOBS: dict[str, Job] = {
    "index_instance": Job(INGEST, 100, _index),
    "settle_study": Job(INGEST, 10, _settle_study),
    "settle_exam": Job(INGEST, 10, _settle_exam),
    "render_series": Job(RENDER, 1, _render),
    "write_manifest": Job(INGEST, 1, _manifest),
}
STALE_BY_TOPIC = {topic: STALE_AFTER_S[job.queue] for topic, job in JOBS.items()}


async def run_rows(runtime: Runtime, topic: str, rows: Rows) -> bool:
    """Do the work of these rows; True when it is done. A failure is noted on each row and tried
    again later with a growing pause, five times in all."""
    subjects = [subject for subject, _ in rows]
    try:
        await JOBS[topic].run(runtime, subjects)
    except Exception as error:
        code = error.code if isinstance(error, FilmError) else type(error).__name__
        log.warning("job_failed", topic=topic, subjects=subjects, error=code, exc_info=True)
        for subject in subjects:
            is_dead = await outbox.failed(topic, subject, error=code, retry_s=2.0)
            if is_dead:
                log.error("job_dead", topic=topic, subject=subject, error=code)
        return False
    await outbox.done_many(topic, rows)
    return True
