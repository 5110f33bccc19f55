"""Our user side of the modality worklist with DCMTK's wlmscpfs: Chinese names, dates, no match."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dicomnet.errors import AssociationRejected
from dicomnet.services.negotiation import MODALITY_WORKLIST_FIND
from dicomnet.transport.client import open_association
from dicomnet.transport.query_client import find, query_contexts
from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_dataset
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import file_prefix, write_dataset
from tests.support import servers
from tests.support.servers import free_port, need


def entry(number: int, name: str, day: str) -> dict[str, Any]:
    return {
        "SpecificCharacterSet": "ISO_IR 192", "AccessionNumber": f"W{number}",
        "PatientName": name, "PatientID": f"P{number}", "PatientBirthDate": "19800101",
        "PatientSex": "F", "StudyInstanceUID": f"1.2.{number}",
        "RequestedProcedureID": f"R{number}", "RequestedProcedureDescription": "胸部平扫",
        "ScheduledProcedureStepSequence": [{
            "Modality": "CT", "ScheduledStationAETitle": "CT1",
            "ScheduledProcedureStepStartDate": day, "ScheduledProcedureStepStartTime": "0800",
            "ScheduledPerformingPhysicianName": "", "ScheduledProcedureStepDescription": "CHEST",
            "ScheduledProcedureStepID": f"S{number}",
        }],
    }  # fmt: skip


@pytest.fixture
def worklist(tmp_path: Path) -> Iterator[int]:
    """DCMTK's worklist of the department with AE title WORK: two entries."""
    folder = tmp_path / "WORK"
    folder.mkdir()
    (folder / "lockfile").touch()
    prefix = file_prefix(
        sop_class_uid=MODALITY_WORKLIST_FIND, sop_instance_uid="1.2",
        transfer_syntax_uid=EXPLICIT_LITTLE,
    )  # fmt: skip
    people = (("欧阳^龘", "20260110"), ("王^小明", "20260111"))
    for number, (name, day) in enumerate(people, start=1):
        data = write_dataset(entry(number, name, day), EXPLICIT_LITTLE)
        (folder / f"{number}.wl").write_bytes(prefix + data)
    port = free_port()
    command = [need("wlmscpfs"), "-csk", "-dfp", str(tmp_path), str(port)]
    with servers.running(command, port, "wlmscpfs"):
        yield port


async def ask(port: int, *, day: str = "", name: str = "", called: str = "WORK") -> list[Dataset]:
    step = {"Modality": "CT", "ScheduledProcedureStepStartDate": day,
            "ScheduledStationAETitle": "", "ScheduledProcedureStepStartTime": "",
            "ScheduledProcedureStepID": ""}  # fmt: skip
    keys: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192", "PatientName": name, "PatientID": "",
        "AccessionNumber": "", "StudyInstanceUID": "", "RequestedProcedureDescription": "",
        "ScheduledProcedureStepSequence": [step],
    }  # fmt: skip
    contexts = query_contexts([MODALITY_WORKLIST_FIND])
    async with open_association("127.0.0.1", port, contexts=contexts, called_ae=called) as peer:
        return [
            read_dataset(raw, syntax)
            async for raw, syntax in find(
                peer, MODALITY_WORKLIST_FIND, lambda syntax: write_dataset(keys, syntax)
            )
        ]


async def test_entries_of_a_day(worklist: int) -> None:
    (found,) = await ask(worklist, day="20260110")
    assert found.text("AccessionNumber") == "W1"
    assert found.person_name("PatientName") == "欧阳龘"
    assert found.text("RequestedProcedureDescription") == "胸部平扫"
    (step,) = found.sequence("ScheduledProcedureStepSequence")
    assert (step.text("Modality"), step.text("ScheduledProcedureStepID")) == ("CT", "S1")


async def test_all_and_none(worklist: int) -> None:
    assert {one.text("PatientID") for one in await ask(worklist)} == {"P1", "P2"}
    assert await ask(worklist, day="20300101") == []


async def test_a_department_that_is_not_there(worklist: int) -> None:
    with pytest.raises(AssociationRejected):
        await ask(worklist, called="NOBODY")
