"""Healthy data sets with anything cut off, flipped or put in: a typed error or what is left of the
image, and nothing else is ever raised. The battery's classes, case by case: `test_every_class`."""

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imaging.dicom.charset import decode, labels_of
from imaging.dicom.reader import read_file, split_file
from tests.hostile.answer import answer, costly_answer
from tests.hostile.measure import allowed_bytes
from tests.hostile.samples import PIXELS, everything, native
from tests.imaging.dicom.test_reader import explicit, item

SAMPLES = everything()
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
        found, cost = costly_answer(data)
        assert "truncated" in found.codes or "item_expected" in found.codes
        assert cost.grown_bytes <= allowed_bytes(data)


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
        _, cost = costly_answer(data)
        assert cost.grown_bytes <= allowed_bytes(data), path.name


def test_private_compression_is_not_guessed(shared_dicom: Path) -> None:
    path = shared_dicom / "syntax/private/2020-09-12-ELSCINT1-PMSCT_RLE1.dcm"
    assert answer(path.read_bytes()).codes == ["pixels_missing"]
    assert read_file(path).problem is None
