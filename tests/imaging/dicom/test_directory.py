"""DICOMDIRs: by offset, by order, and file IDs that lead out of their folder."""

from pathlib import Path
from typing import Any

import pytest

from imaging.dicom.directory import DirectoryRecord, read_directory
from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_dataset, write_file
from imaging.errors import FormatError

NAMES = [
    "DICOMDIR",
    "DICOMDIR-bigEnd",
    "DICOMDIR-implicit",
    "DICOMDIR-nooffset",
    "DICOMDIR-reordered",
]


def kinds(roots: list[DirectoryRecord]) -> list[str]:
    return [record.kind for root in roots for record in root.walk()]


@pytest.mark.parametrize("name", NAMES)
def test_real_directories_name_their_files(shared_dicom: Path, name: str) -> None:
    folder = shared_dicom / "dicomdir/pydicom"
    roots = read_directory(read_file(folder / name))
    assert {root.kind for root in roots} == {"PATIENT"}
    assert {study.kind for root in roots for study in root.children} == {"STUDY"}
    leaves = [record for root in roots for record in root.walk() if record.file_id]
    assert len(leaves) == 31
    for record in leaves:
        path = record.referenced_path(folder)
        assert path is not None and path.is_file()
        uid = read_file(path, stop_before_pixels=True).dataset.text("SOPInstanceUID")
        assert uid == record.dataset.text("ReferencedSOPInstanceUIDInFile")


def test_an_empty_directory(shared_dicom: Path) -> None:
    assert read_directory(read_file(shared_dicom / "dicomdir/pydicom/DICOMDIR-empty.dcm")) == []


def test_a_file_that_is_no_directory() -> None:
    whole = write_file({"SOPClassUID": "1.2", "SOPInstanceUID": "1.2.3"}, EXPLICIT_LITTLE)
    with pytest.raises(FormatError):
        read_directory(read_file(whole))


def directory(records: list[dict[str, Any]]) -> list[DirectoryRecord]:
    values = {
        "SOPClassUID": "1.2.840.10008.1.3.10",
        "SOPInstanceUID": "1.2.3",
        "OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity": 1,
        "DirectoryRecordSequence": records,
    }
    return read_directory(read_file(write_file(values, EXPLICIT_LITTLE)))


def test_without_offsets_the_order_makes_the_tree() -> None:
    kinds_in = ["PATIENT", "STUDY", "SERIES", "IMAGE", "IMAGE", "SERIES", "SR DOCUMENT", "PATIENT"]
    roots = directory([{"DirectoryRecordType": kind} for kind in kinds_in])
    assert kinds(roots) == kinds_in
    assert [len(root.children) for root in roots] == [1, 0]
    assert len(roots[0].children[0].children) == 2


def test_records_that_point_in_a_circle_fall_back_to_the_order() -> None:
    first = read_file(write_file(
        {"SOPClassUID": "1.2", "SOPInstanceUID": "1.2.3",
         "DirectoryRecordSequence": [{"DirectoryRecordType": "PATIENT"}]}, EXPLICIT_LITTLE,
    )).dataset.sequence("DirectoryRecordSequence")[0].offset  # fmt: skip
    circle = [{"DirectoryRecordType": "PATIENT", "OffsetOfTheNextDirectoryRecord": first}] * 3
    assert len(directory(circle)) == 3


@pytest.mark.parametrize(
    "file_id",
    [
        "..\\X",
        "A\\..\\B",
        "/etc/passwd",
        "C:\\X",
        "A\\\\B",
        "A/B",
        "\\".join("A" * 9),
        "ü",
        "a" * 65,
        "A*",
    ],
)
def test_file_ids_that_lead_out(file_id: str) -> None:
    body = write_dataset(
        {"SpecificCharacterSet": "ISO_IR 192", "ReferencedFileID": file_id}, EXPLICIT_LITTLE
    )
    record = DirectoryRecord("IMAGE", read_dataset(body, EXPLICIT_LITTLE))
    with pytest.raises(FormatError):
        record.referenced_path(Path("/media"))
