"""What is acknowledged is an object, a row and a job; nothing is overwritten or lost."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from assembly.runtime import Runtime
from assembly.settings import Settings
from domain.errors import Unavailable
from imaging.dicom.reader import read_file
from imaging.dicom.uid import DEFLATED_LITTLE, EXPLICIT_LITTLE, IMPLICIT_LITTLE, STORAGE_ROOT
from imaging.dicom.writer import write_dataset
from storage.records.imaging import Instance, NewInstance, QuarantinedInstance
from storage.records.instance_log import open_instance_log
from storage.records.outbox import OutboxRow
from storage.transactions import run_sql
from tests.conftest import fresh_postgres_database, opened
from usecases.receiving.group_commit import GroupCommit
from usecases.receiving.receive_instance import (
    InstanceReceiver,
    InstanceStore,
    Outcome,
    SentInstance,
)

CT = STORAGE_ROOT + "2"


def sent(
    uid: str, *, comment: str = "", inside: str = "", syntax: str = EXPLICIT_LITTLE
) -> SentInstance:
    data = write_dataset(
        {"SOPClassUID": CT, "SOPInstanceUID": inside or uid, "StudyDescription": comment}, syntax
    )
    return SentInstance(CT, uid, syntax, "CT1", [data])


@asynccontextmanager
async def receiving(runtime: Runtime) -> AsyncIterator[InstanceReceiver]:
    receiver = InstanceReceiver(
        cast(InstanceStore, runtime.objects), runtime.settings.spool_folder()
    )
    async with receiver.running():
        yield receiver


@pytest.fixture(params=["sqlite", "postgres", "s3"])
async def receiver_on(
    request: pytest.FixtureRequest, settings: Settings
) -> AsyncIterator[tuple[Runtime, InstanceReceiver]]:
    """A receiver on each database, and on objects in S3."""
    settings.data_dir.mkdir(parents=True)
    if request.param == "postgres":
        url = await fresh_postgres_database(request.getfixturevalue("postgres_url"))
        settings = settings.model_copy(update={"database_url": url})
    if request.param == "s3":
        url = request.getfixturevalue("s3_url")
        settings = settings.model_copy(update={"object_store_url": url})
    async with opened(settings) as runtime, receiving(runtime) as receiver:
        yield runtime, receiver


On = tuple[Runtime, InstanceReceiver]


async def test_an_instance_becomes_object_row_and_job(receiver_on: On) -> None:
    runtime, receiver = receiver_on
    item = sent("1.2.3")
    assert await receiver.receive(item) == Outcome.STORED
    row = await Instance.get(sop_instance_uid="1.2.3")
    assert (row.sop_class_uid, row.transfer_syntax_uid, row.calling_ae, row.problem) == (
        CT, EXPLICIT_LITTLE, "CT1", "",
    )  # fmt: skip
    raw = await runtime.objects.get(row.object_key, sha256=row.sha256)
    assert len(raw) == row.size
    assert raw.endswith(bytes(item.pieces[0]))
    assert read_file(raw).meta.text("TransferSyntaxUID") == EXPLICIT_LITTLE
    jobs = await OutboxRow.all()
    assert [(job.topic, job.subject) for job in jobs] == [("index_instance", row.id)]
    assert row.received_at.tzinfo is not None
    assert jobs[0].available_at >= row.received_at


async def test_a_repeat_is_a_success_without_a_second_row(receiver_on: On) -> None:
    _, receiver = receiver_on
    assert await receiver.receive(sent("1.2.3")) == Outcome.STORED
    assert await receiver.receive(sent("1.2.3")) == Outcome.REPEATED
    assert await Instance.all().count() == 1
    assert await OutboxRow.all().count() == 1


async def test_other_bytes_under_a_known_uid_are_kept_beside_the_first(receiver_on: On) -> None:
    runtime, receiver = receiver_on
    assert await receiver.receive(sent("1.2.3", comment="first")) == Outcome.STORED
    before = await Instance.get(sop_instance_uid="1.2.3")
    for _ in range(2):
        assert await receiver.receive(sent("1.2.3", comment="second")) == Outcome.QUARANTINED
    after = await Instance.get(sop_instance_uid="1.2.3")
    assert after.sha256 == before.sha256
    (kept,) = await QuarantinedInstance.all()
    assert b"second" in await runtime.objects.get(kept.object_key, sha256=kept.sha256)
    assert b"first" in await runtime.objects.get(after.object_key, sha256=after.sha256)
    assert await OutboxRow.all().count() == 1


async def test_the_same_instance_three_times_at_once_is_one_row(receiver_on: On) -> None:
    _, receiver = receiver_on
    outcomes = await asyncio.gather(*(receiver.receive(sent("1.2.3")) for _ in range(3)))
    assert sorted(outcome.name for outcome in outcomes) == ["REPEATED", "REPEATED", "STORED"]
    assert await Instance.all().count() == 1


async def test_a_uid_with_three_contents_at_once_keeps_all_three(receiver_on: On) -> None:
    _, receiver = receiver_on
    outcomes = await asyncio.gather(
        *(receiver.receive(sent("1.2.3", comment=text)) for text in ("a", "b", "c"))
    )
    names = sorted(outcome.name for outcome in outcomes)
    assert names == ["QUARANTINED", "QUARANTINED", "STORED"]
    assert await Instance.all().count() == 1
    assert await QuarantinedInstance.all().count() == 2


async def test_a_hundred_at_once_are_a_hundred_rows_and_jobs(receiver_on: On) -> None:
    _, receiver = receiver_on
    outcomes = await asyncio.gather(*(receiver.receive(sent(f"1.2.{n}")) for n in range(100)))
    assert set(outcomes) == {Outcome.STORED}
    assert await Instance.all().count() == 100
    assert await OutboxRow.all().count() == 100


async def test_a_large_object_goes_through_the_spool(receiver_on: On) -> None:
    runtime, receiver = receiver_on
    data = bytes(sent("1.2.3").pieces[0]) + random.Random(1).randbytes(3_000_000)
    whole = SentInstance(CT, "1.2.3", EXPLICIT_LITTLE, "CT1", [data])
    spool = await receiver.open_spool(whole)
    await spool.write([data[:1_000_000], memoryview(data)[1_000_000:2_000_000]])
    rest = SentInstance(CT, "1.2.3", EXPLICIT_LITTLE, "CT1", [memoryview(data)[2_000_000:]])
    assert await receiver.receive(rest, spool) == Outcome.STORED
    row = await Instance.get(sop_instance_uid="1.2.3")
    raw = await runtime.objects.get(row.object_key, sha256=row.sha256)
    assert raw.endswith(data)
    assert hashlib.sha256(raw).hexdigest() == row.sha256
    assert await receiver.receive(whole) == Outcome.REPEATED
    await spool.discard()
    assert list(runtime.settings.spool_folder().glob("*")) == []
    assert (await runtime.objects.size(row.object_key)) == row.size


async def test_a_spool_that_is_given_up_leaves_no_file(runtime: Runtime) -> None:
    async with receiving(runtime) as receiver:
        spool = await receiver.open_spool(sent("1.2.3"))
        await spool.write([b"half of it"])
        await spool.discard()
    assert list(runtime.settings.spool_folder().glob("*")) == []


@pytest.mark.parametrize(
    "uid",
    ["", "1..2", "../../etc/passwd", "/etc/passwd", "1.2\0.3", "1." + "2" * 64, "1.02", "١.٢",
     "1.2 ", "1.2\n", "%2e%2e/x"],
)  # fmt: skip
async def test_nonsense_as_uid_is_refused_and_leaves_nothing(runtime: Runtime, uid: str) -> None:
    async with receiving(runtime) as receiver:
        assert await receiver.receive(sent(uid, inside="1.2")) == Outcome.BAD_UID
    assert await Instance.all().count() == 0
    assert list(Path(runtime.settings.data_dir).rglob("*.dcm")) == []


async def test_a_uid_that_differs_inside_is_stored_and_noted(runtime: Runtime) -> None:
    async with receiving(runtime) as receiver:
        assert await receiver.receive(sent("1.2.3", inside="9.8.7")) == Outcome.STORED
    assert (await Instance.get()).problem == "uid_differs_from_command"


@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED_LITTLE])
async def test_the_uid_inside_is_found_in_each_layout(runtime: Runtime, syntax: str) -> None:
    async with receiving(runtime) as receiver:
        assert await receiver.receive(sent("1.2.3", syntax=syntax)) == Outcome.STORED
    assert (await Instance.get()).problem == ""


@pytest.mark.parametrize("data", [b"", b"x", b"no dicom at all" * 99, bytes(5000)])
async def test_bytes_that_are_no_data_set_are_refused(runtime: Runtime, data: bytes) -> None:
    async with receiving(runtime) as receiver:
        outcome = await receiver.receive(SentInstance(CT, "1.2.3", EXPLICIT_LITTLE, "CT1", [data]))
    assert outcome == Outcome.UNREADABLE
    assert await Instance.all().count() == 0


async def test_a_lost_database_is_told_and_leaves_no_row(each_runtime: Runtime) -> None:
    async with receiving(each_runtime) as receiver:
        await run_sql("ALTER TABLE outbox RENAME TO gone")
        with pytest.raises(Unavailable):
            await receiver.receive(sent("1.2.3"))
        assert await Instance.all().count() == 0
        await run_sql("ALTER TABLE gone RENAME TO outbox")
        assert await receiver.receive(sent("1.2.3")) == Outcome.STORED


async def test_an_object_store_that_cannot_write_is_told(runtime: Runtime) -> None:
    async with receiving(runtime) as receiver:
        folder = runtime.settings.data_dir / "objects" / "instances"
        for leaf in folder.iterdir():
            leaf.rmdir()
        folder.rmdir()
        folder.write_bytes(b"a file where a folder should be")
        with pytest.raises(Unavailable):
            await receiver.receive(sent("1.2.3"))
    assert await Instance.all().count() == 0


async def test_those_who_wait_are_told_when_the_receiver_stops(runtime: Runtime) -> None:
    log = open_instance_log()
    commit = GroupCommit(log)
    row = NewInstance("1.2.3", CT, EXPLICIT_LITTLE, "instances/x.dcm", "0" * 64, 1, "CT1")
    waiting = asyncio.create_task(commit.file(row))
    await asyncio.sleep(0)
    run = asyncio.create_task(commit.run())
    await asyncio.sleep(0)
    run.cancel()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(waiting, 5)
    await log.close()
