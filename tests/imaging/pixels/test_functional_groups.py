"""What is said of each frame: enhanced multi-frame objects, classic ones, and empty groups."""

from pathlib import Path
from typing import Any

import pytest

from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from imaging.pixels.functional_groups import FrameGroups


def frame(z: float, **more: Any) -> dict[str, Any]:
    return {"PlanePositionSequence": [{"ImagePositionPatient": [0, 0, z]}]} | more


SHARED = {
    "PixelMeasuresSequence": [{"PixelSpacing": [0.5, 0.6], "SliceThickness": 2}],
    "PlaneOrientationSequence": [{"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}],
    "PixelValueTransformationSequence": [
        {"RescaleSlope": 2, "RescaleIntercept": -1000, "RescaleType": "HU"}
    ],
    "FrameVOILUTSequence": [{"WindowCenter": 40, "WindowWidth": 400}],
}


def groups(syntax: str = EXPLICIT_LITTLE, **values: Any) -> FrameGroups:
    dataset: Dataset = read_dataset(write_dataset(values, syntax), syntax)
    return FrameGroups(dataset)


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_a_frames_own_group_then_the_shared_one(syntax: str) -> None:
    own = {"FrameVOILUTSequence": [{"WindowCenter": 300, "WindowWidth": 1500}]}
    found = groups(
        syntax,
        SharedFunctionalGroupsSequence=[SHARED],
        PerFrameFunctionalGroupsSequence=[frame(1), frame(2, **own)],
    )
    first, second = found.facts(0), found.facts(1)
    assert (first.position, second.position) == ((0, 0, 1), (0, 0, 2))
    assert first.orientation == (1, 0, 0, 0, 1, 0)
    assert (first.spacing, first.spacing_source) == ((0.5, 0.6), "PixelSpacing")
    assert (first.slope, first.intercept, first.unit, first.thickness_mm) == (2, -1000, "HU", 2)
    assert (first.windows[0].center, second.windows[0].center) == (40, 300)


def test_the_data_set_itself_when_there_are_no_groups() -> None:
    facts = groups(
        ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
        PixelSpacing=[0.7, 0.7], RescaleSlope=1, RescaleIntercept=-1024, Modality="CT",
        WindowCenter=[40, 300], WindowWidth=[400, 1500],
    ).facts(0)  # fmt: skip
    assert facts.position == (1, 2, 3)
    assert facts.unit == "HU"
    assert [window.width for window in facts.windows] == [400, 1500]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"SharedFunctionalGroupsSequence": [], "PerFrameFunctionalGroupsSequence": []},
        {"SharedFunctionalGroupsSequence": [{}], "PerFrameFunctionalGroupsSequence": [{}, {}]},
        {"PerFrameFunctionalGroupsSequence": [{"PlanePositionSequence": []}]},
        {"PerFrameFunctionalGroupsSequence": [{"PlanePositionSequence": [{}]}]},
        {"PerFrameFunctionalGroupsSequence": [frame(0)], "PixelSpacing": [0, 0]},
        {"ImageOrientationPatient": [2, 0, 0, 0, 1, 0], "ImagePositionPatient": [1, 2]},
        {"RescaleSlope": 0, "RescaleIntercept": "x"},
    ],
)
def test_empty_and_broken_groups_say_nothing(values: dict[str, Any]) -> None:
    facts = groups(**values).facts(5)
    assert facts.position is None and facts.orientation is None and facts.spacing is None
    assert (facts.slope, facts.intercept) == (1.0, 0.0)
    assert facts.windows == ()


def test_a_real_enhanced_object(shared_dicom: Path) -> None:
    found = FrameGroups(read_file(shared_dicom / "multiframe/mr_brucker.dcm").dataset)
    facts = [found.facts(n) for n in range(4)]
    assert len({f.position for f in facts}) == 4
    assert all(f.orientation is not None and f.spacing is not None for f in facts)
