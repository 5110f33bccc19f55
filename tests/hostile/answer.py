"""What any bytes get: everything that the product does with an object, and only its own errors."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from imaging.dicom.dataset import Dataset
from imaging.dicom.directory import read_directory
from imaging.dicom.json_model import to_json
from imaging.dicom.reader import DicomFile, read_file
from imaging.errors import ImagingError
from imaging.pixels.image_file import ImageFile
from imaging.volume.sorting import SliceKey, display_order
from tests.hostile.measure import Cost, measured

MOST_ASKED = 10_000
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
    for step in _steps(data, most_frames):
        if not _took(step, found):
            break
    return found


def costly_answer(data: bytes) -> tuple[Answer, Cost]:
    """The same, with the most that one step of it cost. Asking every element for everything is
    our own curiosity and costs nothing."""
    found, most = Answer(), Cost()
    for step in _steps(data, 3):
        if step is _ask:
            took = _took(step, found)
        else:
            took, cost = measured(lambda step=step: _took(step, found))  # type: ignore[misc]
            most = Cost(max(most.cpu_s, cost.cpu_s), max(most.grown_bytes, cost.grown_bytes))
        if not took:
            break
    return found, most


Step = Callable[[Answer], object]


def _steps(data: bytes, most_frames: int) -> tuple[Step, ...]:
    def read(found: Answer) -> None:
        found.file = read_file(data)
        if found.file.problem is not None:
            found.errors.append(found.file.problem)

    return read, _ask, _model, _records, _frames(most_frames)


def _took(step: Step, found: Answer) -> bool:
    """Whether there is a file to go on with."""
    try:
        step(found)
    except ImagingError as error:
        found.errors.append(error)
    return found.file is not None


def _ask(found: Answer) -> None:
    assert found.file is not None
    waiting, left = [found.file.dataset], MOST_ASKED
    while waiting and left > 0:
        dataset = waiting.pop()
        for tag, element in itertools.islice(dataset, left):
            left -= 1
            dataset.texts(tag)
            dataset.numbers(tag)
            dataset.integer(tag)
            dataset.date(tag)
            dataset.time(tag)
            dataset.person_name(tag)
            waiting += element.items or []


def _model(found: Answer) -> None:
    assert found.file is not None
    to_json(found.file.dataset)


def _records(found: Answer) -> None:
    assert found.file is not None
    if "DirectoryRecordSequence" in found.file.dataset:
        for root in read_directory(found.file):
            for record in root.walk():
                record.file_id  # noqa: B018


def _frames(most: int) -> Step:
    def decode(found: Answer) -> None:
        assert found.file is not None
        image = ImageFile(found.file)
        for index in range(min(image.count, most)):
            facts = image.facts(index)
            key = _key(found.file.dataset, facts.position, facts.orientation)
            display_order([key] * 2)
            image.windows(facts)
            image.frame(index)
            found.frames += 1

    return decode


def _key(
    dataset: Dataset, position: tuple[float, ...] | None, orientation: tuple[float, ...] | None
) -> SliceKey:
    return SliceKey(position, orientation, dataset.integer("InstanceNumber"), 1, "1")
