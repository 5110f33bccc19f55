"""A small archive of made-up persons, filed as the receiver and the indexer leave it."""

from typing import Any

from assembly.runtime import Runtime
from imaging.dicom.uid import EXPLICIT_LITTLE, STORAGE_ROOT
from imaging.dicom.writer import write_file
from tests.usecases.rendering.conftest import feeder

CT, MR, SR = STORAGE_ROOT + "2", STORAGE_ROOT + "4", STORAGE_ROOT + "88.11"
WANG = {"PatientID": "P1", "PatientName": "Wang^Xiaoming=王^小明", "PatientSex": "M",
        "PatientBirthDate": "19800101"}  # fmt: skip
OUYANG = {"PatientID": "P2", "PatientName": "欧阳^龘", "PatientSex": "F",
          "PatientBirthDate": "19911231"}  # fmt: skip
SMITH = {"PatientID": "p_3", "PatientName": "Smith^John^Q^^Jr", "PatientSex": "M"}
HEAD = {"StudyInstanceUID": "1.2.1", "StudyDate": "20260110", "StudyTime": "080500",
        "AccessionNumber": "A1", "StudyID": "S1", "StudyDescription": "头颅平扫",
        "ReferringPhysicianName": "李^医生"}  # fmt: skip
CHEST = {"StudyInstanceUID": "1.2.2", "StudyDate": "20260111", "StudyTime": "235959",
         "AccessionNumber": "A2", "StudyDescription": "CHEST [100%]"}  # fmt: skip
KNEE = {"StudyInstanceUID": "1.2.3", "StudyDate": "20260201", "StudyTime": "120000",
        "AccessionNumber": "A3"}  # fmt: skip
SPINE = {"StudyInstanceUID": "1.2.4", "AccessionNumber": "B_4"}


def instance(
    person: dict[str, str], study: dict[str, str], series: int, number: int,
    sop_class: str = CT, syntax: str = EXPLICIT_LITTLE, **more: Any,
) -> bytes:  # fmt: skip
    """A Part 10 file; its UIDs follow from its place."""
    uid = f"{study['StudyInstanceUID']}.{series}"
    values = {
        "SpecificCharacterSet": "ISO_IR 192", "SOPClassUID": sop_class,
        "SOPInstanceUID": f"{uid}.{number}", "SeriesInstanceUID": uid,
        "SeriesNumber": series, "InstanceNumber": number,
        "Modality": {CT: "CT", MR: "MR", SR: "SR"}[sop_class], **person, **study, **more,
    }  # fmt: skip
    return write_file(values, syntax)


def files() -> list[bytes]:
    """Four studies of three persons: P1 two of them, one with two series and two modalities."""
    return [
        *(instance(WANG, HEAD, 1, n, BodyPartExamined="HEAD") for n in (1, 2, 3)),
        instance(WANG, HEAD, 2, 1, SR),
        *(instance(WANG, CHEST, 1, n) for n in (1, 2)),
        instance(OUYANG, KNEE, 1, 1, MR),
        instance(SMITH, SPINE, 1, 1, MR),
    ]


async def fill(runtime: Runtime) -> None:
    await feeder(runtime)(list(files()))
