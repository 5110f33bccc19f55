"""What the headers of the whole reference set say, against independently read facts."""

import json
from pathlib import Path
from typing import Any

import pytest

from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import DicomFile, read_file
from imaging.errors import ImagingError

TEXTS = {
    "sop_class": "SOPClassUID", "sop_instance": "SOPInstanceUID",
    "series_uid": "SeriesInstanceUID", "study_uid": "StudyInstanceUID", "modality": "Modality",
    "photometric": "PhotometricInterpretation", "charset": "SpecificCharacterSet",
    "patient_name": "PatientName", "patient_id": "PatientID",
    "study_description": "StudyDescription", "rescale_slope": "RescaleSlope",
    "rescale_intercept": "RescaleIntercept", "window_center": "WindowCenter",
    "window_width": "WindowWidth",
}  # fmt: skip
NUMBERS = {
    "rows": "Rows", "cols": "Columns", "frames": "NumberOfFrames", "samples": "SamplesPerPixel",
    "planar": "PlanarConfiguration", "bits_allocated": "BitsAllocated", "bits_stored": "BitsStored",
    "pixel_representation": "PixelRepresentation",
}  # fmt: skip
# the manifest's own reader gave up where ours reads on, or wrote several values down as text
READ_FURTHER = {
    "broken/deriv_no_seq_delimiter.dcm", "broken/deriv_trunc60_jpll.dcm",
    "broken/emri_small_jpeg_2k_lossless_too_short.dcm", "broken/GH179A.dcm",
    "broken/no_preamble_dicm_in_data",
}  # fmt: skip
SEVERAL = {"broken/3gb-bulk-data-truncated", "broken/badVR.dcm"}
REFUSED = {
    "broken/deriv_png_renamed.dcm", "broken/deriv_zero_bytes.dcm", "broken/no_meta.dcm",
}  # fmt: skip
PROBLEMS = {
    "broken/3gb-bulk-data-truncated": "truncated",
    "broken/GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": "item_expected",
    "broken/GH179B.dcm": "vr_unknown",
    "broken/GH626.dcm": "truncated",
    "broken/MR_truncated.dcm": "truncated",
    "broken/deriv_no_seq_delimiter.dcm": "truncated",
    "broken/deriv_pixel_vl_4g.dcm": "truncated",
    "broken/deriv_sq_nest_5000.dcm": "nesting",
    "broken/deriv_trunc60_jpll.dcm": "truncated",
    "broken/deriv_trunc_header.dcm": "truncated",
    "broken/emri_small_jpeg_2k_lossless_too_short.dcm": "truncated",
    "broken/rtplan_truncated.dcm": "truncated",
}


@pytest.fixture(scope="module")
def entries(shared_dicom: Path) -> list[dict[str, Any]]:
    return json.loads((shared_dicom / "manifest.json").read_text())["files"]


@pytest.fixture(scope="module")
def files(shared_dicom: Path, entries: list[dict[str, Any]]) -> dict[str, DicomFile | ImagingError]:
    found: dict[str, DicomFile | ImagingError] = {}
    for entry in entries:
        try:
            found[entry["path"]] = read_file(shared_dicom / entry["path"])
        except ImagingError as error:
            found[entry["path"]] = error
    return found


def facts(dataset: Dataset) -> dict[str, Any]:
    found: dict[str, Any] = {name: dataset.texts(key) for name, key in TEXTS.items()}
    return found | {name: dataset.integer(key) for name, key in NUMBERS.items()}


def wanted(value: Any) -> list[str]:
    """Texts of the manifest, in which several values are a list, sometimes written as text."""
    if isinstance(value, str) and value.startswith("["):
        return [part.strip(" '") for part in value.strip("[]").split(",")]
    return value if isinstance(value, list) else [value] if value else []


def differs(name: str, got: Any, want: Any) -> bool:
    if name in NUMBERS:
        return got != want and not (name == "frames" and want == 1 and got is None)
    if name in ("window_center", "window_width", "rescale_slope", "rescale_intercept"):
        return [float(part) for part in got if part] != [float(p) for p in wanted(want) if p]
    return [part for part in got if part] != [part for part in wanted(want) if part]


def test_every_header_says_what_the_manifest_says(
    entries: list[dict[str, Any]], files: dict[str, DicomFile | ImagingError]
) -> None:
    wrong, checked = [], 0
    for entry in entries:
        file, path = files[entry["path"]], entry["path"]
        if not isinstance(file, DicomFile) or "sop_class" not in entry or path in READ_FURTHER:
            continue
        checked += 1
        if entry["transfer_syntax"] != (file.meta.text("TransferSyntaxUID") or None):
            wrong.append(f"{path}: transfer syntax {file.transfer_syntax_uid}")
        truth = entry.get("text_truth", {})
        want = entry | {n: truth[key] for n, key in TEXTS.items() if key in truth}
        for name, got in facts(file.dataset).items():
            if differs(name, got, want[name]) and not (path in SEVERAL and name in NUMBERS):
                wrong.append(f"{path}: {name} is {got!r}, not {want[name]!r}")
        for key, text in truth.items():
            if file.dataset.text(key) != text:
                wrong.append(f"{path}: {key} is {file.dataset.text(key)!r}, not {text!r}")
    assert wrong == []
    assert checked >= 990


def test_exactly_the_known_files_are_refused_or_flagged(
    files: dict[str, DicomFile | ImagingError],
) -> None:
    refused = {path for path, file in files.items() if isinstance(file, ImagingError)}
    assert refused == REFUSED | {path for path in files if path.endswith(".jls")}
    problems = {
        path: file.problem.code
        for path, file in files.items()
        if isinstance(file, DicomFile) and file.problem is not None
    }
    assert problems == PROBLEMS
