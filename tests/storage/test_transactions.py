"""Two at once on PostgreSQL: a deadlock is tried again, and what one has brought the other sees."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from assembly.runtime import Runtime
from domain.exam import ExamStatus
from storage.records.exam import Exam
from storage.records.imaging import Study
from storage.records.report import Report
from storage.tokens import new_token
from storage.transactions import db_now, in_transaction, run_sql
from tests.usecases.matching.test_any_order import ORDER, ZONE
from usecases.matching.settle_exam import settle_exam, settle_exam_now
from usecases.orders.place_order import place_order

pytestmark = pytest.mark.parametrize("each_runtime", ["postgres"], indirect=True)


async def until_blocked() -> None:
    """Until a connection of this database waits for a lock of another."""
    sql = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        while not await run_sql(sql):
            await asyncio.sleep(0.01)


async def order(runtime: Runtime, number: str) -> int:
    placed = replace(ORDER, accession_number=number, control_id=number)
    return await place_order(runtime.sealer, placed, zone=ZONE)


async def test_a_deadlock_is_tried_again(each_runtime: Runtime) -> None:
    ids = [await order(each_runtime, "A1"), await order(each_runtime, "A2")]
    both = asyncio.Barrier(2)
    rounds = [0, 0]

    async def touch(who: int, first: int, second: int) -> None:
        rounds[who] += 1
        await run_sql("UPDATE exam SET body_part = $2 WHERE id = $1", first, str(who))
        if rounds[who] == 1:
            await both.wait()
        await run_sql("UPDATE exam SET body_part = $2 WHERE id = $1", second, str(who))

    await asyncio.gather(
        in_transaction(lambda: touch(0, ids[0], ids[1])),
        in_transaction(lambda: touch(1, ids[1], ids[0])),
    )
    assert sorted(rounds) == [1, 2]
    parts = await Exam.filter(id__in=ids).values_list("body_part", flat=True)
    assert len(set(parts)) == 1  # one after the other, whole


async def test_a_report_and_images_at_once_end_as_completed(each_runtime: Runtime) -> None:
    """The images' transaction looks at the examination while the report's is not committed yet."""
    exam_id = await order(each_runtime, "A1")
    is_filed, may_commit = asyncio.Event(), asyncio.Event()

    async def report() -> None:
        await Report.create(
            exam_id=exam_id, version="1", state="final", reported_at=await db_now(),
        )  # fmt: skip
        await settle_exam_now(each_runtime.sealer, exam_id)
        is_filed.set()
        await may_commit.wait()

    filing = asyncio.create_task(in_transaction(report))
    await is_filed.wait()
    await Study.create(
        public_id=new_token(), study_instance_uid="1.2.3", exam_id=exam_id,
        study_at=await db_now() - timedelta(hours=1),
    )  # fmt: skip
    images = asyncio.create_task(settle_exam(each_runtime.sealer, exam_id))
    await until_blocked()
    may_commit.set()
    await asyncio.gather(filing, images)
    exam = await Exam.get(id=exam_id)
    assert exam.status is ExamStatus.COMPLETED
    assert exam.acquired_at is not None and exam.reported_at is not None
