"""SUVbw: the factor by hand, and every way in which a file does not allow it."""

from pathlib import Path
from typing import Any

import pytest

from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from imaging.pixels.suv import suv_factor

TRACER = {
    "RadionuclideTotalDose": 370e6,
    "RadionuclideHalfLife": 6588,
    "RadiopharmaceuticalStartTime": "093200",
}
WHOLE: dict[str, Any] = {
    "Modality": "PT", "Units": "BQML", "DecayCorrection": "START",
    "CorrectedImage": ["DECY", "ATTN", "SCAT"], "PatientWeight": 70,
    "SeriesDate": "20241023", "SeriesTime": "103200",
    "AcquisitionDate": "20241023", "AcquisitionTime": "103500",
    "RadiopharmaceuticalInformationSequence": [TRACER],
}  # fmt: skip
AN_HOUR = 70_000 / (370e6 * 2 ** (-3600 / 6588))


def factor(**changes: Any) -> float | None:
    values = {key: value for key, value in (WHOLE | changes).items() if value is not None}
    return suv_factor(read_dataset(write_dataset(values, EXPLICIT_LITTLE), EXPLICIT_LITTLE))


def tracer(**changes: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in (TRACER | changes).items() if value is not None}]


def test_the_dose_decays_from_injection_to_scan() -> None:
    assert factor() == pytest.approx(AN_HOUR, rel=1e-6)
    dated = tracer(
        RadiopharmaceuticalStartTime=None, RadiopharmaceuticalStartDateTime="20241023093200.00"
    )
    assert factor(RadiopharmaceuticalInformationSequence=dated) == pytest.approx(AN_HOUR, rel=1e-6)


def test_an_injection_before_midnight_is_the_evening_before() -> None:
    late = {"SeriesTime": "001500", "AcquisitionTime": "001600"}
    found = factor(
        **late,
        RadiopharmaceuticalInformationSequence=tracer(RadiopharmaceuticalStartTime="231500"),
    )
    assert found == pytest.approx(AN_HOUR, rel=1e-6)


def test_activity_corrected_to_the_injection_takes_the_whole_dose() -> None:
    assert factor(DecayCorrection="ADMIN") == pytest.approx(70_000 / 370e6, rel=1e-6)


def test_values_that_are_suv_already_stay_as_they_are() -> None:
    assert factor(Units="GML", PatientWeight=None) == 1
    assert factor(Units="GML", SUVType="LBM") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"Modality": "NM"},
        {"Units": "CNTS"},
        {"CorrectedImage": ["DECY"]},
        {"CorrectedImage": ["ATTN"]},
        {"DecayCorrection": "NONE"},
        {"DecayCorrection": None},
        {"PatientWeight": None},
        {"PatientWeight": 0},
        {"SeriesTime": None},
        {"AcquisitionTime": "103100"},
        {"RadiopharmaceuticalInformationSequence": None},
        {"RadiopharmaceuticalInformationSequence": [TRACER, TRACER]},
        {"RadiopharmaceuticalInformationSequence": tracer(RadionuclideTotalDose=None)},
        {"RadiopharmaceuticalInformationSequence": tracer(RadionuclideHalfLife=0)},
        {"RadiopharmaceuticalInformationSequence": tracer(RadiopharmaceuticalStartTime=None)},
        {
            "RadiopharmaceuticalInformationSequence": tracer(
                RadiopharmaceuticalStartDateTime="20241020093200"
            )
        },
    ],
    ids=str,
)
def test_whatever_is_missing_or_odd_there_is_no_factor(changes: dict[str, Any]) -> None:
    assert factor(**changes) is None


def test_a_real_file(shared_dicom: Path) -> None:
    """90 kg, 474,592,928 Bq of a half-life of 6588 s, injected 9:32:00, scanned 11:00:36."""
    file = read_file((shared_dicom / "modality/pt/GH184.dcm").read_bytes())
    expected = 90_000 / (474_592_928 * 2 ** (-5316 / 6588))
    assert suv_factor(file.dataset) == pytest.approx(expected, rel=1e-9)
