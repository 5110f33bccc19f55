"""The quick loops, the compiled scan and the careful reader find the same elements."""

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.dicom import plain_runs
from imaging.dicom.dataset import Dataset
from imaging.dicom.dictionary import tag_for
from imaging.dicom.plain_runs import PlainRuns
from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from imaging.errors import ImagingError
from imaging.headers.scan import scan_run
from imaging.headers.scan_kernels import scan_elements
from tests.hostile.samples import everything

SAMPLES = everything()


def tree(dataset: Dataset) -> list[Any]:
    return [
        (tag, e.vr, e.offset, bytes(e.raw), e.fragments, [tree(item) for item in e.items or []])
        for tag, e in dataset
    ]


def outcome(data: bytes) -> Any:
    try:
        file = read_file(data)
    except ImagingError as error:
        return str(error)
    return tree(file.dataset), str(file.problem), tree(file.meta)


def carefully(data: bytes) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainRuns, "read", lambda _, data, position, *__: (position, 0))
        return outcome(data)


def compiled(data: bytes) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_runs, "compiled_scan", scan_run)
        return outcome(data)


def test_on_every_real_file(shared_dicom: Path) -> None:
    for path in sorted(p for p in shared_dicom.rglob("*") if p.is_file()):
        if path.parent.parent.name == "series" and not path.name.endswith("7.dcm"):
            continue
        data = path.read_bytes()
        assert outcome(data) == carefully(data) == compiled(data), path.name


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_on_broken_files(name: str, data: st.DataObject) -> None:
    broken = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(0, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(1, len(broken)))])
    assert outcome(cut) == carefully(cut) == compiled(cut)


def test_a_sequence_is_read_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_runs, "compiled_scan", scan_run)
    items = [{"ReferencedSOPInstanceUID": "1.2.3"}, {"ReferencedSOPInstanceUID": "1.2.4"}]
    dataset = read_dataset(
        write_dataset({"ReferencedImageSequence": items, "Rows": 4}, IMPLICIT_LITTLE),
        IMPLICIT_LITTLE,
    )
    tag = tag_for("ReferencedImageSequence")
    assert isinstance(dataset.elements.noted[tag], int)
    uids = [item.text("ReferencedSOPInstanceUID") for item in dataset.sequence(tag)]
    assert uids == ["1.2.3", "1.2.4"]
    assert not isinstance(dataset.elements.noted[tag], int)


@pytest.mark.parametrize("sign", [0, 1])
def test_a_sign_is_that_of_the_pixels(monkeypatch: pytest.MonkeyPatch, sign: int) -> None:
    monkeypatch.setattr(plain_runs, "compiled_scan", scan_run)
    written = write_dataset(
        {"PixelRepresentation": sign, "SmallestImagePixelValue": b"\xff\xff"},
        IMPLICIT_LITTLE,
    )
    dataset = read_dataset(written, IMPLICIT_LITTLE)
    assert dataset.integer("SmallestImagePixelValue") == (-1 if sign else 65535)


def test_long_runs_and_many_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than one run may have, and special elements all the way."""
    monkeypatch.setattr(plain_runs, "compiled_scan", scan_run)
    head = struct.Struct("<HH2sH").pack
    plain = b"".join(head(0x11, 0x1000 + n, b"CS", 2) + b"%02d" % (n % 100) for n in range(5000))
    odd = b"".join(head(0x13, 0x1000 + n, b"??", 2) + b"XY" for n in range(50))
    dataset = read_dataset(plain + odd, EXPLICIT_LITTLE)
    assert len(dataset.elements) == 5050
    assert [dataset.text(0x110000 | 0x1000 + n) for n in (0, 1023, 1024, 4999)] == [
        "00", "23", "24", "99",
    ]  # fmt: skip


def test_the_lock_is_given_away() -> None:
    """The kernels are compiled to run without the interpreter lock."""
    assert scan_elements.targetoptions["nogil"]
