"""The wheel carries everything: code, built pages, migrations, dictionary, commands."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


@pytest.mark.slow
def test_the_wheel_carries_the_built_pages(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(tmp_path), str(REPOSITORY)],
        check=True, timeout=100,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("cloudfilm-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert b"cloudfilm = cli.main:main" in archive.read(entry)
    assert {
        "bff/pages/patient/index.html",
        "bff/pages/viewer/index.html",
        "imaging/dicom/dictionary.tsv",
        "migrations/0001_first.py",
        "supervisor/supervise.py",
    } <= names
    assert any(name.startswith("bff/pages/assets/viewer-") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "bench/", "web/"))]
