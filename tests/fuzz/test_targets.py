"""The fuzzer's seeds, through its targets and its judge: each is understood, none is a finding."""

import zipfile
from pathlib import Path

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import Watch

CORPUS = Path(__file__).with_name("corpus")


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_understood(name: str, tmp_path: Path) -> None:
    watch = Watch(TARGETS[name], tmp_path)
    errors = [watch(data) for data in seeds(name)]
    assert len(errors) >= 4
    assert [found for found in watch.found if not found.startswith("slow")] == []
    if name not in ("data_set", "deflate"):
        assert errors == [None] * len(errors)


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_fuzzer_grew_has_no_finding(name: str, tmp_path: Path) -> None:
    watch = Watch(TARGETS[name], tmp_path)
    with zipfile.ZipFile(CORPUS / f"{name}.zip") as corpus:
        outcomes = {
            error and error.code for error in map(watch, map(corpus.read, corpus.namelist()))
        }
    assert [found for found in watch.found if not found.startswith("slow")] == []
    assert len(outcomes) > 2  # it reached several different ends


def test_a_finding_is_kept_once(tmp_path: Path) -> None:
    def broken(data: bytes) -> None:
        raise IndexError(len(data))

    watch = Watch(broken, tmp_path)
    assert watch(b"one") is None
    assert watch(b"three") is None
    assert watch.found == {"IndexError test_targets.broken"}
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"one"]
