"""JPEG and JPEG-LS with DCMTK as the other side: what it encodes we decode, what we encode it
decodes."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.codecs import jpeg, jpeg_dct, jpeg_ls
from imaging.dicom.reader import read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_file
from imaging.pixels.stored import StoredFrames
from tests.support.dct_writer import DctWriter
from tests.support.servers import need

SYNTAX = "1.2.840.10008.1.2.4."


def picture(rows: int, columns: int, samples: int = 1, bits: int = 8) -> NDArray[Any]:
    """Smooth shapes and some noise."""
    y, x = np.mgrid[0:rows, 0:columns]
    random = np.random.default_rng(rows + columns + bits)
    planes = [
        0.5 + 0.3 * np.sin(x / (7 + 3 * n)) * np.cos(y / (9 - 2 * n)) + 0.1 * ((x // 20 + n) % 2)
        for n in range(samples)
    ]
    values = np.stack(planes, axis=-1) + random.normal(0, 0.01, (rows, columns, samples))
    top = (1 << bits) - 1
    return np.clip(values * top, 0, top).astype(np.uint16 if bits > 8 else np.uint8)


def dicom(
    pixels: NDArray[Any], bits: int, photometric: str, syntax: str, frames: list[bytes] | None,
    *, sign: int = 0,
) -> bytes:  # fmt: skip
    """A secondary capture; native when there are no codestreams."""
    rows, columns, samples = pixels.shape
    colour = {"PlanarConfiguration": 0} if samples > 1 else {}
    return write_file(
        {
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SOPInstanceUID": "2.25.1",
            "StudyInstanceUID": "2.25.2", "SeriesInstanceUID": "2.25.3",
            "SamplesPerPixel": samples, "PhotometricInterpretation": photometric, **colour,
            "Rows": rows, "Columns": columns, "BitsAllocated": 16 if bits > 8 else 8,
            "BitsStored": bits, "HighBit": bits - 1, "PixelRepresentation": sign,
            "PixelData": pixels.tobytes() if frames is None else frames,
        },
        syntax,
    )  # fmt: skip


def through(folder: Path, program: str, options: list[str], data: bytes) -> StoredFrames:
    """What a DCMTK program makes of a file."""
    (folder / "in.dcm").write_bytes(data)
    command = [need(program), *options, str(folder / "in.dcm"), str(folder / "out.dcm")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return StoredFrames(read_file((folder / "out.dcm").read_bytes()))


def native(source: StoredFrames) -> NDArray[Any]:
    assert not source.is_encapsulated
    return source.decode(0)


@pytest.mark.parametrize("process", ["+eb", "+ee", "+es", "+ep"])
@pytest.mark.parametrize(("samples", "bits", "sampling"), [
    (1, 8, []), (1, 12, ["+bt"]), (3, 8, ["+s4"]), (3, 8, ["+s2"]), (3, 8, ["+np"]),
    (3, 8, ["+cr"]),
])  # fmt: skip
def test_what_dcmtk_encodes_by_dct_looks_the_same_to_both(
    tmp_path: Path, process: str, samples: int, bits: int, sampling: list[str]
) -> None:
    if process == "+eb":
        bits, sampling = 8, [option for option in sampling if option != "+bt"]
    pixels = picture(61, 83, samples, bits)
    plain = dicom(pixels, bits, "RGB" if samples == 3 else "MONOCHROME2", EXPLICIT_LITTLE, None)
    ours = through(tmp_path, "dcmcjpeg", [process, *sampling], plain)
    assert ours.is_encapsulated
    theirs = through(tmp_path, "dcmdjpeg", ["+cn"], (tmp_path / "out.dcm").read_bytes())
    difference = np.abs(ours.decode(0).astype(int) - native(theirs))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.1


@pytest.mark.parametrize("options", [
    ["+el"], ["+el", "+il"], ["+el", "+is"], ["+el", "+in"], ["+en", "+md", "3"],
    ["+en", "+md", "2", "+is"], ["+el", "+t1", "5", "+t2", "9", "+t3", "40", "+rs", "31"],
    ["+el", "+fs", "1"],
])  # fmt: skip
@pytest.mark.parametrize(("samples", "bits"), [(1, 8), (3, 8), (1, 12), (1, 16)])
def test_what_dcmtk_encodes_by_jpeg_ls_looks_the_same_to_both(
    tmp_path: Path, options: list[str], samples: int, bits: int
) -> None:
    pixels = picture(61, 83, samples, bits)
    plain = dicom(pixels, bits, "RGB" if samples == 3 else "MONOCHROME2", EXPLICIT_LITTLE, None)
    ours = through(tmp_path, "dcmcjpls", options, plain)
    assert ours.is_encapsulated
    theirs = through(tmp_path, "dcmdjpls", [], (tmp_path / "out.dcm").read_bytes())
    assert np.array_equal(ours.decode(0), native(theirs))
    near = int(options[options.index("+md") + 1]) if "+md" in options else 0
    assert np.abs(ours.decode(0).astype(int) - pixels).max() <= near


@pytest.mark.parametrize("near", [0, 1, 5])
@pytest.mark.parametrize(("samples", "bits"), [(1, 8), (3, 8), (1, 10), (1, 16)])
def test_what_we_encode_by_jpeg_ls_dcmtk_decodes(
    tmp_path: Path, near: int, samples: int, bits: int
) -> None:
    pixels = picture(61, 83, samples, bits)
    data = jpeg_ls.encode(pixels, bits, near)
    file = dicom(
        pixels, bits, "RGB" if samples == 3 else "MONOCHROME2", SYNTAX + ("81" if near else "80"),
        [data],
    )  # fmt: skip
    theirs = native(through(tmp_path, "dcmdjpls", [], file))
    ours = np.empty_like(pixels)
    jpeg_ls.decode(data, ours)
    assert np.array_equal(theirs, ours)


@pytest.mark.parametrize("quality", [30, 75, 100])
@pytest.mark.parametrize(("samples", "is_422"), [(1, False), (3, False), (3, True)])
def test_what_we_encode_as_baseline_dcmtk_decodes(
    tmp_path: Path, quality: int, samples: int, is_422: bool
) -> None:
    pixels = picture(61, 84, samples)
    data = jpeg_dct.encode(pixels, quality, is_422=is_422)
    colour = "YBR_FULL_422" if is_422 else "YBR_FULL"
    photometric = colour if samples == 3 else "MONOCHROME2"
    file = dicom(pixels, 8, photometric, SYNTAX + "50", [data])
    theirs = native(through(tmp_path, "dcmdjpeg", ["+cn"], file))
    ours = np.empty_like(pixels)
    jpeg_dct.decode(data, ours)
    assert np.abs(theirs.astype(int) - ours).max() <= 1
    if quality == 100 and not is_422:
        assert np.abs(ours.astype(int) - pixels).max() <= 2


@pytest.mark.parametrize(("samples", "bits"), [(1, 8), (3, 8), (1, 12), (1, 16)])
def test_what_we_encode_losslessly_dcmtk_decodes(tmp_path: Path, samples: int, bits: int) -> None:
    pixels = picture(61, 83, samples, bits)
    photometric = "RGB" if samples == 3 else "MONOCHROME2"
    file = dicom(pixels, bits, photometric, SYNTAX + "70", [jpeg.encode(pixels, bits)])
    assert np.array_equal(native(through(tmp_path, "dcmdjpeg", ["+cn"], file)), pixels)


def test_a_blank_frame_may_come_from_next_to_nothing() -> None:
    pixels = np.zeros((2000, 2000, 1), np.uint16)
    data = jpeg_ls.encode(pixels, 16)
    assert len(data) < 700
    file = dicom(pixels, 16, "MONOCHROME2", SYNTAX + "80", [data])
    assert np.array_equal(StoredFrames(read_file(file)).decode(0), pixels)


def test_lossy_overshoot_ends_at_bits_stored() -> None:
    pixels = (np.indices((32, 32)).sum(axis=0) % 5 < 2)[:, :, None].astype(np.uint16) * 1023
    writer = DctWriter(precision=12, step=200)
    data = writer.write([pixels[:, :, 0]], 32, 32)
    assert writer.shown([pixels[:, :, 0]])[0].max() > 1023
    shown = StoredFrames(read_file(dicom(pixels, 10, "MONOCHROME2", SYNTAX + "51", [data])))
    assert shown.decode(0).max() == 1023


@pytest.mark.parametrize(("syntax", "encode"), [("70", jpeg.encode), ("80", jpeg_ls.encode)])
def test_fewer_bits_than_allocated_keep_their_sign(syntax: str, encode: Any) -> None:
    values = np.arange(-800, 800, 2, dtype=np.int16).reshape(20, 40, 1)
    patterns = values.view(np.uint16) & 0xFFF
    file = dicom(patterns, 12, "MONOCHROME2", SYNTAX + syntax, [encode(patterns, 12)], sign=1)
    assert np.array_equal(StoredFrames(read_file(file)).decode(0), values)
