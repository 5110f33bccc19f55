"""Abuse A20: an unknown title, a known one from elsewhere, a sender that asks, an asker that sends,
one association too many: refused at the right level of the protocol, and in the audit book."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assembly.runtime import Runtime
from dicomnet.dimse import status
from dicomnet.errors import AssociationRejected
from dicomnet.services.negotiation import STUDY_ROOT_FIND, STUDY_ROOT_GET
from dicomnet.services.storage_scu import sendable
from dicomnet.transport.client import contexts_for, open_association
from dicomnet.transport.query_client import QueryFailed, find, get, query_contexts
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from storage.records.audit import AuditEntry
from storage.records.imaging import Instance, Study
from tests.support.archive import CHEST, CT, WANG, fill, instance
from tests.support.dicom_peer import MemoryStorage
from tests.support.receiver_process import ReceiverProcess

PEERS = """
[SCANNER]
may = ["store"]
max_associations = 1
syntaxes = ["1.2.840.10008.1.2"]
[STATION]
may = ["query"]
charset = "GB18030"
[READER]
[FAR]
addresses = ["10.0.0.0/8"]
[NEAR]
ae_title = "TWIN"
addresses = ["127.0.0.0/8"]
may = ["query"]
[OTHER]
ae_title = "TWIN"
addresses = ["10.0.0.0/8"]
may = ["store"]
"""


@pytest.fixture
async def receiver(runtime: Runtime, tmp_path: Path) -> AsyncIterator[ReceiverProcess]:
    await fill(runtime)
    (tmp_path / "peers.toml").write_text(PEERS)
    with ReceiverProcess(
        runtime.settings, CLOUDFILM_PEERS_FILE=str(tmp_path / "peers.toml"),
        CLOUDFILM_KNOWN_PEERS_ONLY="true",
    ) as process:  # fmt: skip
        yield process


def everything(syntax: str) -> bytes:
    return write_dataset({"QueryRetrieveLevel": "STUDY", "PatientName": "*"}, syntax)


async def ask(port: int, title: str) -> int:
    """How many studies this title is told of."""
    async with open_association(
        "127.0.0.1", port, contexts=query_contexts([STUDY_ROOT_FIND]), calling_ae=title
    ) as peer:
        return len([one async for one in find(peer, STUDY_ROOT_FIND, everything)])


async def send(port: int, title: str, number: int) -> int:
    item = sendable(instance(WANG, CHEST, 1, number))
    async with open_association(
        "127.0.0.1", port, contexts=contexts_for([item]), calling_ae=title
    ) as peer:
        return await peer.send_store(item)


async def book(count: int) -> list[tuple[str, str, str]]:
    async with asyncio.timeout(20):
        while len(rows := await AuditEntry.all().order_by("id")) < count:
            await asyncio.sleep(0.05)
    return [(row.actor, row.action, row.outcome) for row in rows]


async def test_who_may_not_is_refused_and_written_down(
    receiver: ReceiverProcess, runtime: Runtime
) -> None:
    port = receiver.port
    for title in ("NOBODY", "FAR", "'; DROP--\\n"):
        with pytest.raises(AssociationRejected) as rejected:
            await ask(port, title)
        assert (rejected.value.source, rejected.value.reject_reason) == (1, 3)
    with pytest.raises(QueryFailed) as failed:
        await ask(port, "SCANNER")
    assert failed.value.code == status.NOT_AUTHORIZED
    contexts = [*query_contexts([STUDY_ROOT_GET]), (CT, (EXPLICIT_LITTLE,))]
    async with open_association(
        "127.0.0.1", port, contexts=contexts, scp_roles=[CT], calling_ae="STATION"
    ) as peer:
        with pytest.raises(QueryFailed) as failed:
            await get(peer, STUDY_ROOT_GET, everything, MemoryStorage())
        assert failed.value.code == status.NOT_AUTHORIZED
    assert await send(port, "STATION", 11) == status.NOT_AUTHORIZED
    assert await send(port, "TWIN", 11) == status.NOT_AUTHORIZED  # it is the near one
    assert not await Instance.filter(sop_instance_uid="1.2.2.1.11").exists()
    assert await send(port, "SCANNER", 12) == 0
    assert await ask(port, "STATION") == await ask(port, "TWIN") == 4
    refused = [row for row in await book(9) if row[2] != "ok"]
    assert refused == [
        ("dicom:NOBODY@127.0.0.1", "dicom_association", "refused unknown_ae"),
        ("dicom:FAR@127.0.0.1", "dicom_association", "refused wrong_address"),
        ("dicom:?? DROP--?n@127.0.0.1", "dicom_association", "refused unknown_ae"),
        ("dicom:SCANNER@127.0.0.1", "dicom_query", "refused no_right"),
        ("dicom:STATION@127.0.0.1", "dicom_retrieve", "refused no_right"),
        ("dicom:STATION@127.0.0.1", "dicom_store", "refused no_right"),
        ("dicom:TWIN@127.0.0.1", "dicom_store", "refused no_right"),
    ]


async def test_limits_and_preferences_of_a_peer(receiver: ReceiverProcess) -> None:
    contexts = [(CT, (EXPLICIT_LITTLE, IMPLICIT_LITTLE))]
    async with open_association(
        "127.0.0.1", receiver.port, contexts=contexts, calling_ae="SCANNER"
    ) as peer:
        assert peer.syntaxes_for(CT) == {IMPLICIT_LITTLE}  # not its own first choice
        with pytest.raises(AssociationRejected) as rejected:
            await send(receiver.port, "SCANNER", 1)
        assert (rejected.value.result, rejected.value.source) == (2, 3)
    assert await send(receiver.port, "SCANNER", 13) in (0, status.OUT_OF_RESOURCES)
    for _ in range(3):  # the same refusal again is one row a minute, not a full book
        with pytest.raises(AssociationRejected):
            await ask(receiver.port, "NOBODY")
    rows = await book(2)
    assert [row[2] for row in rows] == ["refused too_many_associations", "refused unknown_ae"]


async def test_a_retrieval_is_in_the_book_of_its_examination(
    receiver: ReceiverProcess, runtime: Runtime
) -> None:
    def chest(syntax: str) -> bytes:
        keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2.2"}
        return write_dataset(keys, syntax)

    contexts = [*query_contexts([STUDY_ROOT_GET]), (CT, (EXPLICIT_LITTLE,))]
    async with open_association(
        "127.0.0.1", receiver.port, contexts=contexts, scp_roles=[CT], calling_ae="READER"
    ) as peer:
        assert (await get(peer, STUDY_ROOT_GET, chest, MemoryStorage())).completed == 2
    (row,) = await AuditEntry.filter(action="dicom_retrieve")
    study = await Study.get(study_instance_uid="1.2.2")
    assert row.actor == "dicom:READER@127.0.0.1"
    assert row.exam_id == study.exam_id is not None  # type: ignore[attr-defined]
