"""Fixtures that every test may use."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material beside the checkout; absent for a public reader."""
    if not SHARED.is_dir():
        pytest.skip("the reference folder `shared` is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def shared_dicom(shared: Path) -> Path:
    """Real DICOM files with a manifest of independently computed pixel hashes."""
    folder = shared / "dicom"
    if not folder.is_dir():
        pytest.skip("the reference folder `shared/dicom` is not beside this checkout")
    return folder
