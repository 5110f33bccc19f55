"""Headers: files a second that are opened and read up to the pixels, beside pydicom (in a private
environment under var/, never in the product's) and dcmdump. Ours and the peer take turns, so that
a busy machine slows both."""

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
SERIES = {
    "chest CT, standard tags as UN": CHEST,
    "head CT, 93 elements": CHEST.with_name("ct_head_tilt_ge_jls"),
    "implicit MR with sequences": CHEST.with_name("mr_signa_implicit_raw"),
}
_PEER = """
import sys, time, pydicom
files = sys.argv[1:]
for path in files[:5]:
    pydicom.dcmread(path, stop_before_pixels=True, force=True)
for _ in sys.stdin:
    start = time.perf_counter()
    for path in files:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        {touch}
    print(time.perf_counter() - start, flush=True)
"""
_TOUCH = {"opened": "pass", "every value read": "[element.value for element in dataset]"}


def run(*, quick: bool = False) -> None:
    """For each series one line for opening and one for reading every value; and dcmdump."""
    rounds = 4 if quick else 12
    python = _peer_python()
    with tempfile.TemporaryDirectory() as folder:
        for name, files in _series(Path(folder)):
            for case, touch in _TOUCH.items():
                work = _open_all if case == "opened" else _read_all
                ours, theirs = _in_turn(work, python, touch, files, rounds)
                missing = {} if theirs else {"missing": "pydicom could not be installed"}
                figure("headers", f"{case}, {name}", "files/s", "higher", ours, PYDICOM, theirs,
                       **missing)  # fmt: skip
            ours = _rate(_open_all, files, rounds)
            theirs = _dcmdump(files, rounds)
            missing = {} if theirs else {"missing": "dcmdump is not installed"}
            figure("headers", f"opened, {name}", "files/s", "higher", ours, "dcmdump", theirs,
                   **missing)  # fmt: skip


def _series(folder: Path) -> list[tuple[str, list[Path]]]:
    """Real series, or small files of our own without the reference folder."""
    if CHEST.is_dir():
        return [(name, sorted(place.iterdir())[:COUNT]) for name, place in SERIES.items()]
    values = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": "1.2.3", "Modality": "CT",
        "PatientName": "Zhang^San", "Rows": 512, "Columns": 512, "PixelSpacing": [0.5, 0.5],
        "ReferencedSeriesSequence": [{"SeriesInstanceUID": "1.2"}] * 4, "PixelData": bytes(1 << 19),
    }  # fmt: skip
    for number in range(COUNT):
        (folder / f"{number:04}").write_bytes(write_file(values, EXPLICIT_LITTLE))
    return [("of our own", sorted(folder.iterdir()))]


def _open_all(files: list[Path]) -> None:
    for path in files:
        read_file(path, stop_before_pixels=True)


def _read_all(files: list[Path]) -> None:
    for path in files:
        dataset = read_file(path, stop_before_pixels=True).dataset
        for tag in dataset.elements:
            dataset.texts(tag)


def _rate(work: Callable[[list[Path]], None], files: list[Path], rounds: int) -> float:
    best = min(_seconds(work, files) for _ in range(rounds))
    return round(len(files) / best, 1)


def _seconds(work: Callable[[list[Path]], None], files: list[Path]) -> float:
    start = time.perf_counter()
    work(files)
    return time.perf_counter() - start


def _in_turn(
    work: Callable[[list[Path]], None], python: Path | None, touch: str, files: list[Path],
    rounds: int,
) -> tuple[float, float | None]:  # fmt: skip
    """The best rate of ours and of pydicom, a round each in turn."""
    if python is None:
        return _rate(work, files, rounds), None
    ours, theirs = [], []
    command = [python, "-W", "ignore", "-c", _PEER.format(touch=touch), *files]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-3, text=True) as peer:
        assert peer.stdin is not None and peer.stdout is not None
        for _ in range(rounds):
            ours.append(_seconds(work, files))
            peer.stdin.write("\n")
            peer.stdin.flush()
            theirs.append(float(peer.stdout.readline() or "inf"))
        peer.stdin.close()
    theirs_rate = round(len(files) / min(theirs), 1)
    return round(len(files) / min(ours), 1), theirs_rate or None


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
