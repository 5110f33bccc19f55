"""Acknowledged minus stored is empty, wherever the receiver dies (F1, F2, F10, F13)."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from assembly.runtime import Runtime
from assembly.settings import Settings
from dicomnet.dimse.status import is_stored
from dicomnet.errors import ProtocolError
from dicomnet.services.storage_scu import SendableObject, sendable
from dicomnet.transport.client import contexts_for, open_association
from imaging.dicom.reader import split_file
from imaging.dicom.uid import EXPLICIT_LITTLE, STORAGE_ROOT
from imaging.dicom.writer import write_file
from storage.records.imaging import Instance
from storage.records.outbox import OutboxRow
from tests.conftest import fresh_postgres_database, opened
from tests.support.receiver_process import ReceiverProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600)]

PLACES = ("before_fsync", "after_rename", "after_commit", "before_rsp")


def study(count: int, *, pixel_bytes: int = 40_000) -> list[SendableObject]:
    pixels = random.Random(1).randbytes(pixel_bytes)
    return [
        sendable(
            write_file(
                {
                    "SOPClassUID": STORAGE_ROOT + "2", "SOPInstanceUID": f"1.2.{n}",
                    "InstanceNumber": n, "Rows": 100, "Columns": pixel_bytes // 200,
                    "BitsAllocated": 16, "PixelData": pixels,
                },
                EXPLICIT_LITTLE,
            )
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


@dataclass
class Ledger:
    """What the receiver has said it has."""

    acknowledged: dict[str, str] = field(default_factory=dict)

    async def send(self, port: int, items: list[SendableObject]) -> bool:
        """Send over one association; False when it broke."""
        try:
            async with open_association(
                "127.0.0.1", port, contexts=contexts_for(items), timeout_s=10
            ) as peer:
                for item in items:
                    if is_stored(await peer.send_store(item)):
                        digest = hashlib.sha256(item.data).hexdigest()
                        self.acknowledged[item.sop_instance_uid] = digest
            return True
        except (ProtocolError, OSError, TimeoutError):
            return False

    async def lost(self, runtime: Runtime) -> list[str]:
        """Acknowledged, but not to be read with the same bytes."""
        found = await stored(runtime)
        return [uid for uid, digest in self.acknowledged.items() if found.get(uid) != digest]


async def stored(runtime: Runtime) -> dict[str, str]:
    """SOP Instance UID -> sha256 of the data set of every row; fails on a row without object."""
    digests = {}
    for row in await Instance.all():
        raw = await runtime.objects.get(row.object_key, sha256=row.sha256)
        digests[row.sop_instance_uid] = hashlib.sha256(raw[split_file(raw)[1] :]).hexdigest()
    return digests


@pytest.fixture(params=["sqlite", "postgres"])
async def product(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Runtime]:
    settings.data_dir.mkdir(parents=True)
    if request.param == "postgres":
        url = await fresh_postgres_database(request.getfixturevalue("postgres_url"))
        settings = settings.model_copy(update={"database_url": url})
    async with opened(settings) as runtime:
        yield runtime


async def test_killed_in_the_middle_of_a_study_by_twenty_seeds(product: Runtime) -> None:
    items = study(60)
    for seed in range(20):
        rng = random.Random(seed)
        await OutboxRow.all().delete()
        await Instance.all().delete()
        ledger = Ledger()
        process = ReceiverProcess(product.settings).start()
        tasks = [asyncio.create_task(ledger.send(process.port, items[n::2])) for n in range(2)]
        kill_after = rng.randrange(0, 45)
        while len(ledger.acknowledged) < kill_after and not all(task.done() for task in tasks):
            await asyncio.sleep(0)
        await asyncio.sleep(rng.random() * 0.004)
        process.kill()
        whole = await asyncio.gather(*tasks)
        assert not all(whole), f"seed {seed} killed nothing"
        assert await ledger.lost(product) == [], f"seed {seed}"
        if seed % 5 == 0:
            with ReceiverProcess(product.settings) as again:
                assert await ledger.send(again.port, items), f"seed {seed}: resend"
            assert await ledger.lost(product) == [], f"seed {seed} after the resend"
            assert len(await stored(product)) == len(items)
        jobs = await OutboxRow.filter(topic="index_instance").count()
        assert jobs == await Instance.all().count(), f"seed {seed}: a job for each row"


@pytest.mark.parametrize("place", PLACES)
async def test_dying_at_each_step_loses_nothing_and_a_resend_heals(
    product: Runtime, place: str
) -> None:
    items = study(3)
    ledger = Ledger()
    process = ReceiverProcess(product.settings, CLOUDFILM_FAULT_AT=place).start()
    assert not await ledger.send(process.port, items)
    assert await process.wait() == -9
    assert ledger.acknowledged == {}
    assert len(await stored(product)) == (1 if place in ("after_commit", "before_rsp") else 0)
    with ReceiverProcess(product.settings) as again:
        assert await ledger.send(again.port, items)
    assert await ledger.lost(product) == []
    assert len(await stored(product)) == 3
    assert await OutboxRow.all().count() == 3


async def test_the_same_study_over_four_associations_is_one_study(product: Runtime) -> None:
    items = study(30)
    ledger = Ledger()
    with ReceiverProcess(product.settings) as process:
        assert all(await asyncio.gather(*(ledger.send(process.port, items) for _ in range(4))))
    assert len(ledger.acknowledged) == 30
    assert await ledger.lost(product) == []
    assert await Instance.all().count() == 30
    assert await OutboxRow.all().count() == 30


async def test_sigterm_under_ten_associations_loses_nothing(product: Runtime) -> None:
    items = study(200, pixel_bytes=20_000)
    ledger = Ledger()
    process = ReceiverProcess(product.settings).start()
    tasks = [asyncio.create_task(ledger.send(process.port, items[n::10])) for n in range(10)]
    while len(ledger.acknowledged) < 20:
        await asyncio.sleep(0.001)
    process.terminate()
    await asyncio.gather(*tasks)
    assert await process.wait() == 0
    assert await ledger.lost(product) == []


async def test_a_database_that_is_away_is_told_and_comes_back(runtime: Runtime) -> None:
    """SQLite locked by another writer for longer than the receiver waits."""
    import sqlite3

    items = study(2)
    ledger = Ledger()
    with ReceiverProcess(runtime.settings) as process:
        other = sqlite3.connect(runtime.settings.data_dir / "cloudfilm.sqlite3")
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(ledger.send(process.port, items[:1]))
        await asyncio.sleep(1)
        assert ledger.acknowledged == {}
        other.rollback()
        assert await task
        assert await ledger.send(process.port, items)
        other.close()
    assert await ledger.lost(runtime) == []
