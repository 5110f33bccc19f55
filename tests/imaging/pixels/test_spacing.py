"""Which spacing a measurement may use (PS3.3 10.7.1, C.8.5.5)."""

from pathlib import Path
from typing import Any

import pytest

from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from imaging.pixels.spacing import pixel_size, region_at, ultrasound_regions


def dataset(**values: Any) -> Dataset:
    return read_dataset(write_dataset(values, EXPLICIT_LITTLE), EXPLICIT_LITTLE)


def region(left: int, top: int, right: int, bottom: int, **more: Any) -> dict[str, Any]:
    return {
        "RegionLocationMinX0": left, "RegionLocationMinY0": top, "RegionLocationMaxX1": right,
        "RegionLocationMaxY1": bottom, "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3,
        "RegionSpatialFormat": 1, "PhysicalDeltaX": 0.02, "PhysicalDeltaY": 0.03,
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"PixelSpacing": [0.5, 0.6]}, (0.5, 0.6, "PixelSpacing")),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2, "ImagerPixelSpacing")),
        # equal to the detector's and not calibrated: it is the detector's (10.7.1.3)
        (
            {"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2]},
            (0.2, 0.2, "ImagerPixelSpacing"),
        ),
        (
            {
                "PixelSpacing": [0.2, 0.2],
                "ImagerPixelSpacing": [0.2, 0.2],
                "PixelSpacingCalibrationType": "GEOMETRY",
            },
            (0.2, 0.2, "PixelSpacing"),
        ),
        (
            {"PixelSpacing": [0.15, 0.15], "ImagerPixelSpacing": [0.2, 0.2]},
            (0.15, 0.15, "PixelSpacing"),
        ),
        (
            {"ImagerPixelSpacing": [0.2, 0.3], "EstimatedRadiographicMagnificationFactor": 2},
            (0.1, 0.15, "EstimatedRadiographicMagnificationFactor"),
        ),
        (
            {
                "ImagerPixelSpacing": [0.3, 0.3],
                "DistanceSourceToDetector": 1200,
                "DistanceSourceToPatient": 800,
            },
            (0.2, 0.2, "EstimatedRadiographicMagnificationFactor"),
        ),
        (
            {"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 0.5},
            (0.2, 0.2, "ImagerPixelSpacing"),
        ),
        ({"NominalScannedPixelSpacing": [0.1, 0.1]}, (0.1, 0.1, "NominalScannedPixelSpacing")),
        ({"PixelAspectRatio": "1\\2"}, None),
        ({"PixelSpacing": [0, 0.5]}, None),
        ({"PixelSpacing": [-1, 0.5]}, None),
        ({"PixelSpacing": [0.5]}, None),
        ({}, None),
    ],
)
def test_the_whole_images_size(values: dict[str, Any], expected: tuple[Any, ...] | None) -> None:
    size = pixel_size(dataset(**values))
    if expected is None:
        assert size is None
        return
    assert size is not None
    assert (size.row_mm, size.column_mm) == pytest.approx(expected[:2])
    assert size.source == expected[2]


def test_only_patient_sizes_are_called_so() -> None:
    detector = pixel_size(dataset(ImagerPixelSpacing=[0.2, 0.2]))
    patient = pixel_size(dataset(PixelSpacing=[0.2, 0.2]))
    assert detector is not None and not detector.is_in_patient
    assert patient is not None and patient.is_in_patient


def test_one_ultrasound_region_calibrates_the_image() -> None:
    size = pixel_size(dataset(SequenceOfUltrasoundRegions=[region(0, 0, 639, 479)]))
    assert size is not None
    assert (size.row_mm, size.column_mm) == pytest.approx((0.3, 0.2))


@pytest.mark.parametrize(
    "other",
    [
        {"PhysicalUnitsXDirection": 4, "RegionSpatialFormat": 2},  # M-mode: seconds
        {"PhysicalUnitsYDirection": 7, "RegionSpatialFormat": 3},  # Doppler: cm/s
        {"PhysicalDeltaX": 0.05},
        {"PhysicalDeltaX": 0},
    ],
)
def test_regions_that_differ_calibrate_only_themselves(other: dict[str, Any]) -> None:
    regions = [region(0, 0, 319, 479), region(320, 0, 639, 479, **other)]
    whole = dataset(SequenceOfUltrasoundRegions=regions)
    assert pixel_size(whole) is None
    found = ultrasound_regions(whole)
    left, right = region_at(found, 100, 100), region_at(found, 100, 400)
    assert left is not None and left.size is not None
    assert right is not None and right.size != left.size
    assert region_at(found, 500, 100) is None


def test_negative_deltas_and_broken_regions() -> None:
    whole = dataset(
        SequenceOfUltrasoundRegions=[
            region(0, 0, 9, 9, PhysicalDeltaY=-0.03),
            region(9, 0, 2, 9),
            {"RegionLocationMinX0": 1},
        ]
    )
    (only,) = ultrasound_regions(whole)
    assert only.size is not None and only.size.row_mm == pytest.approx(0.3)


def test_a_real_ultrasound_image(shared_dicom: Path) -> None:
    """Every reference file with regions is either calibrated or says that it is not."""
    seen = 0
    for folder in ("modality", "colour", "syntax/us_multiframe", "multiframe"):
        for path in sorted(p for p in (shared_dicom / folder).rglob("*") if p.is_file()):
            whole = read_file(path).dataset
            regions = ultrasound_regions(whole)
            if not regions:
                continue
            seen += 1
            for found in regions:
                assert found.size is None or 0.001 < found.size.row_mm < 10
    assert seen > 0
