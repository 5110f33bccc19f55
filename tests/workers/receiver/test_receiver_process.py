"""The receiver process with foreign senders: DCMTK, Orthanc, and our own."""

import asyncio
import hashlib
import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from assembly.runtime import Runtime
from dicomnet.services.storage_scu import SendableObject, sendable
from dicomnet.transport.client import contexts_for, open_association
from imaging.dicom.reader import read_file, split_file
from imaging.dicom.uid import EXPLICIT_LITTLE, STORAGE_ROOT
from imaging.dicom.writer import write_file
from imaging.errors import ImagingError
from storage.records.imaging import Instance, QuarantinedInstance
from tests.support.receiver_process import ReceiverProcess
from tests.support.servers import free_port, need, running

CT = STORAGE_ROOT + "2"


@pytest.fixture
def receiver(runtime: Runtime) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(runtime.settings) as process:
        yield process


def made_up(uid: str, **values: str) -> bytes:
    return write_file({"SOPClassUID": CT, "SOPInstanceUID": uid, **values}, EXPLICIT_LITTLE)


async def run(*command: str | Path, status: int = 0) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output = (await asyncio.wait_for(process.communicate(), 60))[0].decode(errors="replace")
    assert process.returncode == status, output
    return output


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def readable_by_dcmtk(folder: Path) -> list[Path]:
    """A few files of each kind that DCMTK's own tools accept."""
    kinds = ("syntax", "charset", "colour", "modality", "multiframe", "nonimage")
    return [path for kind in kinds for path in files_below(folder / kind)[::4]]


async def test_echoscu_is_answered(receiver: ReceiverProcess) -> None:
    await run(need("echoscu"), "-aec", "CLOUDFILM", "127.0.0.1", str(receiver.port))


async def test_a_wrong_title_is_told_why(receiver: ReceiverProcess) -> None:
    output = await run(need("echoscu"), "-aec", "WRONG", "127.0.0.1", str(receiver.port), status=1)
    assert "Called AE Title Not Recognized" in output


async def test_dcmsend_stores_every_kind_of_object(
    receiver: ReceiverProcess, runtime: Runtime, shared_dicom: Path
) -> None:
    files = readable_by_dcmtk(shared_dicom)
    output = await run(
        need("dcmsend"), "-v", "-aec", "CLOUDFILM", "--no-halt", "--no-illegal-proposal",
        "127.0.0.1", str(receiver.port), *files, status=0,
    )  # fmt: skip
    rows = await Instance.all()
    assert f"with status SUCCESS : {len(rows)}" in " ".join(output.split()) or rows
    assert len(rows) > 40
    for row in rows:
        raw = await runtime.objects.get(row.object_key, sha256=row.sha256)
        assert read_file(raw, stop_before_pixels=True).dataset.text("SOPInstanceUID") == (
            row.sop_instance_uid
        )


@pytest.mark.parametrize("option", ["-xi", "-xs", "-xr", "-xd"])
async def test_storescu_stores_in_its_own_syntax(
    receiver: ReceiverProcess, runtime: Runtime, tmp_path: Path, option: str
) -> None:
    source = tmp_path / "a.dcm"
    source.write_bytes(made_up("1.2.3", Modality="CT", PatientName="A^B"))
    await run(
        need("storescu"), option, "-aec", "CLOUDFILM", "127.0.0.1", str(receiver.port), source
    )
    row = await Instance.get(sop_instance_uid="1.2.3")
    raw = await runtime.objects.get(row.object_key)
    assert read_file(raw).dataset.text("PatientName") == "A^B"


async def test_orthanc_sends_to_us(
    receiver: ReceiverProcess, runtime: Runtime, tmp_path: Path
) -> None:
    http, dicom = free_port(), free_port()
    configuration = {
        "Name": "peer", "StorageDirectory": str(tmp_path / "o"), "HttpPort": http,
        "IndexDirectory": str(tmp_path / "o"), "DicomPort": dicom, "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomModalities": {"us": ["CLOUDFILM", "127.0.0.1", receiver.port]},
    }  # fmt: skip
    (tmp_path / "orthanc.json").write_text(json.dumps(configuration))

    def post(path: str, data: bytes) -> bytes:
        url = f"http://127.0.0.1:{http}{path}"
        request = urllib.request.Request(url, data=data, method="POST")
        with urllib.request.urlopen(request, timeout=20) as response:
            return bytes(response.read())

    with running([need("Orthanc"), str(tmp_path / "orthanc.json")], http, "Orthanc"):
        await asyncio.to_thread(post, "/modalities/us/echo", b"{}")
        for number in range(5):
            item = made_up(f"1.2.{number}", Modality="CT", StudyInstanceUID="1.5", PatientID="P",
                           SeriesInstanceUID="1.6")  # fmt: skip
            answer = json.loads(await asyncio.to_thread(post, "/instances", item))
            await asyncio.to_thread(post, "/modalities/us/store", answer["ID"].encode())
    uids = await Instance.all().values_list("sop_instance_uid", flat=True)
    assert sorted(str(uid) for uid in uids) == [f"1.2.{n}" for n in range(5)]


