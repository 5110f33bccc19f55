"""A DICOMDIR that we write: our reader follows its offsets, and DCMTK reads what it says."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from imaging.dicom import directory as reading
from imaging.dicom.directory import read_directory
from imaging.dicom.directory_writer import write_directory
from imaging.dicom.reader import DicomFile, read_file
from imaging.errors import FormatError
from tests.hostile.samples import native
from tests.support.servers import need


def one(patient: str, study: str, series: str, number: int, **more: Any) -> DicomFile:
    return read_file(native(
        PatientID=patient, StudyInstanceUID=study, SeriesInstanceUID=series,
        SOPInstanceUID=f"{series}.{number}", InstanceNumber=number, **more,
    ))  # fmt: skip


FILES = [
    (("A", "1"), one("P1", "1.1", "1.1.1", 1)), (("A", "2"), one("P1", "1.1", "1.1.1", 2)),
    (("A", "3"), one("P1", "1.1", "1.1.2", 1)), (("B", "1"), one("P1", "1.2", "1.2.1", 1)),
    (("C",), one("P2", "1.3", "1.3.1", 7, PatientName="Li^Si=李^四")),
    (("D",), one("P2", "1.3", "1.3.2", 1, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")),
]  # fmt: skip


def test_the_tree_is_reached_by_its_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_by_order", None)  # offsets only
    roots = read_directory(read_file(write_directory(FILES, file_set_id="FILMS")))
    kinds = [record.kind for root in roots for record in root.walk()]
    assert kinds == [
        "PATIENT", "STUDY", "SERIES", "IMAGE", "IMAGE", "SERIES", "IMAGE", "STUDY", "SERIES",
        "IMAGE", "PATIENT", "STUDY", "SERIES", "IMAGE", "SERIES", "SR DOCUMENT",
    ]  # fmt: skip
    ids = [r.file_id for root in roots for r in root.walk() if r.file_id]
    assert ids == [parts for parts, _ in FILES]
    assert roots[1].dataset.text("PatientName") == "Li^Si=李^四"
    leaf = roots[0].children[0].children[0].children[1].dataset
    assert leaf.text("ReferencedSOPInstanceUIDInFile") == "1.1.1.2"
    assert leaf.text("ReferencedTransferSyntaxUIDInFile") == "1.2.840.10008.1.2.1"


def test_dcmtk_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    path.write_bytes(write_directory(FILES))
    done = subprocess.run(
        [need("dcmdump"), str(path)], capture_output=True, check=True, text=True, timeout=60
    )
    assert "E:" not in done.stderr and "W:" not in done.stderr
    assert done.stdout.count("DirectoryRecordType") == 16
    assert "A\\2" in done.stdout


def test_nothing_at_all_and_what_has_no_place() -> None:
    assert read_directory(read_file(write_directory([]))) == []
    for parts in (("..", "x"), ("a/b",), (), tuple("abcdefghi")):
        with pytest.raises(FormatError) as caught:
            write_directory([(parts, FILES[0][1])])
        assert caught.value.code == "file_id"
    nameless = one("P", "1", "1.1", 1)
    del nameless.dataset.elements[0x00080018]
    with pytest.raises(FormatError):
        write_directory([(("X",), nameless)])
