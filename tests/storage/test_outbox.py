"""Nothing asked for is forgotten, whatever happens while a job runs."""

from assembly.runtime import Runtime
from storage import outbox
from storage.records.outbox import OutboxRow
from storage.transactions import in_transaction

STALE = {"index_instance": 45.0, "settle_study": 45.0}


async def test_asking_twice_is_one_row(each_runtime: Runtime) -> None:
    await in_transaction(lambda: outbox.want("index_instance", 1))
    await in_transaction(lambda: outbox.want("index_instance", 1))
    claimed = await outbox.claim_due(10, stale_after_s=STALE)
    assert [(row.subject, row.revision) for row in claimed] == [(1, 2)]


async def test_what_is_asked_while_a_job_runs_is_run_again(each_runtime: Runtime) -> None:
    await outbox.want("index_instance", 1)
    (first,) = await outbox.claim_due(10, stale_after_s=STALE)
    await outbox.want("index_instance", 1)
    await outbox.done("index_instance", 1, first.revision)
    (second,) = await outbox.claim_due(10, stale_after_s=STALE)
    await outbox.done("index_instance", 1, second.revision)
    assert await OutboxRow.all().count() == 0


async def test_a_row_is_not_handed_out_twice(each_runtime: Runtime) -> None:
    await outbox.want_many("index_instance", list(range(1, 40)))
    first = await outbox.claim_due(20, stale_after_s=STALE)
    second = await outbox.claim_due(100, stale_after_s=STALE)
    subjects = [row.subject for row in first + second]
    assert sorted(subjects) == list(range(1, 40))


async def test_a_silent_job_is_handed_out_again(each_runtime: Runtime) -> None:
    await outbox.want("index_instance", 1)
    await outbox.claim_due(10, stale_after_s=STALE)
    assert await outbox.claim_due(10, stale_after_s=STALE) == []
    again = await outbox.claim_due(10, stale_after_s={"index_instance": 0.0})
    assert [(row.subject, row.attempts) for row in again] == [(1, 0)]


async def test_a_row_handed_out_twice_is_begun_once(each_runtime: Runtime) -> None:
    await outbox.want_many("index_instance", [1, 2])
    await outbox.claim_due(10, stale_after_s=STALE)
    await outbox.claim_due(10, stale_after_s={"index_instance": 0.0})
    assert await outbox.begin("index_instance", [1, 2], attempts=0) == [(1, 1), (2, 1)]
    assert await outbox.begin("index_instance", [1, 2], attempts=0) == []


async def test_a_row_that_is_done_is_not_begun_again(each_runtime: Runtime) -> None:
    await outbox.want_many("index_instance", [1, 2])
    await outbox.claim_due(10, stale_after_s=STALE)
    await outbox.done("index_instance", 1, 1)
    assert await outbox.begin("index_instance", [1, 2], attempts=0) == [(2, 1)]


async def test_a_queue_that_loses_its_jobs_costs_no_tries(each_runtime: Runtime) -> None:
    await outbox.want("index_instance", 1)
    for _ in range(3 * outbox.MAX_ATTEMPTS):
        (row,) = await outbox.claim_due(10, stale_after_s={"index_instance": 0.0})
    assert row.attempts == 0


async def test_a_row_whose_worker_dies_each_time_is_buried(each_runtime: Runtime) -> None:
    await outbox.want("index_instance", 1)
    await outbox.want("index_instance", 2)
    for attempts in range(outbox.MAX_ATTEMPTS):
        await outbox.claim_due(10, stale_after_s={"index_instance": 0.0})
        assert await outbox.begin("index_instance", [1], attempts=attempts) == [(1, 1)]
    assert await outbox.bury_lost(stale_after_s=STALE) == []  # it may still be running
    assert await outbox.bury_lost(stale_after_s={"index_instance": 0.0}) == [("index_instance", 1)]
    assert (await OutboxRow.get(subject=1)).last_error == "worker_lost"
    assert (await OutboxRow.get(subject=2)).dead_at is None


async def test_what_is_postponed_uses_up_no_try(each_runtime: Runtime) -> None:
    await outbox.want("index_instance", 1)
    for _ in range(2 * outbox.MAX_ATTEMPTS):
        await outbox.claim_due(10, stale_after_s=STALE)
        assert await outbox.begin("index_instance", [1], attempts=0) == [(1, 1)]
        await outbox.postponed("index_instance", 1, error="store_down", retry_s=0)
    assert len(await outbox.claim_due(10, stale_after_s=STALE)) == 1


async def test_a_delay_holds_work_back(each_runtime: Runtime) -> None:
    await outbox.want("settle_study", 1, delay_s=60)
    assert await outbox.claim_due(10, stale_after_s=STALE) == []
    assert len(await outbox.claim_due(10, stale_after_s=STALE, ignore_delay=True)) == 1


async def test_the_fifth_failure_is_the_last(each_runtime: Runtime) -> None:
    await outbox.want("index_instance", 1)
    verdicts = []
    for attempts in range(outbox.MAX_ATTEMPTS):
        await outbox.claim_due(10, stale_after_s=STALE)
        await outbox.begin("index_instance", [1], attempts=attempts)
        verdicts.append(await outbox.failed("index_instance", 1, error="no", retry_s=0))
    assert verdicts == [False] * 4 + [True]
    assert await outbox.claim_due(10, stale_after_s=STALE) == []
    await outbox.want("index_instance", 1)
    assert len(await outbox.claim_due(10, stale_after_s=STALE)) == 1
