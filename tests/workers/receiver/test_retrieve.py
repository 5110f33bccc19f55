"""The receiver's C-MOVE and C-GET with DCMTK's movescu, getscu and storescp, and its user side with
DCMTK's archive: every object arrives as it was stored, or decoded where the peer takes no less."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assembly.runtime import Runtime
from dicomnet.dimse import status
from dicomnet.services.negotiation import (
    PATIENT_ROOT_FIND,
    PATIENT_ROOT_GET,
    PATIENT_ROOT_MOVE,
    STUDY_ROOT_FIND,
    STUDY_ROOT_GET,
    STUDY_ROOT_MOVE,
)
from dicomnet.transport.client import open_association
from dicomnet.transport.query_client import QueryFailed, find, get, move, query_contexts
from imaging.codecs.jpeg.encoder import encode
from imaging.dicom.reader import read_dataset, read_file, split_file
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE, JPEG_LOSSLESS_SV1
from imaging.dicom.writer import write_dataset
from tests.support import servers
from tests.support.archive import CT, MR, SR, WANG, fill, instance
from tests.support.dicom_peer import MemoryStorage
from tests.support.receiver_process import ReceiverProcess
from tests.support.servers import free_port, need
from tests.usecases.rendering.conftest import feeder

ROWS = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
PACKED = {"StudyInstanceUID": "1.2.9", "AccessionNumber": "J1"}
IMAGE = {
    "Rows": 64, "Columns": 64, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15,
    "PixelRepresentation": 0, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
}  # fmt: skip


def packed() -> bytes:
    frame = encode(ROWS[:, :, None], 16)
    return instance(WANG, PACKED, 1, 1, CT, JPEG_LOSSLESS_SV1, **IMAGE, PixelData=[frame])


class Sink:
    """storescp and what it got."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    def uids(self) -> list[str]:
        return sorted(read_file(p).dataset.text("SOPInstanceUID") for p in self.folder.iterdir())


@contextmanager
def storescp(folder: Path, *options: str) -> Iterator[Sink]:
    folder.mkdir()
    port = free_port()
    command = [need("storescp"), "-od", str(folder), "-aet", "SINK", *options, str(port)]
    with servers.running(command, port, "storescp"):
        yield Sink(folder, port)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with storescp(tmp_path / "sink", "+xa") as ready:
        yield ready


@pytest.fixture
async def receiver(runtime: Runtime, tmp_path: Path, sink: Sink) -> AsyncIterator[ReceiverProcess]:
    await fill(runtime)
    await feeder(runtime)([packed()])
    (tmp_path / "peers.toml").write_text(
        f'[SINK]\nhost = "127.0.0.1"\nport = {sink.port}\n'
        f'[GONE]\nhost = "127.0.0.1"\nport = {free_port()}\n'
        '[CALLS]\n[NOTHING]\nmay = ["query"]\n'
    )
    peers = str(tmp_path / "peers.toml")
    with ReceiverProcess(runtime.settings, CLOUDFILM_PEERS_FILE=peers) as process:
        yield process


