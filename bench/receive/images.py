"""The same images for every receiver: the real chest CT of the reference folder, uncompressed and
in JPEG Lossless; a phantom where that folder is not there."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from imaging.dicom.writer import file_prefix

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "dicom" / "series"
CHEST = REFERENCE / "ct_chest_lidc0314_jpll"


def prepare(folder: Path) -> dict[str, Path]:
    """Name of the set -> folder of Part 10 files; kept between runs."""
    if CHEST.is_dir() and shutil.which("dcmconv") and shutil.which("dcmdjpeg"):
        return _chest(folder)
    return _phantom(folder)


def _chest(folder: Path) -> dict[str, Path]:
    lossless, raw = folder / "jpll", folder / "raw"
    files = sorted(CHEST.iterdir())
    if not raw.is_dir() or len(list(raw.iterdir())) != len(files):
        for part in (lossless, raw):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)

        def convert(file: Path) -> None:
            # the originals write standard tags as UN, which DCMTK and Orthanc do not take
            subprocess.run(["dcmconv", "+uc", file, lossless / file.name], check=True)
            subprocess.run(["dcmdjpeg", "+te", lossless / file.name, raw / file.name], check=True)

        with ThreadPoolExecutor(os.cpu_count() or 2) as threads:
            list(threads.map(convert, files))
    return {"raw CT": raw, "JPEG Lossless CT": lossless}


def _phantom(folder: Path) -> dict[str, Path]:
    from demo.dicom_files import files_of
    from demo.examples import examples

    raw = folder / "phantom"
    raw.mkdir(parents=True, exist_ok=True)
    if not any(raw.iterdir()):
        head = next(example for example in examples("20260101") if example.picture == "head_ct")
        for number, item in enumerate(files_of(head, datetime(2026, 1, 1, tzinfo=UTC))):
            prefix = file_prefix(
                sop_class_uid=item.sop_class_uid,
                sop_instance_uid=item.sop_instance_uid,
                transfer_syntax_uid=item.transfer_syntax_uid,
            )
            (raw / f"{number:04d}.dcm").write_bytes(prefix + item.data)
    return {"phantom CT": raw}
