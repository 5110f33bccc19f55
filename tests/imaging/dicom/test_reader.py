"""Data sets and files in every layout, as the standard has them and as old writers have them."""

import struct
import zlib
from pathlib import Path

import pytest

from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_dataset, read_file, split_file
from imaging.dicom.uid import (
    DEFLATED_LITTLE,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
)
from imaging.dicom.writer import write_dataset, write_file
from imaging.errors import FormatError, LimitExceeded

NATIVE = [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED_LITTLE]
VALUES = {
    "SpecificCharacterSet": "ISO_IR 192",
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
    "SOPInstanceUID": "1.2.3.4",
    "StudyDate": "20260131",
    "StudyTime": "070809.5",
    "PatientName": "Zhang^San=张^三",
    "PatientAge": "045Y",
    "ReferencedSeriesSequence": [
        {"SeriesInstanceUID": "1.2.3", "ReferencedSOPSequence": [{"ReferencedSOPClassUID": "1.9"}]},
        {"SeriesInstanceUID": "1.2.4"},
    ],
    "Rows": 2,
    "Columns": 2,
    "PixelRepresentation": 1,
    "SmallestImagePixelValue": 5,
    "WindowCenter": [40, 300.5],
    "FrameIncrementPointer": [0x00181063, 0x00209057],
    "DiffusionBValue": 1000.25,
    "PixelData": bytes(range(8)),
}


def explicit(tag: int, vr: str, value: bytes) -> bytes:
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in ("OB", "OW", "UN", "SQ", "UT"):
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def implicit(tag: int, value: bytes, length: int | None = None) -> bytes:
    size = len(value) if length is None else length
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, size) + value


def item(value: bytes, length: int | None = None) -> bytes:
    return implicit(0xFFFEE000, value, length)


ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
NAME = explicit(0x00100010, "PN", b"A^B ")


def check(dataset: Dataset) -> None:
    assert dataset.text("PatientName") == "Zhang^San=张^三"
    assert dataset.person_name("PatientName") == "张三"
    assert str(dataset.date("StudyDate")) == "2026-01-31"
    assert str(dataset.time("StudyTime")) == "07:08:09.500000"
    assert dataset.numbers("WindowCenter") == [40, 300.5]
    assert dataset.integer("Rows") == 2
    assert dataset.number("DiffusionBValue") == 1000.25
    assert dataset.texts("FrameIncrementPointer")[:2] == ["24", "4195"]
    first, second = dataset.sequence("ReferencedSeriesSequence")
    assert first.sequence("ReferencedSOPSequence")[0].text("ReferencedSOPClassUID") == "1.9"
    assert second.text("SeriesInstanceUID") == "1.2.4"


@pytest.mark.parametrize("syntax", NATIVE)
def test_a_data_set_in_every_native_syntax(syntax: str) -> None:
    check(read_dataset(write_dataset(VALUES, syntax), syntax))
    file = read_file(write_file(VALUES, syntax))
    check(file.dataset)
    assert file.transfer_syntax_uid == syntax
    assert file.problem is None
    assert file.meta.text("MediaStorageSOPInstanceUID") == "1.2.3.4"
    assert len(file.dataset.raw("PixelData")) == 8


@pytest.mark.parametrize("syntax", NATIVE[:3])
def test_a_bare_data_set_tells_its_layout(syntax: str) -> None:
    file = read_file(write_dataset(VALUES, syntax))
    check(file.dataset)
    assert file.transfer_syntax_uid == syntax
    assert file.meta.elements == {}


@pytest.mark.parametrize("start", [128, 132], ids=["no preamble", "no prefix"])
def test_without_preamble_or_prefix(start: int) -> None:
    check(read_file(write_file(VALUES, EXPLICIT_LITTLE)[start:]).dataset)


def test_dicm_at_byte_128_of_a_bare_data_set_is_no_prefix() -> None:
    body = explicit(0x00080005, "CS", b"ISO_IR 192")
    body += explicit(0x00080070, "LO", b"x" * (128 - len(body) - 8) + b"DICM4711") + NAME
    assert body[128:132] == b"DICM"
    assert read_file(body).dataset.text("PatientName") == "A^B"


