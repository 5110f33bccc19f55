"""DCMTK as a measuring peer: files that its tools write are read with every value, and files that
we write are read by it."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from imaging.dicom.reader import DicomFile, read_file
from imaging.dicom.writer import write_file
from imaging.pixels.colour import is_ybr, ybr_to_rgb
from imaging.pixels.statistics import measure
from imaging.pixels.stored import StoredFrames
from imaging.pixels.transcode import NAMES, transcode_file
from tests.hostile.samples import values
from tests.support.servers import need


@pytest.fixture(autouse=True)
def dcmtk() -> None:
    need("dcmconv")


CONVERSIONS = [
    ["dcmconv", option] for option in ("+te", "+ti", "+tb", "+td")
] + [
    ["dcmconv", *options]
    for options in (
        ["+e", "+g="], ["-e"], ["-e", "+ti"], ["+e", "+tb"], ["+p", "512", "32"], ["+td", "+cl", "9"],
        ["-F"], ["-F", "+ti"],
    )
]  # fmt: skip
LOSSLESS = [
    ["dcmcrle"], ["dcmcrle", "+fs", "1"], ["dcmcjpeg", "+e1"], ["dcmcjpeg", "+el", "+sv", "2"],
    ["dcmcjpeg", "+el", "+sv", "7"], ["dcmcjpeg", "+e1", "+fs", "2"], ["dcmcjpls"],
    ["dcmcjpls", "+il"], ["dcmcjpls", "+is"], ["dcmcjpls", "+in"], ["dcmcjpls", "+fs", "1"],
]  # fmt: skip


def image(shape: tuple[int, ...], bits: int, *, is_signed: bool = False) -> bytes:
    """A noisy picture of (frames, rows, columns, samples)."""
    frames, rows, columns, samples = shape
    dice = np.random.default_rng(sum(shape) + bits)
    size = 1 if bits <= 8 else 2
    ramp = np.linspace(0, 1, columns)[None, None, :, None] * (1 << bits) * 0.7
    noise = dice.normal(0, 2 ** (bits / 2 - 1), shape)
    pixels = np.clip(ramp + noise, 0, (1 << bits) - 1).astype(f"u{size}")
    if is_signed:
        pixels = (pixels.astype(np.int32) - (1 << (bits - 1))).astype(f"i{size}")
    more = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "NumberOfFrames": frames, "Rows": rows,
        "Columns": columns, "SamplesPerPixel": samples, "BitsAllocated": 8 * size,
        "BitsStored": bits, "HighBit": bits - 1, "PixelRepresentation": int(is_signed),
        "PhotometricInterpretation": "RGB" if samples == 3 else "MONOCHROME2",
        "PlanarConfiguration": 0 if samples == 3 else None, "PixelData": pixels.tobytes(),
        "StudyInstanceUID": "1.2.5", "SeriesInstanceUID": "1.2.6",
    }  # fmt: skip
    return write_file(values(**more), NAMES["explicit"])


IMAGES = {
    "grey 8": image((1, 37, 41, 1), 8),
    "grey 12": image((1, 64, 50, 1), 12),
    "grey 16": image((1, 33, 64, 1), 16),
    "grey 10, frames": image((3, 20, 31, 1), 10),
    "signed 16": image((1, 32, 32, 1), 16, is_signed=True),
    "signed 12": image((2, 32, 30, 1), 12, is_signed=True),
    "colour": image((1, 32, 40, 3), 8),
    "colour, frames": image((2, 17, 23, 3), 8),
}


def run(command: list[str], source: Path, target: Path) -> bool:
    done = subprocess.run(
        [command[0], *command[1:], str(source), str(target)], capture_output=True, check=False
    )
    return done.returncode == 0 and target.exists()


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("command", CONVERSIONS + LOSSLESS, ids=" ".join)
def test_what_dcmtk_writes(tmp_path: Path, name: str, command: list[str]) -> None:
    source, target = tmp_path / "a.dcm", tmp_path / "b.dcm"
    source.write_bytes(IMAGES[name])
    assert run(command, source, target)
    before, after = read_file(source), read_file(target)
    assert after.problem is None
    first, second = StoredFrames(before), StoredFrames(after)
    is_lossy = after.dataset.text("LossyImageCompression") == "01"
    mask = (1 << first.layout.bits_stored) - 1  # some streams carry no sign above the bits
    for index in range(first.count):
        one, other = (
            source.decode(index).view(f"u{source.layout.item_bytes}") for source in (first, second)
        )
        if not is_lossy:
            assert np.array_equal(one & mask, other & mask)
    assert after.dataset.text("PatientName") == before.dataset.text("PatientName")
    assert after.dataset.sequence("ReferencedSeriesSequence")


# what the installed DCMTK has a decoder for; it knows no syntax of uncompressed or deflated frames
PROGRAMS = {"rle": "dcmdrle"} | {
    name: "dcmdjpls" if name.startswith("jpeg-ls") else "dcmdjpeg"
    for name in NAMES
    if name.startswith("jpeg")
}
WITHOUT_LOSS = [
    name
    for name in NAMES
    if not name.endswith("-frames") and name not in ("jpeg-baseline", "jpeg-ls-near")
]


def turned_back(tmp_path: Path, name: str, target: str) -> tuple[DicomFile, DicomFile]:
    """(what we wrote, what DCMTK made of it: uncompressed)."""
    source, plain = tmp_path / "a.dcm", tmp_path / "b.dcm"
    source.write_bytes(transcode_file(read_file(IMAGES[name]), target))
    program = PROGRAMS.get(target, "dcmconv")
    options = ["+te"] if program == "dcmconv" else []
    assert run([program, *options], source, plain), "DCMTK refuses our file"
    return read_file(source), read_file(plain)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("target", WITHOUT_LOSS)
def test_what_we_write(tmp_path: Path, name: str, target: str) -> None:
    """DCMTK turns our file into an uncompressed one with the same pixels."""
    _, theirs = turned_back(tmp_path, name, target)
    before = StoredFrames(read_file(IMAGES[name]))
    assert measure(StoredFrames(theirs)).raw == measure(before).raw


@pytest.mark.parametrize(
    ("target", "name", "most"),
    [
        ("jpeg-ls-near", "grey 8", 0), ("jpeg-ls-near", "grey 12", 0), ("jpeg-ls-near", "colour", 0),
        ("jpeg-baseline", "grey 8", 1), ("jpeg-baseline", "colour", 3),
    ],
)  # fmt: skip
def test_what_we_write_with_loss(tmp_path: Path, name: str, target: str, most: int) -> None:
    """DCMTK sees the picture that we see in our own file: exactly where the standard has one answer,
    else within the rounding of an inverse transform and of its colours."""
    ours, theirs = turned_back(tmp_path, name, target)
    first, second = (StoredFrames(one) for one in (ours, theirs))
    seen = first.decode(0)
    if is_ybr(first.layout) and not is_ybr(second.layout):
        seen = ybr_to_rgb(seen)
    off = np.abs(seen.astype(int) - second.decode(0))
    assert off.max() <= most


@pytest.mark.parametrize("target", NAMES)
def test_our_headers_are_dumped_without_a_complaint(tmp_path: Path, target: str) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(transcode_file(read_file(IMAGES["grey 8"]), target))
    done = subprocess.run(["dcmdump", str(path)], capture_output=True, check=True)
    assert b"E:" not in done.stderr and b"W:" not in done.stderr
    assert b"ReferencedSeriesSequence" in done.stdout
