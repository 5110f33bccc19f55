"""Hostile data sets (BATTERY.md section 2: classes 1-5, 13, 17-22): every one is answered with a
typed error or read, in bounded memory, and nothing else is ever raised."""

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imaging.dicom.charset import decode, labels_of
from imaging.dicom.reader import read_dataset, read_file, split_file
from imaging.dicom.uid import DEFLATED_LITTLE, EXPLICIT_LITTLE, IMPLICIT_LITTLE, is_valid_uid
from imaging.dicom.writer import write_dataset
from imaging.errors import ImagingError, LimitExceeded
from tests.hostile.answer import allowed_bytes, answer, peak_bytes
from tests.hostile.samples import PIXELS, everything, native, palette, rle, values
from tests.imaging.dicom.test_reader import ITEM_END, SEQUENCE_END, explicit, implicit, item

SAMPLES = everything()
COUNT = 400_000
PREFIX = native()[: split_file(native())[1]]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_healthy_samples_are_shown(name: str) -> None:
    found = answer(SAMPLES[name])
    assert found.errors == []
    assert found.frames == 1


@pytest.mark.parametrize("name", SAMPLES)
def test_cut_at_every_byte(name: str) -> None:
    data = SAMPLES[name]
    for end in range(len(data)):
        found = answer(data[:end])
        if end < len(data) - 16 and name != "deflated":
            assert found.errors or found.file is None or "PixelData" not in found.file.dataset


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_flipped_bits(name: str, data: st.DataObject) -> None:
    broken = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(broken) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    answer(bytes(broken))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(132, 400), st.binary(max_size=24))
def test_bytes_put_in(name: str, place: int, extra: bytes) -> None:
    data = SAMPLES[name]
    answer(data[:place] + extra + data[place:])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    answer(data)
    answer(bytes(128) + b"DICM" + data)
    answer(PREFIX + data)


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0x7FFFFFFF, 0x80000000, 0x10000000, 1 << 20])
@pytest.mark.parametrize("vr", ["OW", "UN", "UT", "SQ"])
def test_lying_lengths(length: int, vr: str) -> None:
    tag = 0x7FE00010 if vr == "OW" else 0x00081115
    whole = PREFIX + explicit(0x00080060, "CS", b"CT")
    head = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)
    for body in (b"", b"x" * 8, item(b"", length), item(b"x" * 100)):
        data = whole + head + body
        found = answer(data)
        assert "truncated" in found.codes or "item_expected" in found.codes
        assert peak_bytes(data) <= allowed_bytes(data)


@pytest.mark.parametrize("depth", [65, 249, 5000, 100_000])
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_deep_nesting(depth: int, is_open: bool, syntax: str) -> None:
    tag = struct.pack("<HH", 0x0008, 0x1115) + (b"SQ\0\0" if syntax == EXPLICIT_LITTLE else b"")
    if is_open:
        whole = (tag + b"\xff" * 4 + item(b"", 0xFFFFFFFF)) * depth
        whole += (ITEM_END + SEQUENCE_END) * depth
    else:
        step = len(tag) + 12
        whole = b"".join(
            tag + struct.pack("<I", (n + 1) * step - len(tag) - 4) + item(b"", n * step)
            for n in reversed(range(depth))
        )
    with pytest.raises(ImagingError) as caught:
        read_dataset(whole, syntax)
    assert caught.value.code == "nesting"
    assert isinstance(caught.value, LimitExceeded)
    assert peak_bytes(whole) <= allowed_bytes(whole)


def test_sixty_levels_are_read() -> None:
    whole = b""
    for _ in range(60):
        whole = explicit(0x00081115, "SQ", item(whole))
    assert read_dataset(whole, EXPLICIT_LITTLE)


@pytest.mark.parametrize(
    "piece",
    [
        explicit(0x00091001, "SQ", b""),
        item(b""),
        implicit(0x00091001, b""),
    ],
    ids=["sequences", "items", "elements"],
)
def test_too_many_empty_things(piece: bytes) -> None:
    if piece[:4] == b"\xfe\xff\x00\xe0":
        data = (
            PREFIX + explicit(0x00080060, "CS", b"CT") + explicit(0x00081115, "SQ", piece * COUNT)
        )
    else:
        tags = (struct.pack("<HH", 0x0009 + 2 * (n >> 16), n & 0xFFFF) for n in range(COUNT))
        data = (
            PREFIX + explicit(0x00080060, "CS", b"CT") + b"".join(tag + piece[4:] for tag in tags)
        )
    problem = read_file(data).problem
    assert problem is not None and problem.code == "elements"
    assert peak_bytes(data, read_file) <= allowed_bytes(data)


