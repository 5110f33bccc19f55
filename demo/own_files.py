"""`make demo DICOM=/some/folder`: the user's own files, with an order and a report made up for
each study. The files are sent byte for byte as they are; nothing leaves this machine."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from demo.examples import Example
from demo.people import Person, person
from dicomnet.services.storage_scu import SendableObject, sendable
from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_file
from imaging.errors import FormatError, ImagingError

MODALITY_WORDS = {
    "CT": "CT检查", "MR": "磁共振检查", "DX": "X线摄影", "CR": "X线摄影", "US": "超声检查",
    "XA": "血管造影", "MG": "乳腺摄影", "PT": "PET检查", "NM": "核医学检查", "ES": "内镜检查",
}  # fmt: skip
FINDINGS = "(演示文字)本次检查影像由您提供,云胶片未作判读。请以医院正式报告为准。"
IMPRESSION = "(演示文字)无诊断意见。"


@dataclass(slots=True)
class OwnStudy:
    """One study found in the folder."""

    study_uid: str
    accession_number: str
    example: Example
    files: list[Path] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """`skipped`: what is no DICOM image file, with the reason's code."""

    studies: list[OwnStudy]
    skipped: dict[Path, str]


def look_through(folder: Path) -> Found:
    """Read the headers of every file under the folder."""
    studies: dict[str, OwnStudy] = {}
    people: dict[str, Person] = {}
    skipped: dict[Path, str] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            _file(path, studies, people)
        except ImagingError as error:
            skipped[path] = error.code
        except OSError:
            skipped[path] = "unreadable"
    return Found(list(studies.values()), skipped)


def _file(path: Path, studies: dict[str, OwnStudy], people: dict[str, Person]) -> None:
    dataset = read_file(path.read_bytes(), stop_before_pixels=True).dataset
    study_uid = dataset.text("StudyInstanceUID")
    if not study_uid or not dataset.text("SOPInstanceUID"):
        raise FormatError("no_study", "the file names no study or instance")
    study = studies.get(study_uid)
    if study is None:
        digest = hashlib.sha256(study_uid.encode()).hexdigest()[:8].upper()
        own = dataset.text("AccessionNumber").strip()
        taken = {one.accession_number for one in studies.values()}
        accession = own if own and own not in taken else f"OWN{digest}"
        modality = dataset.text("Modality") or "OT"
        example = Example(
            accession_number=accession,
            person=_person_of(dataset, people),
            campus="东院区",
            patient_class="O",
            modality=modality,
            procedure=dataset.text("StudyDescription") or MODALITY_WORDS.get(modality, "影像检查"),
            body_part=dataset.text("BodyPartExamined"),
            picture="",
            charset="UTF-8",
            findings=FINDINGS,
            impression=IMPRESSION,
            study_uid=study_uid,
        )
        study = studies[study_uid] = OwnStudy(study_uid, accession, example)
    study.files.append(path)


def _person_of(dataset: Dataset, people: dict[str, Person]) -> Person:
    """The file's patient with a made-up ID card; the same number is the same person."""
    made_up = person(len(people))
    number = dataset.text("PatientID").strip() or made_up.patient_number
    known = people.get(number)
    if known is None:
        name = dataset.person_name("PatientName") or made_up.name
        known = people[number] = replace(made_up, patient_number=number, name=name)
    return known


def to_send(study: OwnStudy) -> list[SendableObject]:
    """Files that have become unreadable since are left out."""
    objects = []
    for path in study.files:
        try:
            objects.append(sendable(path))
        except (ImagingError, OSError):
            continue
    return objects