@pytest.mark.parametrize("declared", NATIVE[:3])
@pytest.mark.parametrize("real", NATIVE[:3])
def test_a_data_set_laid_out_in_another_way_than_declared(declared: str, real: str) -> None:
    whole = write_file(VALUES, declared)
    start = split_file(whole)[1]
    file = read_file(whole[:start] + write_dataset(VALUES, real))
    check(file.dataset)
    assert file.transfer_syntax_uid == declared
    assert file.traits.is_big_endian == (real == EXPLICIT_BIG)


def test_meta_information_with_a_lying_group_length_or_none() -> None:
    whole = bytearray(write_file(VALUES, EXPLICIT_LITTLE))
    struct.pack_into("<I", whole, 140, 0xFFFF)
    check(read_file(bytes(whole)).dataset)
    check(read_file(bytes(whole[:132] + whole[144:])).dataset)


def test_meta_information_without_a_transfer_syntax() -> None:
    meta = explicit(0x00020002, "UI", b"1.2\0") + explicit(0x00020012, "UI", b"1.2\0")
    for syntax in NATIVE[:3]:
        file = read_file(bytes(128) + b"DICM" + meta + write_dataset(VALUES, syntax))
        check(file.dataset)
        assert file.transfer_syntax_uid == syntax


def test_meta_information_in_implicit_form() -> None:
    meta = implicit(0x00020010, b"1.2.840.10008.1.2\0")
    check(read_file(bytes(128) + b"DICM" + meta + write_dataset(VALUES, IMPLICIT_LITTLE)).dataset)


@pytest.mark.parametrize("is_item_open", [True, False])
@pytest.mark.parametrize("is_sequence_open", [True, False])
@pytest.mark.parametrize("is_implicit", [True, False])
def test_sequences_of_defined_and_undefined_length(
    is_item_open: bool, is_sequence_open: bool, is_implicit: bool
) -> None:
    inner = implicit(0x00100010, b"A^B ") if is_implicit else NAME
    deep = item(inner + ITEM_END, 0xFFFFFFFF) if is_item_open else item(inner)
    tag, body = 0x00081115, deep + (SEQUENCE_END if is_sequence_open else b"")
    length = 0xFFFFFFFF if is_sequence_open else len(body)
    if is_implicit:
        whole = implicit(tag, body, length) + implicit(0x00100020, b"ID")
    else:
        whole = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, b"SQ", 0, length) + body
        whole += explicit(0x00100020, "LO", b"ID")
    dataset = read_dataset(whole, IMPLICIT_LITTLE if is_implicit else EXPLICIT_LITTLE)
    assert dataset.sequence("ReferencedSeriesSequence")[0].text("PatientName") == "A^B"
    assert dataset.text("PatientID") == "ID"


def test_un_takes_the_dictionarys_vr() -> None:
    whole = explicit(0x00100010, "UN", b"A^B ") + explicit(0x00280010, "UN", b"\x02\0")
    dataset = read_dataset(whole, EXPLICIT_LITTLE)
    assert dataset.text("PatientName") == "A^B"
    assert dataset.integer("Rows") == 2


@pytest.mark.parametrize("inside", [implicit(0x00100010, b"A^B "), NAME])
def test_un_around_a_sequence(inside: bytes) -> None:
    known = explicit(0x00081115, "UN", item(inside))
    assert read_dataset(known, EXPLICIT_LITTLE).sequence("ReferencedSeriesSequence")
    private = struct.pack("<HH2sHI", 0x0009, 0x1001, b"UN", 0, 0xFFFFFFFF)
    dataset = read_dataset(private + item(inside) + SEQUENCE_END + NAME, EXPLICIT_LITTLE)
    assert dataset.sequence(0x00091001)[0].text("PatientName") == "A^B"
    assert dataset.text("PatientName") == "A^B"


def test_un_that_is_no_sequence_after_all_stays_bytes() -> None:
    dataset = read_dataset(explicit(0x00081115, "UN", b"rubbish!") + NAME, EXPLICIT_LITTLE)
    assert dataset.raw(0x00081115) == b"rubbish!"
    assert dataset.text("PatientName") == "A^B"


def test_private_blocks() -> None:
    whole = explicit(0x00090010, "LO", b"ACME 1.0") + explicit(0x00091002, "DS", b"1.5 ")
    whole += explicit(0x00091003, "SQ", item(explicit(0x00091004, "SH", b"in")))
    dataset = read_dataset(whole, EXPLICIT_LITTLE)
    assert dataset.text(0x00090010) == "ACME 1.0"
    assert dataset.number(0x00091002) == 1.5
    assert dataset.sequence(0x00091003)[0].text(0x00091004) == "in"
    bare = read_dataset(
        implicit(0x00090010, b"ACME") + implicit(0x00091002, b"1.5 "), IMPLICIT_LITTLE
    )
    assert bare.text(0x00090010) == "ACME"
    assert bare.raw(0x00091002) == b"1.5 "


