"""The quick loops and the careful reader find the same elements."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.dicom.dataset import Dataset
from imaging.dicom.plain_runs import PlainRuns
from imaging.dicom.reader import read_file
from imaging.errors import ImagingError
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


def test_on_every_real_file(shared_dicom: Path) -> None:
    for path in sorted(p for p in shared_dicom.rglob("*") if p.is_file()):
        if path.parent.parent.name == "series" and not path.name.endswith("7.dcm"):
            continue
        data = path.read_bytes()
        assert outcome(data) == carefully(data), path.name


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_on_broken_files(name: str, data: st.DataObject) -> None:
    broken = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(0, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(1, len(broken)))])
    assert outcome(cut) == carefully(cut)
