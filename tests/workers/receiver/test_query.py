"""The receiver's C-FIND with DCMTK's findscu: both models, all levels, Chinese names, rights."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assembly.runtime import Runtime
from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import file_prefix, write_dataset
from tests.support.archive import fill
from tests.support.receiver_process import ReceiverProcess
from tests.support.servers import need

PEERS = """
[PACS1]
addresses = ["127.0.0.0/8"]
charset = "GB18030"
[STORES]
may = []
[FARAWAY]
addresses = ["10.0.0.0/8"]
"""


@pytest.fixture
async def receiver(runtime: Runtime, tmp_path: Path) -> AsyncIterator[ReceiverProcess]:
    await fill(runtime)
    (tmp_path / "peers.toml").write_text(PEERS)
    peers = str(tmp_path / "peers.toml")
    with ReceiverProcess(runtime.settings, CLOUDFILM_PEERS_FILE=peers) as process:
        yield process


class FindScu:
    """Asks with findscu and reads what it wrote."""

    def __init__(self, process: ReceiverProcess, folder: Path) -> None:
        self.port, self.folder, self.output = process.port, folder, ""

    async def __call__(
        self, *options: str, charset: str = "ISO_IR 192", calling: str = "FINDSCU", **keys: str
    ) -> list[Dataset]:
        query = self.folder / "query.dcm"
        values = {"SpecificCharacterSet": charset, **keys}
        query.write_bytes(
            file_prefix(sop_class_uid="1.2", sop_instance_uid="1.2",
                        transfer_syntax_uid=EXPLICIT_LITTLE)
            + write_dataset(values, EXPLICIT_LITTLE)
        )  # fmt: skip
        for old in self.folder.glob("rsp*.dcm"):
            old.unlink()
        process = await asyncio.create_subprocess_exec(
            need("findscu"), "-v", "-X", "-od", str(self.folder), *(options or ("-S",)),
            "-aet", calling, "-aec", "CLOUDFILM", "127.0.0.1", str(self.port), str(query),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self.output = (await asyncio.wait_for(process.communicate(), 60))[0].decode("latin-1")
        return [read_file(path).dataset for path in sorted(self.folder.glob("rsp*.dcm"))]


@pytest.fixture
def findscu(receiver: ReceiverProcess, tmp_path: Path) -> FindScu:
    folder = tmp_path / "answers"
    folder.mkdir()
    return FindScu(receiver, folder)


async def test_studies_by_chinese_name_in_both_character_sets(findscu: FindScu) -> None:
    for charset in ("ISO_IR 192", "GB18030"):
        answers = await findscu(
            charset=charset, QueryRetrieveLevel="STUDY", PatientName="王*", StudyDescription="",
            StudyInstanceUID="",
        )  # fmt: skip
        assert [a.text("StudyInstanceUID") for a in answers] == ["1.2.1", "1.2.2"]
        assert answers[0].text("SpecificCharacterSet") == charset
        assert answers[0].person_name("PatientName") == "王小明"
        assert answers[0].text("StudyDescription") == "头颅平扫"
        assert answers[0].text("RetrieveAETitle") == "CLOUDFILM"
    assert "0x0000" in findscu.output or "Success" in findscu.output


async def test_a_peers_own_character_set(findscu: FindScu) -> None:
    (answer,) = await findscu(
        calling="PACS1", charset="ISO_IR 192", QueryRetrieveLevel="STUDY", PatientID="P2",
        PatientName="",
    )  # fmt: skip
    assert answer.text("SpecificCharacterSet") == "GB18030"
    assert answer.raw("PatientName").startswith("欧阳^龘".encode("gb18030"))


@pytest.mark.parametrize("syntax", ["-xe", "-xi"])
async def test_every_level_of_the_patient_root(findscu: FindScu, syntax: str) -> None:
    patients = await findscu("-P", syntax, QueryRetrieveLevel="PATIENT", PatientID="",
                             NumberOfPatientRelatedStudies="")  # fmt: skip
    assert {(p.text("PatientID"), p.integer("NumberOfPatientRelatedStudies")) for p in patients} == {
        ("P1", 2), ("P2", 1), ("p_3", 1),
    }  # fmt: skip
    keys = {"PatientID": "P1"}
    studies = await findscu("-P", syntax, QueryRetrieveLevel="STUDY", **keys, StudyDate="20260110")
    assert [s.text("StudyDate") for s in studies] == ["20260110"]
    keys["StudyInstanceUID"] = "1.2.1"
    series = await findscu("-P", syntax, QueryRetrieveLevel="SERIES", **keys, Modality="")
    assert sorted(s.text("Modality") for s in series) == ["CT", "SR"]
    keys["SeriesInstanceUID"] = "1.2.1.1"
    images = await findscu("-P", syntax, QueryRetrieveLevel="IMAGE", **keys, SOPInstanceUID="")
    assert [i.text("SOPInstanceUID") for i in images] == [f"1.2.1.1.{n}" for n in (1, 2, 3)]


async def test_a_key_that_we_do_not_match_is_told(findscu: FindScu) -> None:
    answers = await findscu(QueryRetrieveLevel="STUDY", PatientID="P2", PatientWeight="70",
                            InstitutionName="")  # fmt: skip
    assert [a.raw("InstitutionName") for a in answers] == [b""]
    assert "WarningUnsupportedOptionalKeys" in findscu.output


async def test_no_match_is_success(findscu: FindScu) -> None:
    assert await findscu(QueryRetrieveLevel="STUDY", PatientID="nobody") == []
    assert "Success" in findscu.output


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"QueryRetrieveLevel": "SERIES", "Modality": "CT"}, "StudyInstanceUID must be one value"),
        ({"QueryRetrieveLevel": "PATIENT"}, "is none of this root"),
        ({"PatientID": "P1"}, "is none of this root"),
        ({"QueryRetrieveLevel": "STUDY", "StudyDate": "2026-13"}, "StudyDate cannot be understood"),
    ],
)
async def test_a_bad_question_gets_a900(findscu: FindScu, keys: dict[str, str], said: str) -> None:
    assert await findscu("-d", "-S", **keys) == []
    assert "0xa900" in findscu.output
    assert said in findscu.output


@pytest.mark.parametrize(
    ("calling", "said"),
    [("STORES", "0x0124"), ("FARAWAY", "Calling AE Title Not Recognized")],
)
async def test_without_the_right_nothing_is_told(findscu: FindScu, calling: str, said: str) -> None:
    """A known name from a foreign address is refused before it can ask."""
    assert await findscu("-d", "-S", calling=calling, QueryRetrieveLevel="STUDY") == []
    assert said in findscu.output


async def test_a_cancel_ends_the_answers(findscu: FindScu) -> None:
    answers = await findscu("-d", "-S", "--cancel", "1", QueryRetrieveLevel="STUDY", StudyID="")
    assert len(answers) <= 4
    assert "0xfe00" in findscu.output or "0x0000" in findscu.output
