"""The table of jobs: which use case does a topic's work, on which queue, how many rows at once.

A job gets ids and gives nothing; it is safe to run twice. `batches` says which rows go together,
and `run_rows` does them: both for the arq worker and for the in-process queue.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from assembly.channel_settings import fields_of
from assembly.runtime import Runtime
from domain.errors import FilmError, Unavailable
from integrations.his.destinations import load_destinations
from integrations.pacs.peer_file import load_peers
from storage import outbox
from usecases.announcing.announce_exam import House, announce_exam
from usecases.indexing.index_instance import index_instances
from usecases.matching.settle_exam import settle_exam
from usecases.messages.channels import Channels
from usecases.messages.learn_profile import learn_profile
from usecases.messages.plan_notices import plan_notices
from usecases.messages.send_notice import send_notice
from usecases.messages.take_push import take_push
from usecases.rendering.render_series import render_series
from usecases.rendering.settle_study import settle_study
from usecases.rendering.write_manifest import write_manifest
from usecases.viewing.read_report import Hospital, prepare_thumbnail

log = structlog.get_logger()

INGEST, RENDER, NOTIFY = "ingest", "render", "notify"
STALE_AFTER_S = {INGEST: 45.0, RENDER: 330.0, NOTIFY: 75.0}
RETRY_S = (2.0, 10.0, 60.0, 300.0)  # after the first, second ... failure


@dataclass(frozen=True, slots=True)
class Job:
    """`run` does the work of several subjects; it raises when any of it failed."""

    queue: str
    batch: int
    run: Callable[[Runtime, list[int]], Awaitable[None]]


@lru_cache(4)
def _charsets(peers_file: Path | None) -> Callable[[str], str]:
    """The assumed character set of a sender by its AE title, as the peers file says."""
    peers = load_peers(peers_file)

    def charset_of(ae_title: str) -> str:
        peer = peers.of(ae_title)
        return peer.assumed_charset if peer is not None else ""

    return charset_of


async def _index(runtime: Runtime, subjects: list[int]) -> None:
    await index_instances(
        runtime.objects,
        runtime.sealer,
        subjects,
        quiet_s=runtime.settings.settle_quiet_s,
        time_zone=runtime.settings.time_zone,
        charset_of=_charsets(runtime.settings.peers_file),
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


def _channels(runtime: Runtime) -> Channels:
    s = runtime.settings
    return Channels(
        sealer=runtime.sealer,
        wechat=runtime.wechat,
        texts=runtime.texts,
        base_url=s.base_url(),
        hospital=s.hospital_name,
        zone=ZoneInfo(s.time_zone),
        template_fields=fields_of(s.wechat_template_fields) if s.wechat_template_id else {},
        subscribe_fields=fields_of(s.wechat_mini_template_fields)
        if s.wechat_mini_template_id
        else {},
        page=s.wechat_mini_page,
    )


async def _plan_notices(runtime: Runtime, subjects: list[int]) -> None:
    for subject in subjects:
        await plan_notices(_channels(runtime), subject)


async def _send_notice(runtime: Runtime, subjects: list[int]) -> None:
    for subject in subjects:
        await send_notice(_channels(runtime), subject)


async def _take_push(runtime: Runtime, subjects: list[int]) -> None:
    for subject in subjects:
        await take_push(_channels(runtime), subject)


async def _learn_profile(runtime: Runtime, subjects: list[int]) -> None:
    for subject in subjects:
        await learn_profile(runtime.wechat, runtime.sealer, subject)


async def _announce(runtime: Runtime, subjects: list[int]) -> None:
    settings = runtime.settings
    destinations = load_destinations(settings.destinations_file)
    house = House(settings.base_url(), ZoneInfo(settings.time_zone))
    for subject in subjects:
        await announce_exam(runtime.objects, runtime.sealer, destinations, house, subject)


async def _thumbnail(runtime: Runtime, subjects: list[int]) -> None:
    hospital = Hospital(runtime.settings.hospital_name, ZoneInfo(runtime.settings.time_zone))
    for subject in subjects:
        await prepare_thumbnail(runtime.objects, subject, hospital)


JOBS: dict[str, Job] = {
    "index_instance": Job(INGEST, 100, _index),
    "settle_study": Job(INGEST, 10, _settle_study),
    "settle_exam": Job(INGEST, 10, _settle_exam),
    "announce_exam": Job(INGEST, 10, _announce),
    "render_series": Job(RENDER, 1, _render),
    "write_manifest": Job(INGEST, 1, _manifest),
    "report_thumbnail": Job(RENDER, 1, _thumbnail),
    "report_notice": Job(INGEST, 1, _plan_notices),
    "send_notice": Job(NOTIFY, 1, _send_notice),
    "wechat_push": Job(NOTIFY, 1, _take_push),
    "wechat_profile": Job(NOTIFY, 1, _learn_profile),
}
STALE_BY_TOPIC = {topic: STALE_AFTER_S[job.queue] for topic, job in JOBS.items()}


def batches(claimed: list[outbox.Claimed]) -> Iterator[list[outbox.Claimed]]:
    """Which rows one job does. A row that has failed before goes alone, so that a poisoned one
    takes no others with it."""
    fresh = [row for row in claimed if row.attempts == 0]
    for topic, group in groupby(sorted(fresh, key=lambda row: row.topic), lambda row: row.topic):
        rows = list(group)
        size = JOBS[topic].batch
        for start in range(0, len(rows), size):
            yield rows[start : start + size]
    for row in claimed:
        if row.attempts:
            yield [row]


async def run_rows(runtime: Runtime, topic: str, subjects: list[int], attempts: int) -> int:
    """Do the work of these rows, handed out together after `attempts` tries; how many are done.

    A failure is noted on each row and tried again after a growing pause, five times in all. What
    fails because a part we need is down is tried until that part is back.
    """
    rows = await outbox.begin(topic, subjects, attempts=attempts)
    if not rows:
        return 0
    todo = [subject for subject, _ in rows]
    try:
        await JOBS[topic].run(runtime, todo)
    except asyncio.CancelledError:  # out of time, or the worker is being stopped
        await _note_failure(topic, todo, attempts, "cancelled")
        raise
    except Unavailable as error:
        log.warning("job_postponed", topic=topic, subjects=todo, error=error.code)
        for subject in todo:
            await outbox.postponed(topic, subject, error=error.code, retry_s=error.retry_after_s)
        return 0
    except Exception as error:
        code = error.code if isinstance(error, FilmError) else type(error).__name__
        log.warning("job_failed", topic=topic, subjects=todo, error=code, exc_info=True)
        await _note_failure(topic, todo, attempts, code)
        return 0
    await outbox.done_many(topic, rows)
    return len(rows)


async def _note_failure(topic: str, subjects: list[int], attempts: int, code: str) -> None:
    pause_s = RETRY_S[min(attempts, len(RETRY_S) - 1)]
    for subject in subjects:
        if await outbox.failed(topic, subject, error=code, retry_s=pause_s):
            log.error("job_dead", topic=topic, subject=subject, error=code)
