"""The fuzzer's seeds, through its targets and its judge: each is understood, none is a finding."""

from pathlib import Path

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import Watch


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_understood(name: str, tmp_path: Path) -> None:
    watch = Watch(TARGETS[name], tmp_path)
    errors = [watch(data) for data in seeds(name)]
    assert len(errors) >= 4
    assert [found for found in watch.found if not found.startswith("slow")] == []
    if name not in ("data_set", "deflate"):
        assert errors == [None] * len(errors)


def test_a_finding_is_kept_once(tmp_path: Path) -> None:
    def broken(data: bytes) -> None:
        raise IndexError(len(data))

    watch = Watch(broken, tmp_path)
    assert watch(b"one") is None
    assert watch(b"three") is None
    assert watch.found == {"IndexError test_targets.broken"}
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"one"]
