"""What any bytes get: everything that the product does with an object, and only its own errors."""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from imaging.dicom.dataset import Dataset
from imaging.dicom.directory import read_directory
from imaging.dicom.json_model import to_json
from imaging.dicom.reader import DicomFile, read_file
from imaging.errors import ImagingError
from imaging.pixels.image_file import ImageFile
from imaging.volume.sorting import SliceKey, display_order

FREE_BYTES = 64 << 20
PLAIN = bytes(128) + b"DICM"


@dataclass
class Answer:
    """What was understood, and the errors on the way; anything but an ImagingError is a bug."""

    file: DicomFile | None = None
    frames: int = 0
    errors: list[ImagingError] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        return [error.code for error in self.errors]


def answer(data: bytes, *, most_frames: int = 3) -> Answer:
    """Read it, ask it everything, decode its first frames."""
    found = Answer()
    try:
        found.file = file = read_file(data)
    except ImagingError as error:
        found.errors.append(error)
        return found
    if file.problem is not None:
        found.errors.append(file.problem)
    for work in (_ask, to_json, _records, _frames(found, most_frames)):
        try:
            work(file.dataset if work is to_json else file)  # type: ignore[arg-type,operator]
        except ImagingError as error:
            found.errors.append(error)
    return found


def peak_bytes(data: bytes, work: Callable[[bytes], object] = answer) -> int:
    """The most that was allocated at once while working on it."""
    try:
        answer(PLAIN)  # kernels and tables are loaded now
        tracemalloc.start()
        with suppress(ImagingError):
            work(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def allowed_bytes(data: bytes) -> int:
    return 4 * len(data) + FREE_BYTES


def _ask(file: DicomFile) -> None:
    waiting = [file.dataset]
    while waiting:
        dataset = waiting.pop()
        for tag, element in dataset:
            dataset.texts(tag)
            dataset.numbers(tag)
            dataset.integer(tag)
            dataset.date(tag)
            dataset.time(tag)
            dataset.person_name(tag)
            waiting += element.items or []


def _records(file: DicomFile) -> None:
    if "DirectoryRecordSequence" in file.dataset:
        for root in read_directory(file):
            for record in root.walk():
                record.file_id  # noqa: B018


def _frames(found: Answer, most: int) -> Callable[[DicomFile], None]:
    def decode(file: DicomFile) -> None:
        image = ImageFile(file)
        for index in range(min(image.count, most)):
            facts = image.facts(index)
            display_order([_key(file.dataset, facts.position, facts.orientation)] * 2)
            image.windows(facts)
            image.frame(index)
            found.frames += 1

    return decode


def _key(
    dataset: Dataset, position: tuple[float, ...] | None, orientation: tuple[float, ...] | None
) -> SliceKey:
    return SliceKey(position, orientation, dataset.integer("InstanceNumber"), 1, "1")
