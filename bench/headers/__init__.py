"""Headers: files a second that are opened and read up to the pixels, beside pydicom (in a private
environment under var/, never in the product's) and dcmdump."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.codecs.slices import CHEST
from bench.report import FOLDER, figure
from imaging.dicom.reader import read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_file

PYDICOM = "pydicom==3.0.2"
COUNT = 200
_PEER = """
import sys, time, pydicom
best = 1e9
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    for path in sys.argv[2:]:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        {touch}
    best = min(best, time.perf_counter() - start)
print(best)
"""
_TOUCH = {"opened": "pass", "every value read": "[element.value for element in dataset]"}


def run(*, quick: bool = False) -> None:
    """One line each for opening and for reading every value, and one beside dcmdump."""
    rounds = 2 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        files = _files(Path(folder))
        python = _peer_python()
        for case, touch in _TOUCH.items():
            ours = _rate(_open_all if case == "opened" else _read_all, files, rounds)
            theirs = _pydicom(python, touch, files, rounds) if python else None
            missing = {} if theirs else {"missing": "pydicom could not be installed"}
            figure(
                "headers", f"header {case}", "files/s", "higher", ours, PYDICOM, theirs, **missing
            )
        ours = _rate(_open_all, files, rounds)
        theirs = _dcmdump(files, rounds)
        missing = {} if theirs else {"missing": "dcmdump is not installed"}
        figure("headers", "header opened", "files/s", "higher", ours, "dcmdump", theirs, **missing)


def _files(folder: Path) -> list[Path]:
    """The real chest CT, or small files of our own without the reference folder."""
    if CHEST.is_dir():
        return sorted(CHEST.iterdir())[:COUNT]
    values = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": "1.2.3", "Modality": "CT",
        "PatientName": "Zhang^San", "Rows": 512, "Columns": 512, "PixelSpacing": [0.5, 0.5],
        "ReferencedSeriesSequence": [{"SeriesInstanceUID": "1.2"}] * 4, "PixelData": bytes(1 << 19),
    }  # fmt: skip
    for number in range(COUNT):
        (folder / f"{number:04}").write_bytes(write_file(values, EXPLICIT_LITTLE))
    return sorted(folder.iterdir())


def _open_all(files: list[Path]) -> None:
    for path in files:
        read_file(path, stop_before_pixels=True)


def _read_all(files: list[Path]) -> None:
    for path in files:
        dataset = read_file(path, stop_before_pixels=True).dataset
        for tag in dataset.elements:
            dataset.texts(tag)


def _rate(work: Callable[[list[Path]], None], files: list[Path], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work(files)
        best = min(best, time.perf_counter() - start)
    return round(len(files) / best, 1)


def _peer_python() -> Path | None:
    """An interpreter with pydicom, made once."""
    folder = FOLDER / "bench-pydicom"
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", PYDICOM],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return python


def _pydicom(python: Path, touch: str, files: list[Path], rounds: int) -> float | None:
    command = [python, "-c", _PEER.format(touch=touch), str(rounds), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return round(len(files) / float(done.stdout), 1) if done.returncode == 0 else None


def _dcmdump(files: list[Path], rounds: int) -> float | None:
    """Its own start costs little over this many files."""
    program = shutil.which("dcmdump")
    if program is None:
        return None
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run([program, "-M", *files], stdout=subprocess.DEVNULL, check=False,
                       stderr=subprocess.DEVNULL)  # fmt: skip
        best = min(best, time.perf_counter() - start)
    return round(len(files) / best, 1)
