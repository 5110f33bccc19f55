"""Frames whose bytes break off: their upper rows are shown, and never a row that is not real."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.codecs.jpeg.encoder import encode as encode_lossless
from imaging.codecs.jpeg_dct.encoder import encode as encode_dct
from imaging.codecs.jpeg_ls.encoder import encode as encode_ls
from imaging.codecs.rle.encoder import encode as encode_rle
from imaging.dicom.reader import DicomFile, read_file
from imaging.dicom.uid import EXPLICIT_LITTLE, RLE_LOSSLESS
from imaging.dicom.writer import write_file
from imaging.errors import FormatError, Incomplete
from imaging.pixels.image_file import ImageFile
from imaging.pixels.stored import StoredFrames
from tests.hostile.samples import values

ROWS, COLUMNS = 64, 48
NOISE = np.random.default_rng(3).integers(0, 4096, (ROWS, COLUMNS, 1)).astype(np.uint16)
EIGHT = (NOISE >> 4).astype(np.uint8)
COLOUR = np.repeat(EIGHT, 3, axis=2)
SIGNED: NDArray[np.int16] = NOISE.astype(np.int16) - 2048

LOSSLESS, LS, BASELINE = (f"1.2.840.10008.1.2.4.{leaf}" for leaf in (70, 80, 50))
STREAMS: dict[str, tuple[str, NDArray[Any], Callable[[], bytes]]] = {
    "lossless": (LOSSLESS, NOISE, lambda: encode_lossless(NOISE, 12)),
    "jpeg_ls": (LS, NOISE, lambda: encode_ls(NOISE, 12)),
    "baseline": (BASELINE, EIGHT, lambda: encode_dct(EIGHT)),
    "colour": (BASELINE, COLOUR, lambda: encode_dct(COLOUR)),
}


def whole_file(syntax: str, pixels: NDArray[Any], data: Any, **more: Any) -> bytes:
    bits = 8 * pixels.dtype.itemsize
    samples = pixels.shape[2]
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL_422",
              "PlanarConfiguration": 0} if samples == 3 else {}  # fmt: skip
    stored = min(bits, 12)
    facts = {"Rows": ROWS, "Columns": COLUMNS, "BitsAllocated": bits, "BitsStored": stored,
             "HighBit": stored - 1, "PixelData": data, **colour, **more}  # fmt: skip
    return write_file(values(**facts), syntax)


def part_of(file: DicomFile) -> tuple[NDArray[Any], Incomplete]:
    pixels, problem = StoredFrames(file).decode_part(0)
    assert problem is not None
    return pixels, problem


def check_part(file: DicomFile, whole: NDArray[Any], least: int) -> None:
    """The upper rows are those of the whole frame, nothing is below, and it is told."""
    pixels, problem = part_of(file)
    assert least <= problem.rows < ROWS
    assert np.array_equal(pixels[: problem.rows], whole[: problem.rows])
    assert not pixels[problem.rows :].any()
    with pytest.raises(Incomplete, match="truncated"):
        StoredFrames(file).decode(0)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_stream_without_its_end(name: str, share: float) -> None:
    syntax, pixels, encode = STREAMS[name]
    stream = encode()
    whole = StoredFrames(read_file(whole_file(syntax, pixels, [stream]))).decode(0)
    cut = stream[: int(len(stream) * share) // 2 * 2]
    check_part(read_file(whole_file(syntax, pixels, [cut])), whole, int(ROWS * share) // 2 - 8)


@pytest.mark.parametrize("name", STREAMS)
def test_a_file_without_its_end(name: str) -> None:
    syntax, pixels, encode = STREAMS[name]
    data = whole_file(syntax, pixels, [encode()])
    check_part(read_file(data[: len(data) * 3 // 4]), StoredFrames(read_file(data)).decode(0), 16)


@pytest.mark.parametrize("name", STREAMS)
def test_bytes_lost_from_the_middle_are_no_end(name: str) -> None:
    """The end marker is there, so what is missing is somewhere else: no row is trusted."""
    syntax, pixels, encode = STREAMS[name]
    stream = encode()
    third = len(stream) // 3 & ~1
    file = read_file(whole_file(syntax, pixels, [stream[: 2 * third] + stream[-(third // 2) :]]))
    with pytest.raises(FormatError):
        StoredFrames(file).decode_part(0)


@pytest.mark.parametrize("kept", [0.75, 0.9])
def test_rle_and_native_are_believed_when_the_file_is_cut(kept: float) -> None:
    for syntax, data in ((RLE_LOSSLESS, [encode_rle(NOISE)]), (EXPLICIT_LITTLE, NOISE.tobytes())):
        file = whole_file(syntax, NOISE, data)
        check_part(read_file(file[: int(len(file) * kept)]), NOISE, 1)


def test_a_short_value_in_a_whole_file_is_an_error() -> None:
    """Then Rows or Columns may be wrong just as well."""
    for syntax, data in (
        (RLE_LOSSLESS, [encode_rle(NOISE)[:-40]]),
        (EXPLICIT_LITTLE, NOISE.tobytes()[:-400]),
    ):
        with pytest.raises(FormatError, match="truncated"):
            StoredFrames(read_file(whole_file(syntax, NOISE, data))).decode_part(0)


def test_what_never_came_is_dark() -> None:
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        data = whole_file(
            EXPLICIT_LITTLE, SIGNED, SIGNED.tobytes(),
            PixelRepresentation=1, PhotometricInterpretation=photometric,
        )  # fmt: skip
        image = ImageFile(read_file(data[: len(data) * 2 // 3]))
        with pytest.raises(Incomplete):
            image.frame(0)  # for those who do not tell
        frame = image.frame_or_part(0)
        assert frame.problem is not None
        upper, lower = np.split(frame.pixels, [frame.problem.rows])
        assert np.array_equal(upper, SIGNED[: frame.problem.rows, :, 0])
        dark = upper.max() if photometric == "MONOCHROME1" else upper.min()
        assert lower.size and (lower == dark).all()
