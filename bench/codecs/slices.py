"""The slices that every codec gets, and how long one takes."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.reader import read_file
from imaging.dicom.writer import write_file
from imaging.pixels.stored import StoredFrames

CHEST = (
    Path(__file__).resolve().parents[3] / "shared" / "dicom" / "series" / "ct_chest_lidc0314_jpll"
)
COUNT = 24


@cache
def chest() -> list[NDArray[np.uint16]]:
    """Slices of the real chest CT, 512 x 512 x 1, unsigned patterns; without the reference folder
    a phantom of the same kind of noise."""
    if CHEST.is_dir():
        files = sorted(CHEST.iterdir())[:: 275 // COUNT][:COUNT]
        return [StoredFrames(read_file(file.read_bytes())).decode(0).view("u2") for file in files]
    random = np.random.default_rng(1)
    y, x = np.mgrid[-256:256, -256:256]
    body = np.where(np.hypot(x, y * 1.4) < 230, 1040.0, 24.0)[:, :, None]
    return [
        np.clip(body + random.normal(0, 12, body.shape), 0, 4095).astype(np.uint16)
        for _ in range(COUNT)
    ]


def eight_bits(pixels: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """A slice through a soft-tissue window."""
    values = pixels.view(np.int16).astype(np.int32)
    low = 840 if values.max() > 1500 else -160
    return np.clip((values - low) * 255 // 400, 0, 255).astype(np.uint8)


def decoding_rate(
    decode: Callable[[Any, NDArray[Any]], None], streams: list[bytes], like: NDArray[Any],
    rounds: int,
) -> float:  # fmt: skip
    """MB/s of samples, the best of some rounds over all streams."""
    out = np.empty_like(like)
    return best_rate(lambda: [decode(data, out) for data in streams], len(streams) * like.nbytes,
                     rounds)  # fmt: skip


def best_rate(work: Callable[[], object], size: int, rounds: int) -> float:
    """MB/s for work on `size` bytes; the first round warms and does not count."""
    work()
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return round(size / best / 1e6, 1)


def dcmtk_rate(
    program: str, streams: list[bytes], like: NDArray[Any], bits: int, syntax: str, rounds: int
) -> float | None:
    """MB/s of a DCMTK decoder from the difference between a file of many frames and one of one
    frame, so that its start does not count (writing the result does); None without DCMTK."""
    if shutil.which(program) is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for frames in (streams, streams[:1]):
            source, target = Path(folder) / "in.dcm", Path(folder) / "out.dcm"
            source.write_bytes(_file(frames, like, bits, syntax))
            best = float("inf")
            for _ in range(rounds + 1):
                start = time.perf_counter()
                subprocess.run([program, source, target], check=True, capture_output=True)
                best = min(best, time.perf_counter() - start)
            times.append(best)
    return round((len(streams) - 1) * like.nbytes / (times[0] - times[1]) / 1e6, 1)


def _file(frames: list[bytes], like: NDArray[Any], bits: int, syntax: str) -> bytes:
    rows, columns, _ = like.shape
    return write_file(
        {
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2", "SOPInstanceUID": "2.25.1",
            "StudyInstanceUID": "2.25.2", "SeriesInstanceUID": "2.25.3",
            "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
            "Rows": rows, "Columns": columns, "NumberOfFrames": len(frames),
            "BitsAllocated": 8 * like.dtype.itemsize, "BitsStored": bits, "HighBit": bits - 1,
            "PixelRepresentation": 0, "PixelData": frames,
        },
        syntax,
    )  # fmt: skip
