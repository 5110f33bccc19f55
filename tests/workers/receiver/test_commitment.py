"""Storage commitment: the receiver answers from the bytes it holds, on the same association or,
as Orthanc wants it, on one of its own."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assembly.runtime import Runtime
from dicomnet.dimse.assembly import MessageAssembler
from dicomnet.dimse.command import (
    DATA_SET_FOLLOWS,
    N_ACTION_RQ,
    Command,
    encode_command,
    response_to,
)
from dicomnet.dimse.fragment import fragments
from dicomnet.services.commitment import COMMITMENT_INSTANCE
from dicomnet.services.negotiation import STORAGE_COMMITMENT, Acceptance
from dicomnet.transport.client import open_association
from dicomnet.ul.pdu import AssociateRQ, PData, ReleaseRP
from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_dataset
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from storage.records.commitment import CommitmentReport
from storage.records.imaging import Instance
from tests.support.archive import CHEST, CT, MR, WANG, fill, instance
from tests.support.dicom_peer import RawPeer
from tests.support.receiver_process import ReceiverProcess
from tests.support.servers import free_port, need, running


@pytest.fixture
async def receiver(runtime: Runtime) -> AsyncIterator[ReceiverProcess]:
    await fill(runtime)
    with ReceiverProcess(runtime.settings) as process:
        yield process


def action(number: int = 1, sop_instance: str = COMMITMENT_INSTANCE, *, action: int = 1) -> Command:
    return Command({
        0x0003: STORAGE_COMMITMENT, 0x0100: N_ACTION_RQ, 0x0110: number, 0x0800: DATA_SET_FOLLOWS,
        0x1001: sop_instance, 0x1008: action,
    })  # fmt: skip


def references(*pairs: tuple[str, str], transaction: str = "1.2.3.4") -> bytes:
    items = [{"ReferencedSOPClassUID": cls, "ReferencedSOPInstanceUID": uid} for cls, uid in pairs]
    values: dict[str, Any] = {"TransactionUID": transaction, "ReferencedSOPSequence": items}
    return write_dataset(values, EXPLICIT_LITTLE)


async def ask(port: int, command: Command, data: bytes) -> tuple[int, int, Dataset | None]:
    """(status, event type, report); no report after a failure."""
    contexts = [(STORAGE_COMMITMENT, (EXPLICIT_LITTLE,))]
    async with open_association("127.0.0.1", port, contexts=contexts) as peer:
        context, _ = peer.context_of(STORAGE_COMMITMENT)
        code = -1
        async for message in peer.converse(context, command, data):
            if message.command.field_code & 0x8000:
                code = message.command.status
                if code:
                    return code, 0, None
                continue
            await peer.send(context, response_to(message.command, 0))
            report = read_dataset(b"".join(message.data), EXPLICIT_LITTLE)
            return code, message.command.number(0x1002), report
    raise AssertionError("no report")


def uids(report: Dataset, sequence: str) -> list[str]:
    return [item.text("ReferencedSOPInstanceUID") for item in report.sequence(sequence)]


async def test_what_is_kept_is_committed(receiver: ReceiverProcess) -> None:
    data = references((CT, "1.2.1.1.1"), (CT, "1.2.1.1.2"))
    code, event, report = await ask(receiver.port, action(), data)
    assert (code, event) == (0, 1)
    assert report is not None
    assert report.text("TransactionUID") == "1.2.3.4"
    assert uids(report, "ReferencedSOPSequence") == ["1.2.1.1.1", "1.2.1.1.2"]


async def test_what_is_not_kept_is_named_with_its_reason(
    receiver: ReceiverProcess, runtime: Runtime
) -> None:
    row = await Instance.get(sop_instance_uid="1.2.1.1.3")
    path = runtime.settings.data_dir / "objects" / row.object_key
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")  # the disk has lost a byte
    data = references((CT, "1.2.1.1.1"), (CT, "9.9"), (MR, "1.2.1.1.2"), (CT, "1.2.1.1.3"))
    code, event, report = await ask(receiver.port, action(), data)
    assert (code, event) == (0, 2)
    assert report is not None
    assert uids(report, "ReferencedSOPSequence") == ["1.2.1.1.1"]
    assert [
        (item.text("ReferencedSOPInstanceUID"), item.integer("FailureReason"))
        for item in report.sequence("FailedSOPSequence")
    ] == [("9.9", 0x0112), ("1.2.1.1.2", 0x0119), ("1.2.1.1.3", 0x0110)]


@pytest.mark.parametrize(
    ("command", "data", "code"),
    [
        (action(sop_instance="1.2.3"), references((CT, "1.2")), 0x0112),
        (action(action=2), references((CT, "1.2")), 0x0123),
        (action(), references(), 0x0115),
        (action(), references((CT, "../x")), 0x0115),
        (action(), references((CT, "1.2"), transaction=""), 0x0115),
        (action(), b"\x08\0\x05\0XX\xff\xff", 0x0115),
    ],
    ids=["instance", "action", "no references", "a path", "no transaction", "nonsense"],
)
async def test_a_request_that_cannot_be_says_why(
    receiver: ReceiverProcess, command: Command, data: bytes, code: int
) -> None:
    assert await ask(receiver.port, command, data) == (code, 0, None)
    assert (await ask(receiver.port, action(), references((CT, "1.2.1.1.1"))))[0] == 0


async def test_orthanc_hears_it_on_an_association_of_ours(runtime: Runtime, tmp_path: Path) -> None:
    http, dicom = free_port(), free_port()
    (tmp_path / "peers.toml").write_text(
        f'[ORTHANC]\nhost = "127.0.0.1"\nport = {dicom}\n', "utf-8"
    )
    ours = ReceiverProcess(runtime.settings, CLOUDFILM_PEERS_FILE=str(tmp_path / "peers.toml"))
    (tmp_path / "orthanc.json").write_text(json.dumps({
        "StorageDirectory": str(tmp_path / "o"), "IndexDirectory": str(tmp_path / "o"),
        "HttpPort": http, "DicomPort": dicom, "RemoteAccessAllowed": False, "DicomAet": "ORTHANC",
        "AuthenticationEnabled": False,
        "DicomModalities": {"us": {"AET": "CLOUDFILM", "Host": "127.0.0.1", "Port": ours.port,
                                   "AllowStorageCommitment": True}},
    }))  # fmt: skip

    def call(path: str, data: bytes | None) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{http}{path}", data=data)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read())

    with ours, running([need("Orthanc"), str(tmp_path / "orthanc.json")], http, "Orthanc"):
        sent = await asyncio.to_thread(call, "/instances", instance(WANG, CHEST, 1, 1))
        job = json.dumps({"Resources": [sent["ID"]], "StorageCommitment": True,
                          "Synchronous": True}).encode()  # fmt: skip
        done = await asyncio.to_thread(call, "/modalities/us/store", job)
        path = f"/storage-commitment/{done['StorageCommitmentTransactionUID']}"
        async with asyncio.timeout(30):
            while (report := await asyncio.to_thread(call, path, None))["Status"] == "Pending":
                await asyncio.sleep(0.1)
    assert report["Status"] == "Success"
    assert [one["SOPInstanceUID"] for one in report["Success"]] == ["1.2.2.1.1"]


class Listener:
    """A peer that only hears reports, and what it heard."""

    def __init__(self) -> None:
        self.port = free_port()
        self.heard: list[tuple[str, int]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = RawPeer(reader, writer)
        request = await peer.hear()
        assert isinstance(request, AssociateRQ)
        await peer.say(Acceptance(services=frozenset((STORAGE_COMMITMENT,))).answer(request))
        assembler = MessageAssembler(1 << 20)
        while isinstance(pdu := await peer.hear(), PData):
            for message in assembler.feed(pdu):
                report = read_dataset(b"".join(message.data), EXPLICIT_LITTLE)
                uid = report.text("TransactionUID")
                self.heard.append((uid, message.command.number(0x1002)))
                answer = encode_command(response_to(message.command, 0))
                parts = fragments(message.context_id, answer, is_command=True, room=9000)
                await peer.say(*parts)
        await peer.say(ReleaseRP())
        await peer.close()


async def test_a_report_survives_a_killed_receiver_and_a_peer_that_is_away(
    runtime: Runtime, tmp_path: Path
) -> None:
    await fill(runtime)
    listener = Listener()
    (tmp_path / "peers.toml").write_text(f'[MOD]\nhost = "127.0.0.1"\nport = {listener.port}\n')
    process = ReceiverProcess(
        runtime.settings, CLOUDFILM_PEERS_FILE=str(tmp_path / "peers.toml")
    )  # fmt: skip
    with process:
        contexts = [(STORAGE_COMMITMENT, (EXPLICIT_LITTLE,))]
        async with open_association(
            "127.0.0.1", process.port, contexts=contexts, calling_ae="MOD"
        ) as peer:
            for number in (1, 2):
                data = references((CT, "1.2.1.1.1"), transaction=f"1.2.{number}")
                response = await peer.request(STORAGE_COMMITMENT, action(number), data)
                assert response.status == 0
        async with asyncio.timeout(20):  # it has tried, and nobody was there
            while await CommitmentReport.filter(attempts__gte=1).count() < 2:
                await asyncio.sleep(0.05)
        process.kill()
    assert await CommitmentReport.all().count() == 2
    await CommitmentReport.all().update(due_at=datetime.now(UTC))
    server = await asyncio.start_server(listener.serve, "127.0.0.1", listener.port)
    with process:
        async with asyncio.timeout(30):
            while await CommitmentReport.all().count():
                await asyncio.sleep(0.05)
    server.close()
    assert sorted(listener.heard) == [("1.2.1", 1), ("1.2.2", 1)]
