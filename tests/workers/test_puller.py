"""The puller with real archives of two makers, by C-GET and by C-MOVE: killed in the middle, twelve
images lost, names in GB18030, one archive that is down beside one that is up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from assembly.runtime import Runtime
from dicomnet.services.storage import StoreAnswer, StoreRequest
from domain.access import SystemViewer
from imaging.dicom.reader import split_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_file
from integrations.pacs.peers import Peer, Pull
from integrations.pacs.quirks import habits_of
from storage.records import pulling
from storage.records.imaging import Instance, Study
from storage.records.pulling import PulledStudy, PullState
from tests.support.archive import CT, MR
from tests.support.pacs import dcmqrscp, orthanc, send
from tests.support.receiver_process import ReceiverProcess
from tests.support.servers import free_port
from usecases.indexing.index_instance import index_instances
from usecases.pulling.gaps import gap_report
from usecases.receiving.receive_instance import InstanceReceiver, InstanceStore
from workers.jobs import JOBS
from workers.puller import BACKOFF_S, PacsPuller, pulling_from
from workers.receiver_storage import ReceiverStorage

NAME = "欧阳^龘".encode("gb18030")
LATIN = "éà^éé".encode()  # valid in both
QUIRK = "one_operation_an_association"
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(ZONE) - timedelta(hours=1)


def images(
    study: int, count: int, sop_class: str = CT, label: str = "GB18030", name: bytes = NAME
) -> list[bytes]:
    """Of one study of today, the name in GB18030 whatever the label says."""
    return [
        write_file(
            {
                **({"SpecificCharacterSet": label} if label else {}),
                "SOPClassUID": sop_class, "SOPInstanceUID": f"1.6.{study}.1.{n}",
                "StudyInstanceUID": f"1.6.{study}", "SeriesInstanceUID": f"1.6.{study}.1",
                "StudyDate": f"{TODAY:%Y%m%d}", "StudyTime": f"{TODAY:%H%M%S}",
                "PatientID": f"P{study}", "PatientName": name,
                "AccessionNumber": f"A{study}", "StudyID": "1", "SeriesNumber": 1,
                "Modality": "CT" if sop_class == CT else "MR", "InstanceNumber": n,
            },
            EXPLICIT_LITTLE,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


class CountingStorage(ReceiverStorage):
    """Remembers what came, and calls `after` each time."""

    def __init__(self, receiver: InstanceReceiver) -> None:
        super().__init__(receiver)
        self.came: list[str] = []
        self.stop_after = 10**9
        self.stopped, self.go_on = asyncio.Event(), asyncio.Event()

    async def store(self, request: StoreRequest, pieces: list, spool: object) -> StoreAnswer:  # type: ignore[type-arg, override]
        if len(self.came) >= self.stop_after:
            self.stopped.set()
            await self.go_on.wait()  # until the archive has been killed
        answer = await super().store(request, pieces, spool)  # type: ignore[arg-type]
        self.came.append(request.sop_instance_uid)
        return answer


@asynccontextmanager
async def storing(runtime: Runtime) -> AsyncIterator[CountingStorage]:
    store = cast(InstanceStore, runtime.objects)
    receiver = InstanceReceiver(store, runtime.settings.spool_folder())
    async with receiver.running():
        yield CountingStorage(receiver)


async def test_names_of_a_pacs_that_says_no_character_set(runtime: Runtime) -> None:
    """Two letters that are valid UTF-8 as well: only the configuration knows better."""
    (runtime.settings.data_dir / "peers.toml").write_text(
        '[ARCHIVE]\nassumed_charset = "GB18030"\n'
    )
    runtime.settings.peers_file = runtime.settings.data_dir / "peers.toml"
    for number, sender in enumerate(("ARCHIVE", "OTHER")):
        raw = images(number, 1, label="", name=LATIN)[0]
        async with storing(runtime) as storage:
            request = StoreRequest(CT, f"1.6.{number}.1.1", EXPLICIT_LITTLE, sender)
            answer = await storage.store(request, [raw[split_file(raw)[1] :]], None)
            assert answer.status == 0
    ids = [int(one) for one in await Instance.all().values_list("id", flat=True)]
    await JOBS["index_instance"].run(runtime, ids)
    names = {study.calling_ae: study.patient_name for study in await Study.all()}
    assert names["ARCHIVE"] == LATIN.decode("gb18030")
    assert names["OTHER"] == LATIN.decode("utf-8")


async def index(runtime: Runtime) -> None:
    ids = await Instance.filter(series=None, problem="").values_list("id", flat=True)
    await index_instances(
        runtime.objects, runtime.sealer, [int(one) for one in ids], quiet_s=0,
        time_zone="Asia/Shanghai",
    )  # fmt: skip


def peer_at(port: int, ae_title: str = "ARCHIVE", **pull: object) -> Peer:
    return Peer(ae_title, ae_title, host="127.0.0.1", port=port, timeout_s=20,
                pull=Pull(every_s=60, **pull))  # type: ignore[arg-type]  # fmt: skip


async def sweep_and_retry() -> None:
    await PullState.all().update(swept_at=None)
    await PulledStudy.all().update(next_try_at=datetime.now(ZONE) - timedelta(days=1))


async def test_dcmtks_archive_killed_in_the_middle_and_twelve_lost_images(
    runtime: Runtime, tmp_path: Path
) -> None:
    port = free_port()
    async with storing(runtime) as storage:
        bent = replace(peer_at(port), quirks=(QUIRK,), habits=habits_of([QUIRK]))
        puller = PacsPuller(bent, storage, "CLOUDFILM", ZONE)
        assert not await puller.round()  # it is not there
        assert (await pulling.state_of("ARCHIVE")).failures == 1
        with dcmqrscp(tmp_path, port):
            await send(port, "ARCHIVE", [*images(1, 25), *images(2, 5, MR)])
            storage.stop_after = 9
            task = asyncio.create_task(puller.round())
            await asyncio.wait_for(storage.stopped.wait(), 60)
        storage.stop_after = 10**9
        storage.go_on.set()
        assert not await asyncio.wait_for(task, 60)
        assert len(storage.came) < 30
        stored = await Instance.all().count()
        assert stored >= 9
        with dcmqrscp(tmp_path, port):
            await sweep_and_retry()
            assert await puller.round()
            assert await Instance.all().count() == 30
            # at most the one in whose middle it died came twice
            assert len(storage.came) <= 31
            await index(runtime)
            lost = [f"1.6.1.1.{n}" for n in range(5, 17)]
            await Instance.filter(sop_instance_uid__in=lost).delete()
            storage.came.clear()
            await sweep_and_retry()
            assert await puller.round()
            assert sorted(storage.came) == sorted(lost)
        await index(runtime)
    study = await Study.get(study_instance_uid="1.6.1")
    assert study.patient_name == "欧阳^龘"
    assert study.calling_ae == "ARCHIVE"
    (hour,) = (await gap_report(SystemViewer("test"), ZONE, days=2)).hours
    assert (hour.theirs, hour.ours, hour.readable, hour.gap) == (30, 30, 30, 0)


@pytest.mark.parametrize("by", ["get", "move"])
async def test_orthanc_by_both_ways(runtime: Runtime, tmp_path: Path, by: str) -> None:
    ours = ReceiverProcess(runtime.settings)
    with orthanc(tmp_path / "orthanc", ours.port) as archive, ours:
        await send(archive.dicom_port, "ORTHANC", [*images(1, 6), *images(2, 2, MR)])
        async with storing(runtime) as storage:
            peer = peer_at(archive.dicom_port, "ORTHANC", by=by)
            puller = PacsPuller(peer, storage, "CLOUDFILM", ZONE)
            assert await puller.round()
            assert await Instance.all().count() == 8
            assert len(storage.came) == (8 if by == "get" else 0)
            await index(runtime)
            await Instance.filter(sop_instance_uid="1.6.1.1.3").delete()
            await send(archive.dicom_port, "ORTHANC", images(1, 7)[6:])
            await sweep_and_retry()
            storage.came.clear()
            assert await puller.round()
            assert await Instance.all().count() == 9
            if by == "get":
                assert sorted(storage.came) == ["1.6.1.1.3", "1.6.1.1.7"]
            await index(runtime)
    assert (await Study.get(study_instance_uid="1.6.1")).patient_name == "欧阳^龘"
    assert {row.complete_at is not None for row in await PulledStudy.all()} == {True}


async def test_a_pacs_that_is_down_keeps_no_other_waiting(runtime: Runtime, tmp_path: Path) -> None:
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(3600), "127.0.0.1", 0)
    mute = silent.sockets[0].getsockname()[1]  # takes the connection and says nothing
    port = free_port()
    with dcmqrscp(tmp_path, port):
        await send(port, "ARCHIVE", images(1, 3))
        async with storing(runtime) as storage:
            peers = [
                peer_at(free_port(), "GONE"), peer_at(mute, "MUTE"), peer_at(port),
            ]  # fmt: skip
            async with pulling_from(peers, storage, "CLOUDFILM", ZONE), asyncio.timeout(30):
                while await Instance.all().count() < 3:
                    await asyncio.sleep(0.05)
                while not (state := await pulling.state_of("GONE")).failures:
                    await asyncio.sleep(0.05)
    silent.close()
    assert state.next_try_at is not None
    assert tuple(sorted(BACKOFF_S)) == BACKOFF_S