META = [
    explicit(0x00020000, "UL", b"\xff\xff\xff\xff"),
    explicit(0x00020000, "UL", b"\0\0\0\0"),
    explicit(0x00020000, "XX", b"\1"),
    explicit(0x00020010, "UI", b""),
    explicit(0x00020010, "UI", b"1.2.3.4.5"),
    explicit(0x00020010, "UI", b"\xff" * 64),
    explicit(0x00020010, "SQ", item(b"x" * 9)),
    explicit(0x00020010, "OB", b"1.2.840.10008.1.2.1\0"),
    struct.pack("<HH2sHI", 2, 0x10, b"UI", 0xFFFF, 0),
    b"\2\0",
    b"\2\0\x10\0UI",
]


@pytest.mark.parametrize("meta", META)
def test_odd_meta_information(meta: bytes) -> None:
    answer(bytes(128) + b"DICM" + meta)
    answer(bytes(128) + b"DICM" + meta + write_dataset(values(), EXPLICIT_LITTLE))


SIZES = [
    {"Rows": 0}, {"Columns": 0}, {"Rows": 65535, "Columns": 65535}, {"Rows": 46341, "Columns": 46341},
    {"NumberOfFrames": 10**9}, {"NumberOfFrames": -1}, {"NumberOfFrames": "1e9"},
    {"NumberOfFrames": 65535}, {"SamplesPerPixel": 0}, {"SamplesPerPixel": 3},
    {"SamplesPerPixel": 65535}, {"BitsAllocated": 0}, {"BitsAllocated": 12}, {"BitsAllocated": 65535},
    {"BitsStored": 17}, {"HighBit": 99}, {"BitsAllocated": 1}, {"BitsAllocated": 32},
    {"PixelData": b""}, {"PixelData": b"x" * 380}, {"PhotometricInterpretation": "YBR_FULL"},
    {"PhotometricInterpretation": "PALETTE COLOR"}, {"PhotometricInterpretation": "\0\0"},
    {"Rows": 65535, "Columns": 65535, "NumberOfFrames": 2147483647, "SamplesPerPixel": 3},
]  # fmt: skip
REFUSED = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21, 23]


@pytest.mark.parametrize("make", [native, rle])
@pytest.mark.parametrize("number", range(len(SIZES)))
def test_sizes_that_cannot_be(make: object, number: int) -> None:
    if make is rle and "PixelData" in SIZES[number]:
        return
    data = make(**SIZES[number])  # type: ignore[operator]
    found = answer(data)
    if number in REFUSED:
        assert found.errors and found.frames == 0, SIZES[number]
    assert peak_bytes(data) <= allowed_bytes(data)


def test_rows_of_another_vr() -> None:
    whole = native()
    for vr, value in (
        ("UL", b"\xff\xff\xff\xff"),
        ("DS", b"1e400 "),
        ("SQ", b""),
        ("FD", b"\xff" * 8),
    ):
        data = whole.replace(explicit(0x00280010, "US", b"\x10\0"), explicit(0x00280010, vr, value))
        assert data != whole
        assert answer(data).errors