async def test_our_sender_keeps_every_byte_of_the_reference_files(
    receiver: ReceiverProcess, runtime: Runtime, shared_dicom: Path
) -> None:
    items: dict[str, SendableObject] = {}
    for folder in ("charset", "syntax", "series/mr_signa_implicit_raw", "broken"):
        for path in files_below(shared_dicom / folder):
            try:
                item = sendable(path)
            except ImagingError:
                continue
            if item.sop_class_uid and item.sop_instance_uid:
                items.setdefault(item.sop_instance_uid, item)
    assert len(items) > 100
    batches = [list(items.values())[n : n + 60] for n in range(0, len(items), 60)]
    stored = 0
    for batch in batches:
        async with open_association(
            "127.0.0.1", receiver.port, contexts=contexts_for(batch)
        ) as peer:
            for item in filter(peer.takes, batch):
                answer = await peer.store(item)
                if answer.status != 0:
                    assert answer.status in (0x0117, 0xC000)
                    continue
                stored += 1
                row = await Instance.get(sop_instance_uid=item.sop_instance_uid)
                raw = await runtime.objects.get(row.object_key, sha256=row.sha256)
                assert raw[split_file(raw)[1] :] == item.data
    assert stored > 100


async def test_chinese_names_arrive_as_they_were(
    receiver: ReceiverProcess, runtime: Runtime
) -> None:
    raw = made_up("1.2.3", SpecificCharacterSet="GB18030", PatientName="欧阳^龘䶮")
    item = sendable(raw)
    async with open_association("127.0.0.1", receiver.port, contexts=contexts_for([item])) as peer:
        assert await peer.send_store(item) == 0
    row = await Instance.get()
    stored = read_file(await runtime.objects.get(row.object_key)).dataset
    assert stored.person_name("PatientName") == read_file(raw).dataset.person_name("PatientName")
    assert "龘" in stored.text("PatientName")


async def test_eight_associations_at_once(receiver: ReceiverProcess) -> None:
    async def send(start: int) -> None:
        items = [sendable(made_up(f"1.{start}.{n}", Modality="CT")) for n in range(20)]
        async with open_association(
            "127.0.0.1", receiver.port, contexts=contexts_for(items)
        ) as peer:
            for item in items:
                assert await peer.send_store(item) == 0

    await asyncio.gather(*(send(n) for n in range(1, 9)))
    assert await Instance.all().count() == 160


async def test_the_same_uid_with_other_content_is_a_warning(receiver: ReceiverProcess) -> None:
    first, second = (sendable(made_up("1.2.3", Modality=m)) for m in ("CT", "MR"))
    async with open_association("127.0.0.1", receiver.port, contexts=contexts_for([first])) as peer:
        statuses = [await peer.send_store(item) for item in (first, first, second, second)]
    assert statuses == [0, 0, 0xB000, 0xB000]
    assert await QuarantinedInstance.all().count() == 1


async def test_a_path_as_uid_is_refused_with_a_comment(
    receiver: ReceiverProcess, runtime: Runtime
) -> None:
    item = SendableObject(CT, "../../../tmp/x", EXPLICIT_LITTLE, memoryview(made_up("1.2")))
    async with open_association("127.0.0.1", receiver.port, contexts=contexts_for([item])) as peer:
        answer = await peer.store(item)
        assert (answer.status, answer.text(0x0902)) == (0x0117, "UID breaks PS3.5 9.1")
        assert await peer.send_store(sendable(made_up("1.2"))) == 0
    assert await Instance.all().count() == 1


async def test_a_store_that_cannot_write_answers_a700(
    receiver: ReceiverProcess, runtime: Runtime
) -> None:
    folder = runtime.settings.data_dir / "objects" / "instances"
    shutil.rmtree(folder)
    folder.write_bytes(b"")
    item = sendable(made_up("1.2.3"))
    async with open_association("127.0.0.1", receiver.port, contexts=contexts_for([item])) as peer:
        assert await peer.send_store(item) == 0xA700
        folder.unlink()
        assert await peer.send_store(item) == 0
    row = await Instance.get()
    raw = await runtime.objects.get(row.object_key)
    assert hashlib.sha256(raw).hexdigest() == row.sha256


async def test_callers_that_are_not_on_the_list_are_rejected(runtime: Runtime) -> None:
    with ReceiverProcess(runtime.settings, CLOUDFILM_ALLOWED_CALLING_AES="CT1, CT2") as process:
        here = "127.0.0.1", str(process.port)
        await run(need("echoscu"), "-aet", "CT2", "-aec", "CLOUDFILM", *here)
        output = await run(need("echoscu"), "-aet", "X", "-aec", "CLOUDFILM", *here, status=1)
    assert "Calling AE Title Not Recognized" in output
