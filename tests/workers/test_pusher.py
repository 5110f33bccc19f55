"""Studies go on to real archives: once, what is new after that, again what was not taken, and never
back to where they came from."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assembly.runtime import Runtime
from dicomnet.dimse import status
from dicomnet.services.storage import StoreAnswer
from integrations.pacs.peers import Peer, Push
from storage.records.forwarding import ForwardedStudy
from storage.records.imaging import Study
from tests.support.archive import HEAD, WANG, fill, instance
from tests.support.dicom_peer import MemoryStorage, serving
from tests.support.pacs import orthanc
from tests.usecases.rendering.conftest import feeder
from usecases.forwarding.forward_studies import forward_studies
from workers.sending import Sender


def peer_at(port: int, name: str, **push: object) -> Peer:
    return Peer(name, name, host="127.0.0.1", port=port, timeout_s=10,
                push=Push(quiet_s=0, **push))  # type: ignore[arg-type]  # fmt: skip


async def due_now() -> None:
    await ForwardedStudy.all().update(next_try_at=datetime.now(UTC) - timedelta(days=1))


async def test_orthanc_gets_every_study_once_and_what_is_new(
    runtime: Runtime, tmp_path: Path
) -> None:
    await fill(runtime)
    await Study.filter(study_instance_uid="1.2.3").update(calling_ae="ORTHANC")
    sender = Sender(runtime.objects, "CLOUDFILM")
    with orthanc(tmp_path / "orthanc") as archive:
        peer = peer_at(archive.dicom_port, "ORTHANC")
        assert await forward_studies(sender, peer) == 3
        assert await forward_studies(sender, peer) == 0
        await feeder(runtime)([instance(WANG, HEAD, 1, 9)])
        assert await forward_studies(sender, peer) == 1
        there = await asyncio.to_thread(archive.call, "/instances?expand")
    uids = {one["MainDicomTags"]["SOPInstanceUID"] for one in there}
    assert len(uids) == 8
    assert "1.2.1.1.9" in uids
    assert "1.2.3.1.1" not in uids  # it came from there
    rows = await ForwardedStudy.all()
    assert sum(row.stored for row in rows) == 8


async def test_what_is_not_taken_is_counted_and_sent_again(each_runtime: Runtime) -> None:
    await fill(each_runtime)
    sender = Sender(each_runtime.objects, "CLOUDFILM")
    storage = MemoryStorage(StoreAnswer(status.OUT_OF_RESOURCES, "disk full"))
    async with serving(storage) as server:
        peer = peer_at(server.port, "CLOUDFILM", modalities=("CT",))
        assert await forward_studies(sender, peer) == 2  # nothing in them to send: MR
        rows = await ForwardedStudy.filter(failed__gt=0)
        assert {(row.failed, row.last_error) for row in rows} == {
            (3, "disk full"),
            (2, "disk full"),
        }
        assert await forward_studies(sender, peer) == 0  # not yet
        storage.answer = StoreAnswer(status.COERCION_WARNING, "coerced")
        await due_now()
        storage.stored.clear()
        assert await forward_studies(sender, peer) == 2
    assert len(storage.stored) == 5
    rows = await ForwardedStudy.filter(stored__gt=0)
    assert {(row.stored, row.warned, row.failed, row.failures) for row in rows} == {
        (3, 3, 0, 0), (2, 2, 0, 0),
    }  # fmt: skip
    gone = peer_at(1, "GONE")
    assert await forward_studies(sender, gone) == 0
    (row, *_) = await ForwardedStudy.filter(peer="GONE")
    assert row.last_error == "association with GONE broken"