def test_us_or_ss_follows_the_pixels() -> None:
    head = implicit(0x00280103, struct.pack("<H", 1))
    dataset = read_dataset(head + implicit(0x00280106, struct.pack("<h", -5)), IMPLICIT_LITTLE)
    assert dataset.integer("SmallestImagePixelValue") == -5
    dataset = read_dataset(implicit(0x00280106, struct.pack("<H", 65531)), IMPLICIT_LITTLE)
    assert dataset.integer("SmallestImagePixelValue") == 65531


@pytest.mark.parametrize(
    "odd",
    [
        struct.pack("<HH2sH", 0x0010, 0x0020, b"  ", 2) + b"ID",
        struct.pack("<HHI", 0x0010, 0x0020, 2) + b"ID",
        struct.pack("<HH2sHI", 0x0010, 0x0020, b"ZZ", 0, 2) + b"ID",
    ],
    ids=["blank", "implicit", "new"],
)
def test_a_vr_that_does_not_exist(odd: bytes) -> None:
    dataset = read_dataset(NAME + odd + explicit(0x00100030, "DA", b"20000101"), EXPLICIT_LITTLE)
    assert dataset.raw("PatientID") == b"ID"
    assert dataset.text("PatientBirthDate") == "20000101"


def test_stray_delimiters_and_trailing_zeros() -> None:
    whole = ITEM_END + NAME + SEQUENCE_END + explicit(0x00100020, "LO", b"ID") + bytes(6)
    assert read_dataset(whole, EXPLICIT_LITTLE).text("PatientID") == "ID"


def test_an_item_longer_than_its_counted_sequence_is_cut_to_it() -> None:
    body = item(NAME, len(NAME) + 100)
    dataset = read_dataset(
        explicit(0x00081115, "SQ", body) + explicit(0x00100020, "LO", b"ID"), EXPLICIT_LITTLE
    )
    assert dataset.sequence("ReferencedSeriesSequence")[0].text("PatientName") == "A^B"
    assert dataset.text("PatientID") == "ID"


def test_pixels_may_be_left_out() -> None:
    file = read_file(write_file(VALUES, EXPLICIT_LITTLE), stop_before_pixels=True)
    check(file.dataset)
    assert "PixelData" not in file.dataset


@pytest.mark.parametrize(
    ("whole", "code", "offset"),
    [
        (NAME[:6], "truncated", 0),
        (NAME[:-1], "truncated", 0),
        (NAME + explicit(0x00100020, "LO", b"ID")[:-1], "truncated", len(NAME)),
        (explicit(0x00081115, "SQ", b"\0" * 8), "item_expected", 12),
        (NAME + b"\x11\0\0\0\xff\xff\xff\xff" + b"\x01" * 8, "vr_unknown", len(NAME)),
    ],
)
def test_broken_bytes_say_what_and_where(whole: bytes, code: str, offset: int) -> None:
    with pytest.raises(FormatError) as caught:
        read_dataset(whole, EXPLICIT_LITTLE)
    assert (caught.value.code, caught.value.offset) == (code, offset)


def test_a_cut_file_gives_its_header_and_the_problem() -> None:
    whole = write_file(VALUES, EXPLICIT_LITTLE)
    file = read_file(whole[:-3])
    check(file.dataset)
    assert file.problem is not None and file.problem.code == "truncated"
    assert len(file.dataset.raw("PixelData")) == 5


@pytest.mark.parametrize("data", [b"", b"DICM", b"\x89PNG\r\n\x1a\n" * 40, bytes(400), b"a" * 400])
def test_what_is_no_dicom_object(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_file(data)


def test_a_deflate_bomb_is_refused() -> None:
    prefix = write_file(VALUES, DEFLATED_LITTLE)
    engine = zlib.compressobj(9, wbits=-15)
    bomb = engine.compress(bytes(200 << 20)) + engine.flush()
    with pytest.raises(LimitExceeded) as caught:
        read_file(prefix[: split_file(prefix)[1]] + bomb)
    assert caught.value.code == "inflated_size"


def test_a_file_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(write_file(VALUES, IMPLICIT_LITTLE))
    check(read_file(path).dataset)
