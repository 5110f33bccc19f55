"""What was read is written again in other syntaxes, and nothing is lost."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.dicom.dataset import PIXEL_DATA, Dataset
from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.recode import Form, write_elements
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from imaging.errors import FormatError
from tests.imaging.dicom.test_reader import NATIVE, VALUES, check, explicit


def same(first: Dataset, second: Dataset) -> None:
    """Equal values element by element; group lengths may go."""
    tags = [tag for tag in first.elements if tag & 0xFFFF]
    assert sorted(tags) == sorted(tag for tag in second.elements if tag & 0xFFFF)
    for tag in tags:
        one, other = first.elements[tag], second.elements[tag]
        if one.items is not None:
            for a, b in zip(one.items, other.items or [], strict=True):
                same(a, b)
        elif one.vr[0] != "O" and one.vr == other.vr:
            assert first.texts(tag) == second.texts(tag), f"{tag:08X}"


@pytest.mark.parametrize("source", NATIVE)
@pytest.mark.parametrize("target", NATIVE)
@pytest.mark.parametrize("is_open", [True, False])
def test_between_every_two_native_syntaxes(source: str, target: str, is_open: bool) -> None:
    first = read_dataset(write_dataset(VALUES, source), source)
    second = read_dataset(write_elements(first, target, Form(is_open)), target)
    check(second)
    same(first, second)
    assert second.integer("SmallestImagePixelValue") == 5


def test_words_of_pixels_are_swapped_for_big_endian() -> None:
    big = "1.2.840.10008.1.2.2"
    first = read_dataset(explicit(PIXEL_DATA, "OW", b"\1\2\3\4"), EXPLICIT_LITTLE)
    assert read_dataset(write_elements(first, big), big).raw("PixelData") == b"\2\1\4\3"
    bytewise = read_dataset(explicit(PIXEL_DATA, "OB", b"\1\2\3\4"), EXPLICIT_LITTLE)
    assert read_dataset(write_elements(bytewise, big), big).raw("PixelData") == b"\1\2\3\4"


def test_a_value_too_long_for_its_length_field_becomes_un() -> None:
    long = b"x" * 70_000
    first = read_dataset(b"\x10\0\0\x40" + len(long).to_bytes(4, "little") + long, IMPLICIT_LITTLE)
    second = read_dataset(write_elements(first, EXPLICIT_LITTLE), EXPLICIT_LITTLE)
    assert second.raw(0x00104000) == long


def test_pixels_must_be_in_the_form_of_the_syntax() -> None:
    first = read_dataset(write_dataset(VALUES, EXPLICIT_LITTLE), EXPLICIT_LITTLE)
    with pytest.raises(FormatError):
        write_elements(first, "1.2.840.10008.1.2.5")


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="\\"), max_size=30
)


@given(TEXT, st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4), st.binary(max_size=40))
def test_any_values_come_back(text: str, numbers: list[int], raw: bytes) -> None:
    values = {
        "SpecificCharacterSet": "ISO_IR 192",
        "StudyDescription": text,
        "ReferencePixelX0": numbers[0] if numbers else 0,
        "EncapsulatedDocument": raw,
        "SharedFunctionalGroupsSequence": [{"PatientID": text}, {}],
    }
    for syntax in NATIVE:
        dataset = read_dataset(write_dataset(values, syntax), syntax)
        assert dataset.text("StudyDescription") == text.strip(" ").strip("\0 ")
        assert dataset.integer("ReferencePixelX0") == (numbers[0] if numbers else 0)
        assert dataset.raw("EncapsulatedDocument") == raw + b"\0" * (len(raw) & 1)
        assert len(dataset.sequence("SharedFunctionalGroupsSequence")) == 2


def test_every_real_file_can_be_recoded(shared_dicom: Path) -> None:
    seen = 0
    for path in sorted(shared_dicom.rglob("*")):
        if not path.is_file() or "broken" in path.parts or path.parent.parent.name == "series":
            continue
        try:
            file = read_file(path)
        except FormatError:
            continue
        dataset = file.dataset
        if dataset.elements.get(PIXEL_DATA) and dataset.elements[PIXEL_DATA].fragments is not None:
            targets = [file.transfer_syntax_uid]
        else:
            targets = NATIVE
        for target in targets:
            again = read_dataset(write_elements(dataset, target), target)
            same(dataset, again)
        seen += 1
    assert seen > 200