async def run(program: str, port: int, *options: str, keys: dict[str, str]) -> tuple[int, str]:
    pairs = [part for key, value in keys.items() for part in ("-k", f"{key}={value}")]
    process = await asyncio.create_subprocess_exec(
        need(program), "-d", "-aec", "CLOUDFILM", *options, *pairs, "127.0.0.1", str(port),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output = (await asyncio.wait_for(process.communicate(), 90))[0].decode("latin-1")
    assert process.returncode is not None
    return process.returncode, output


STUDY = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2.1"}
HEAD_UIDS = ["1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.3", "1.2.1.2.1"]


@pytest.mark.parametrize(
    ("model", "keys", "expected"),
    [
        ("-S", STUDY, HEAD_UIDS),
        ("-P", {"QueryRetrieveLevel": "PATIENT", "PatientID": "P2"}, ["1.2.3.1.1"]),
        ("-S", {**STUDY, "QueryRetrieveLevel": "SERIES", "SeriesInstanceUID": "1.2.1.2"},
         ["1.2.1.2.1"]),
        ("-S", {**STUDY, "QueryRetrieveLevel": "IMAGE", "SeriesInstanceUID": "1.2.1.1",
                "SOPInstanceUID": "1.2.1.1.1\\1.2.1.1.3"}, ["1.2.1.1.1", "1.2.1.1.3"]),
        ("-S", {**STUDY, "StudyInstanceUID": "9.9"}, []),
    ],
    ids=["study", "patient", "series", "instances", "nothing"],
)  # fmt: skip
async def test_movescu_has_objects_sent_to_a_peer(
    receiver: ReceiverProcess, sink: Sink, model: str, keys: dict[str, str], expected: list[str]
) -> None:
    code, output = await run("movescu", receiver.port, model, "-aem", "SINK", keys=keys)
    assert code == 0, output
    assert sink.uids() == expected


async def test_what_is_moved_keeps_its_transfer_syntax(
    receiver: ReceiverProcess, sink: Sink
) -> None:
    keys = {**STUDY, "StudyInstanceUID": "1.2.9"}
    code, output = await run("movescu", receiver.port, "-S", "-aem", "SINK", keys=keys)
    assert code == 0, output
    (path,) = sink.folder.iterdir()
    assert read_file(path).transfer_syntax_uid == JPEG_LOSSLESS_SV1
    assert read_file(path).dataset.person_name("PatientName") == "王小明"


async def test_a_peer_without_the_syntax_gets_decoded_pixels(
    runtime: Runtime, tmp_path: Path
) -> None:
    jpeg_xl = {**PACKED, "StudyInstanceUID": "1.2.10"}
    no_decoder = instance(
        WANG, jpeg_xl, 1, 1, CT, "1.2.840.10008.1.2.4.110", **IMAGE, PixelData=[b"\xff\x0a"]
    )
    await feeder(runtime)([packed(), no_decoder])
    with storescp(tmp_path / "plain", "+x=") as sink:
        (tmp_path / "peers.toml").write_text(f'[SINK]\nhost = "127.0.0.1"\nport = {sink.port}\n')
        peers = str(tmp_path / "peers.toml")
        with ReceiverProcess(runtime.settings, CLOUDFILM_PEERS_FILE=peers) as process:
            keys = {**STUDY, "StudyInstanceUID": "1.2.9"}
            code, output = await run("movescu", process.port, "-S", "-aem", "SINK", keys=keys)
            assert code == 0, output
            keys = {**STUDY, "StudyInstanceUID": "1.2.10"}
            _, output = await run("movescu", process.port, "-S", "-aem", "SINK", keys=keys)
            assert "0xa702" in output.lower()
            assert "1 failed, first: not decoded" in output
        (path,) = sink.folder.iterdir()
        file = read_file(path)
    assert file.transfer_syntax_uid in (EXPLICIT_LITTLE, IMPLICIT_LITTLE)
    assert file.dataset.raw("PixelData") == ROWS.tobytes()


@pytest.mark.parametrize(
    ("destination", "calling", "keys", "said"),
    [
        ("NOBODY", "MOVESCU", STUDY, "0xa801"),
        ("CALLS", "MOVESCU", STUDY, "0xa801"),
        ("GONE", "MOVESCU", STUDY, "0xa702"),
        ("SINK", "NOTHING", STUDY, "0x0124"),
        ("SINK", "MOVESCU", {"QueryRetrieveLevel": "STUDY"}, "0xa900"),
        ("SINK", "MOVESCU", {"QueryRetrieveLevel": "IMAGE", "SOPInstanceUID": "1"}, "0xa900"),
    ],
)
async def test_a_move_that_cannot_be_says_why(
    receiver: ReceiverProcess, destination: str, calling: str, keys: dict[str, str], said: str
) -> None:
    options = ("-S", "-aem", destination, "-aet", calling)
    _, output = await run("movescu", receiver.port, *options, keys=keys)
    assert said in output.lower()


@pytest.mark.parametrize("model", ["-S", "-P"])
async def test_getscu_gets_objects_back(
    receiver: ReceiverProcess, tmp_path: Path, model: str
) -> None:
    folder = tmp_path / "got"
    folder.mkdir()
    keys = {"PatientID": "P1", **STUDY} if model == "-P" else STUDY
    code, output = await run("getscu", receiver.port, model, "-od", str(folder), keys=keys)
    assert code == 0, output
    assert Sink(folder, 0).uids() == HEAD_UIDS


async def test_getscu_gets_decoded_pixels_where_it_takes_no_less(
    receiver: ReceiverProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "got"
    folder.mkdir()
    keys = {**STUDY, "StudyInstanceUID": "1.2.9"}
    code, output = await run("getscu", receiver.port, "-S", "-od", str(folder), keys=keys)
    assert code == 0, output
    (path,) = folder.iterdir()
    assert read_file(path).dataset.raw("PixelData") == ROWS.tobytes()


def keys_in(**keys: str):  # type: ignore[no-untyped-def]
    return lambda syntax: write_dataset({"SpecificCharacterSet": "ISO_IR 192", **keys}, syntax)


async def test_our_user_side_gets_the_stored_bytes(
    receiver: ReceiverProcess, runtime: Runtime
) -> None:
    storage = MemoryStorage()

    contexts = [*query_contexts([STUDY_ROOT_GET]), (CT, (JPEG_LOSSLESS_SV1,))]
    async with open_association(
        "127.0.0.1", receiver.port, contexts=contexts, scp_roles=[CT], max_object_bytes=1 << 24
    ) as peer:
        keys = keys_in(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2.9")
        done = await get(peer, STUDY_ROOT_GET, keys, storage)
        assert (done.status, done.completed) == (0, 1)
        raw = packed()
        assert storage.stored == {"1.2.9.1.1": raw[split_file(raw)[1] :]}
        # MR was not offered: its object cannot come
        keys = keys_in(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2.3")
        with pytest.raises(QueryFailed) as caught:
            await get(peer, STUDY_ROOT_GET, keys, storage)
        assert caught.value.code == status.SUBOPERATIONS_FAILED


QRSCP = """
NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
sink = (SINK, 127.0.0.1, {sink})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE {folder} RW (100, 1024mb) ANY
AETable END
"""


@pytest.fixture
def dcmqrscp(tmp_path: Path, sink: Sink) -> Iterator[int]:
    """DCMTK's archive."""
    port, folder = free_port(), tmp_path / "archive"
    folder.mkdir()
    config = tmp_path / "qr.cfg"
    config.write_text(QRSCP.format(port=port, folder=folder, sink=sink.port))
    command = [need("dcmqrscp"), "-c", str(config), str(port)]
    with servers.running(command, port, "dcmqrscp"):
        yield port


async def test_our_user_side_with_dcmtks_archive(dcmqrscp: int, sink: Sink) -> None:
    from dicomnet.services.storage_scu import sendable
    from dicomnet.transport.client import contexts_for
    from tests.support.archive import files

    items = [sendable(raw) for raw in files()]
    here = {"called_ae": "ARCHIVE", "calling_ae": "CLOUDFILM"}
    async with open_association(
        "127.0.0.1", dcmqrscp, contexts=contexts_for(items), **here
    ) as peer:
        assert {await peer.send_store(item) for item in items} == {0}
    storage = MemoryStorage()

    finds, moves = (STUDY_ROOT_FIND, PATIENT_ROOT_FIND), (STUDY_ROOT_MOVE, PATIENT_ROOT_MOVE)
    contexts = query_contexts([*finds, *moves, STUDY_ROOT_GET, PATIENT_ROOT_GET])
    contexts += [(uid, (EXPLICIT_LITTLE,)) for uid in (CT, MR, SR)]
    async with open_association(
        "127.0.0.1", dcmqrscp, contexts=contexts, scp_roles=[CT, MR, SR],
        max_object_bytes=1 << 24, **here,
    ) as peer:  # fmt: skip
        keys = keys_in(QueryRetrieveLevel="STUDY", PatientID="P1", StudyInstanceUID="")
        found = [
            read_dataset(raw, syntax).text("StudyInstanceUID")
            async for raw, syntax in find(peer, STUDY_ROOT_FIND, keys)
        ]
        assert sorted(found) == ["1.2.1", "1.2.2"]
        keys = keys_in(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2.1")
        done = await move(peer, STUDY_ROOT_MOVE, keys, "SINK")
        assert (done.status, done.completed, done.failed) == (0, 4, 0)
        assert sink.uids() == HEAD_UIDS
        done = await get(peer, STUDY_ROOT_GET, keys, storage)
        assert (done.status, done.completed) == (0, 4)
        assert sorted(storage.stored) == HEAD_UIDS
        with pytest.raises(QueryFailed):
            await move(peer, STUDY_ROOT_MOVE, keys, "NOBODY")


async def test_orthanc_finds_and_pulls_from_us(runtime: Runtime, tmp_path: Path) -> None:
    await fill(runtime)
    http, dicom = free_port(), free_port()
    (tmp_path / "peers.toml").write_text(f'[ORTHANC]\nhost = "127.0.0.1"\nport = {dicom}\n')
    ours = ReceiverProcess(runtime.settings, CLOUDFILM_PEERS_FILE=str(tmp_path / "peers.toml"))
    (tmp_path / "orthanc.json").write_text(json.dumps({
        "StorageDirectory": str(tmp_path / "o"), "IndexDirectory": str(tmp_path / "o"),
        "HttpPort": http, "DicomPort": dicom, "RemoteAccessAllowed": False, "DicomAet": "ORTHANC",
        "AuthenticationEnabled": False, "DefaultEncoding": "Utf8",
        "DicomModalities": {"us": ["CLOUDFILM", "127.0.0.1", ours.port]},
    }))  # fmt: skip

    def call(path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{http}{path}", data=data)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read())

    with ours, servers.running([need("Orthanc"), str(tmp_path / "orthanc.json")], http, "Orthanc"):
        question = {"Level": "Study", "Query": {"PatientName": "*小明*", "StudyDate": "20260110"}}
        query = await asyncio.to_thread(call, "/modalities/us/query", question)
        (answer,) = await asyncio.to_thread(call, f"/queries/{query['ID']}/answers")
        path = f"/queries/{query['ID']}/answers/{answer}"
        said = await asyncio.to_thread(call, f"{path}/content?simplify")
        assert (said["StudyInstanceUID"], said["AccessionNumber"]) == ("1.2.1", "A1")
        await asyncio.to_thread(call, f"{path}/retrieve", {"TargetAet": "ORTHANC"})
        instances = await asyncio.to_thread(call, "/instances?expand")
    assert sorted(one["MainDicomTags"]["SOPInstanceUID"] for one in instances) == HEAD_UIDS
