"""Headers: files a second that are opened and read up to the pixels, beside pydicom (in a private
environment under var/, never in the product's) and dcmdump. Ours and the peer take turns, so that
a busy machine slows both."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.codecs.slices import CHEST
from bench.peer import environment, in_turn
from bench.report import figure
from imaging.dicom.reader import read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_file
from imaging.headers import use_compiled_scan

PYDICOM = "pydicom==3.0.2"
COUNT = 200
SERIES = {
    "chest CT, standard tags as UN": CHEST,
    "head CT, 93 elements": CHEST.with_name("ct_head_tilt_ge_jls"),
    "implicit MR with sequences": CHEST.with_name("mr_signa_implicit_raw"),
}
_PEER = """
import pydicom
pieces = sys.argv[2:]
def work(path):
    dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    if sys.argv[1] == "every value read":
        [element.value for element in dataset]
"""


def run(*, quick: bool = False) -> None:
    """For each series one line for opening and one for reading every value; and dcmdump."""
    use_compiled_scan()  # as the workers do
    rounds = 5 if quick else 15
    python = environment("bench-pydicom", PYDICOM)
    with tempfile.TemporaryDirectory() as folder:
        for name, files in _series(Path(folder)):
            for case, work in (("opened", _open), ("every value read", _read)):
                ours, theirs = in_turn(work, files, python, _PEER, [case, *files], rounds)
                missing = {} if theirs else {"missing": "pydicom could not be installed"}
                figure("headers", f"{case}, {name}", "files/s", "higher",
                       round(len(files) / ours, 1), PYDICOM,
                       round(len(files) / theirs, 1) if theirs else None, **missing)  # fmt: skip
            ours, _ = in_turn(_open, files, None, "", [], rounds)
            rate = _dcmdump(files, rounds)
            missing = {} if rate else {"missing": "dcmdump is not installed"}
            figure("headers", f"opened, {name}", "files/s", "higher",
                   round(len(files) / ours, 1), "dcmdump", rate, **missing)  # fmt: skip


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


def _open(path: Path) -> None:
    read_file(path, stop_before_pixels=True)


def _read(path: Path) -> None:
    dataset = read_file(path, stop_before_pixels=True).dataset
    for tag in dataset.elements:
        dataset.texts(tag)


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