@pytest.mark.parametrize(
    "more",
    [
        {"WindowWidth": 0}, {"WindowWidth": -5}, {"WindowWidth": "nan"}, {"WindowCenter": "1e400"},
        {"WindowCenter": ""}, {"WindowWidth": "x\\y"}, {"RescaleSlope": 0}, {"RescaleSlope": "inf"},
        {"RescaleIntercept": "-1e308"}, {"VOILUTFunction": "NONSENSE"}, {"PixelSpacing": [0, -1]},
        {"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]}, {"ImagePositionPatient": "a\\b\\c"},
        {"PerFrameFunctionalGroupsSequence": [], "SharedFunctionalGroupsSequence": [{}]},
        {"PerFrameFunctionalGroupsSequence": [{"FrameVOILUTSequence": [{}]}]},
        {"ModalityLUTSequence": [{}]}, {"VOILUTSequence": [{"LUTDescriptor": [0, 0, 16]}]},
    ],
)  # fmt: skip
def test_values_that_cannot_be_drawn(more: dict[str, object]) -> None:
    answer(native(**more))


@pytest.mark.parametrize(
    "more",
    [
        {"RedPaletteColorLookupTableDescriptor": [0, 0, 16]},
        {"RedPaletteColorLookupTableDescriptor": [65535, 65535, 8]},
        {"GreenPaletteColorLookupTableDescriptor": [256, 0, 99]},
        {"BluePaletteColorLookupTableDescriptor": [256]},
        {"RedPaletteColorLookupTableData": b""},
        {"RedPaletteColorLookupTableData": None, "SegmentedRedPaletteColorLookupTableData": b"\2\0" * 9},
        {"RedPaletteColorLookupTableData": None, "SegmentedRedPaletteColorLookupTableData": b"\1\0\xff\xff"},
        {"PixelRepresentation": 1, "PixelData": b"\xff" * 192},
    ],
)  # fmt: skip
def test_palettes(more: dict[str, object]) -> None:
    answer(palette(**more))


def test_inflating_is_bounded() -> None:
    meta = native(DEFLATED_LITTLE)
    engine = zlib.compressobj(9, wbits=-15)
    body = write_dataset(values(PixelData=None), EXPLICIT_LITTLE)
    zeros = explicit(0x7FE00010, "OW", b"")[:8] + struct.pack("<I", 150 << 20)
    bomb = engine.compress(body + zeros + bytes(150 << 20)) + engine.flush()
    data = meta[: split_file(meta)[1]] + bomb
    assert "inflated_size" in answer(data).codes
    assert peak_bytes(data) <= allowed_bytes(data)
    for broken in (b"", b"\xff" * 40, bomb[:50], b"\x1f\x8b\x08" + bomb[:200]):
        answer(meta[: split_file(meta)[1]] + broken)


@pytest.mark.parametrize(
    "uid",
    [
        "../../x",
        "/etc/passwd",
        "1.2\0.3",
        "1." * 40,
        "1..2",
        "1.02",
        "",
        ".",
        "١.٢",
        "1.2 .3",
        "-1.2",
    ],
)
def test_uids_that_are_paths_or_nonsense(uid: str) -> None:
    assert not is_valid_uid(uid)


@pytest.mark.parametrize("kind", ["circle", "chain", "fan"])
def test_directories_without_end(kind: str) -> None:
    count = 20_000
    records = []
    first = 132 + 400
    for n in range(count):
        below = first if kind == "circle" else 0
        records.append(
            item(
                explicit(0x00041400, "UL", struct.pack("<I", first + n))
                + explicit(0x00041420, "UL", struct.pack("<I", below))
                + explicit(0x00041430, "CS", b"STUDY " if kind == "fan" else b"PATIENT ")
            )
        )
    body = explicit(0x00041200, "UL", struct.pack("<I", first))
    body += explicit(0x00041220, "SQ", b"".join(records))
    data = bytes(128) + b"DICM" + explicit(0x00020010, "UI", b"1.2.840.10008.1.2.1\0") + body
    assert answer(data).codes == ["pixels_missing"]


@pytest.mark.parametrize("preamble", [b"MZ\x90\0", b"\x7fELF", b"<html><script>", b"#!/bin/sh\n"])
def test_a_preamble_that_is_a_program_is_only_a_preamble(preamble: bytes) -> None:
    found = answer(preamble.ljust(128, b"\0") + native()[128:])
    assert found.frames == 1
    assert found.file is not None and found.file.dataset.text("PatientName")


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=64),
    st.sampled_from(
        [
            "",
            "ISO_IR 100",
            "ISO_IR 192",
            "GB18030",
            "\\ISO 2022 IR 58",
            "\\ISO 2022 IR 87",
            "ISO_IR 13",
            "?",
        ]
    ),
)
def test_any_bytes_are_text(raw: bytes, label: str) -> None:
    decode(raw, labels_of(label.encode()), default="GB18030")


def test_errors_say_where() -> None:
    data = native()
    found = answer(data[:-5])
    assert [e.code for e in found.errors] == ["truncated", "pixels_truncated"]
    assert found.errors[0].offset == len(data) - PIXELS.nbytes - 12


def test_the_broken_files_of_the_reference_set(shared_dicom: Path) -> None:
    for path in sorted((shared_dicom / "broken").iterdir()):
        data = path.read_bytes()
        answer(data)
        assert peak_bytes(data) <= allowed_bytes(data), path.name


def test_private_compression_is_not_guessed(shared_dicom: Path) -> None:
    path = shared_dicom / "syntax/private/2020-09-12-ELSCINT1-PMSCT_RLE1.dcm"
    assert answer(path.read_bytes()).codes == ["pixels_missing"]
    assert read_file(path).problem is None
