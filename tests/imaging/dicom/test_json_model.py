"""DICOM JSON (PS3.18 annex F), there and back, and what is no model."""

import json
from pathlib import Path
from typing import Any

import pytest

from imaging.dicom.json_model import from_json, to_json
from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.recode import write_elements
from imaging.dicom.uid import EXPLICIT_BIG, EXPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from imaging.errors import FormatError, ImagingError, LimitExceeded
from tests.imaging.dicom.test_reader import NATIVE, VALUES, check, explicit


@pytest.mark.parametrize("syntax", [s for s in NATIVE if s != EXPLICIT_BIG])
def test_the_model(syntax: str) -> None:
    model = to_json(read_dataset(write_dataset(VALUES, syntax), syntax))
    assert model["00100010"] == {
        "vr": "PN",
        "Value": [{"Alphabetic": "Zhang^San", "Ideographic": "张^三"}],
    }
    assert model["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}
    assert model["00280010"] == {"vr": "US", "Value": [2]}
    assert model["00281050"] == {"vr": "DS", "Value": [40, 300.5]}
    assert model["00280009"] == {"vr": "AT", "Value": ["00181063", "00209057"]}
    assert model["00081115"]["Value"][1] == {"0020000E": {"vr": "UI", "Value": ["1.2.4"]}}
    assert model["7FE00010"]["InlineBinary"] == "AAECAwQFBgc="
    json.dumps(model, allow_nan=False)


def test_there_and_back() -> None:
    first = read_dataset(write_dataset(VALUES, EXPLICIT_LITTLE), EXPLICIT_LITTLE)
    second = from_json(json.loads(json.dumps(to_json(first))))
    check(second)
    assert second.raw("PixelData") == bytes(range(8))
    assert to_json(second) == to_json(first)


def test_big_endian_words_are_turned() -> None:
    body = write_elements(
        read_dataset(explicit(0x7FE00010, "OW", b"\1\2"), EXPLICIT_LITTLE), EXPLICIT_BIG
    )
    assert to_json(read_dataset(body, EXPLICIT_BIG))["7FE00010"]["InlineBinary"] == "AQI="


def test_bulk_data() -> None:
    dataset = read_dataset(explicit(0x7FE00010, "OW", bytes(100)), EXPLICIT_LITTLE)
    model = to_json(dataset, bulk_uri=lambda path: f"bulk/{path[-1]:08X}", max_inline=10)
    assert model["7FE00010"] == {"vr": "OW", "BulkDataURI": "bulk/7FE00010"}
    assert to_json(dataset, max_inline=10)["7FE00010"] == {"vr": "OW"}
    assert from_json(model, bulk=lambda uri: uri.encode()).raw("PixelData") == b"bulk/7FE00010"
    with pytest.raises(FormatError):
        from_json(model)


def test_numbers_that_json_has_not() -> None:
    body = explicit(0x00281050, "DS", b"1e400 ") + explicit(
        0x00189087, "FD", b"\0" * 6 + b"\xf8\x7f"
    )
    model = to_json(read_dataset(body, EXPLICIT_LITTLE))
    json.dumps(model, allow_nan=False)
    assert model["00281050"]["Value"] == ["1e400"]
    assert model["00189087"]["Value"] == ["nan"]


def test_empty_values() -> None:
    body = explicit(0x00100010, "PN", b"") + explicit(0x00080060, "CS", b"A\\\\B ")
    model = to_json(read_dataset(body, EXPLICIT_LITTLE))
    assert model["00100010"] == {"vr": "PN"}
    assert model["00080060"] == {"vr": "CS", "Value": ["A", None, "B"]}
    assert from_json(model).raw("Modality") == b"A\\\\B"


@pytest.mark.parametrize(
    "model",
    [
        [], {"x": {}}, {"00100010": 5}, {"00100010": {"vr": "XX"}},
        {"00100010": {"vr": "PN", "Value": "A"}}, {"00100010": {"vr": "PN", "Value": ["A"]}},
        {"00280010": {"vr": "US", "Value": [70000]}}, {"00280010": {"vr": "US", "Value": ["x"]}},
        {"00280009": {"vr": "AT", "Value": ["zz"]}}, {"7FE00010": {"vr": "OW", "InlineBinary": "§"}},
        {"7FE00010": {"vr": "OW", "Value": [1]}}, {"00080060": {"vr": "CS", "Value": [True]}},
        {"00081115": {"vr": "SQ", "Value": [7]}}, {"00104000": {"vr": "LT", "Value": ["a", "b"]}},
    ],
)  # fmt: skip
def test_what_is_no_model(model: Any) -> None:
    with pytest.raises(FormatError):
        from_json(model)


@pytest.mark.parametrize("depth", [65, 900])
def test_deep_models_are_refused(depth: int) -> None:
    model: dict[str, Any] = {}
    for _ in range(depth):
        model = {"00081115": {"vr": "SQ", "Value": [model]}}
    with pytest.raises(LimitExceeded):
        from_json(model)


def test_every_real_file_has_a_model(shared_dicom: Path) -> None:
    seen = 0
    for path in sorted(shared_dicom.rglob("*")):
        if not path.is_file() or path.parent.parent.name == "series":
            continue
        try:
            file = read_file(path)
        except ImagingError:
            continue
        if file.problem is not None:
            continue
        dataset = file.dataset
        model = to_json(dataset)
        json.dumps(model, allow_nan=False)
        assert set(from_json(model, bulk=lambda _: b"").elements) >= {
            tag for tag in dataset.elements if tag & 0xFFFF
        }
        seen += 1
    assert seen > 250


@pytest.mark.parametrize(
    "number",
    [
        0.0,
        -0.0,
        40.0,
        0.1,
        4.6999998093,
        1099.3100585938,
        -106.14625434577,
        0.666666686534882,
        1e-7,
    ],
)
def test_decimals_keep_their_digits(number: float) -> None:
    raw = from_json({"00180050": {"vr": "DS", "Value": [number]}}).raw("SliceThickness")
    assert len(raw) <= 16
    assert float(raw) == number


def test_decimals_that_are_too_long_are_rounded_to_what_fits() -> None:
    for number in (-1 / 3, 1e22 / 3, -2.2250738585072014e-308, 123456789.123456789):
        raw = from_json({"00180050": {"vr": "DS", "Value": [number]}}).raw("SliceThickness")
        assert len(raw) <= 16
        assert float(raw) == pytest.approx(number, rel=1e-8)


def test_every_real_header_comes_back(shared_dicom: Path) -> None:
    wrong = []
    for path in sorted(shared_dicom.glob("[!s]*/**/*")):
        try:
            model = to_json(read_file(path).dataset) if path.is_file() else {}
        except ImagingError:
            continue
        if "deriv_sq_nest" in path.name:  # its sequences are cut where they are too deep
            continue
        again = to_json(from_json(json.loads(json.dumps(model))))
        wrong += [f"{path.name} {tag}" for tag in model if again[tag] != model[tag]]
    assert wrong == []
