"""Hostile codestreams (BATTERY.md section 2: classes 7 to 11): streams of every codec cut, flipped,
mixed up and under wrong headers. Frames come or a typed error does; run this with
NUMBA_BOUNDSCHECK=1 and a fresh NUMBA_CACHE_DIR to see every access outside an array."""

import os
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.codecs import jpeg, jpeg_ls, rle
from imaging.dicom.encapsulation import encapsulated_frames
from imaging.dicom.reader import read_file
from tests.hostile.answer import answer
from tests.hostile.classes.case import wrapped
from tests.hostile.samples import PIXELS, native

ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "60"))
RLE, JPEG_LOSSLESS, JPEG_LS = (
    "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
)  # fmt: skip
REAL = [
    "syntax/ct_ge_chest/CTImage_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm",
    "syntax/ct_ge_chest/CTImage_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm",
    "syntax/ct_ge_chest/CTImage_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm",
    "syntax/ct_ge_chest/CTImage_JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57.dcm",
    "colour/SC_rgb_dcmtk__eb_cr.dcm", "syntax/jpegls/JLSL_RGB_ILV1.dcm",
    "syntax/jpegls/JLSL_RGB_ILV2.dcm", "syntax/jpegls/JPEGLSNearLossless_16.dcm",
    "multiframe/emri_small_jpeg_2k_lossless.dcm", "syntax/jpeg2000/693_J2KI.dcm",
    "syntax/jpeg2000/SC_rgb_gdcm_KY.dcm", "syntax/htj2k/NM1_JPH", "syntax/htj2k/HTJ2K_08_RGB.dcm",
]  # fmt: skip


def own() -> dict[str, tuple[bytes, str]]:
    return {
        "rle": (rle.encode(PIXELS), RLE),
        "jpeg lossless": (jpeg.encode(PIXELS, 12), JPEG_LOSSLESS),
        "jpeg-ls": (jpeg_ls.encode(PIXELS, 12), JPEG_LS),
    }


OWN = own()


def mutations(stream: bytes, rounds: int, seed: int) -> Iterator[bytes]:
    """Bits flipped, bytes changed, pieces cut, doubled, swapped and filled."""
    dice = random.Random(seed)
    for _ in range(rounds):
        out = bytearray(stream)
        head = min(len(out), 700)  # most of what is parsed and not only decoded
        for _ in range(dice.randint(1, 6)):
            limit = head if dice.random() < 0.6 else len(out)
            place = dice.randrange(limit)
            kind = dice.randrange(6)
            if kind == 0:
                out[place] ^= 1 << dice.randrange(8)
            elif kind == 1:
                out[place] = dice.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
            elif kind == 2:
                out[place : place + 2] = struct.pack(">H", dice.choice((0, 1, 2, 0x7FFF, 0xFFFF)))
            elif kind == 3:
                del out[place : place + dice.randint(1, 40)]
            elif kind == 4:
                out[place:place] = out[place : place + dice.randint(1, 40)]
            else:
                out[place : place + dice.randint(1, 16)] = bytes([dice.choice((0, 0xFF))]) * 8
            if not out:
                out = bytearray(b"\0")
            head = min(len(out), 700)
        yield bytes(out)


@pytest.mark.parametrize("name", OWN)
def test_streams_cut_at_every_byte(name: str) -> None:
    stream, syntax = OWN[name]
    for end in range(len(stream)):
        answer(wrapped(stream[:end], syntax, native()))


@pytest.mark.parametrize("name", OWN)
def test_streams_of_our_own_mutated(name: str) -> None:
    stream, syntax = OWN[name]
    for broken in mutations(stream, 10 * ROUNDS, seed=1):
        answer(wrapped(broken, syntax, native()))


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("other", OWN)
def test_a_stream_under_the_wrong_syntax_is_refused(name: str, other: str) -> None:
    found = answer(wrapped(OWN[name][0], OWN[other][1], native()))
    assert (found.frames == 1) == (name == other)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(
    "more",
    [{"Rows": 17}, {"Rows": 15}, {"Columns": 11}, {"Columns": 4000}, {"BitsAllocated": 8, "BitsStored": 8},
     {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, {"BitsAllocated": 32}],
)  # fmt: skip
def test_a_stream_that_the_header_does_not_fit(name: str, more: dict[str, Any]) -> None:
    stream, syntax = OWN[name]
    found = answer(wrapped(stream, syntax, native(**{"HighBit": None} | more)))
    if name == "rle" and more == {"Rows": 15}:
        return  # what follows the last row may be padding: RLE itself has no size
    assert found.frames == 0 and found.errors


@pytest.mark.parametrize("name", OWN)
def test_streams_of_noise(name: str) -> None:
    stream, syntax = OWN[name]
    noise = np.random.default_rng(5)
    for _ in range(ROUNDS):
        head = stream[: int(noise.integers(0, 80))]
        answer(wrapped(head + noise.bytes(int(noise.integers(1, 600))), syntax, native()))


@pytest.mark.parametrize("name", REAL)
def test_real_streams_mutated(shared_dicom: Path, name: str) -> None:
    template = (shared_dicom / name).read_bytes()
    file = read_file(template)
    stream = bytes(encapsulated_frames(file.dataset)[0])
    for broken in mutations(stream, ROUNDS // 3, seed=2):
        answer(wrapped(broken, file.transfer_syntax_uid, template), most_frames=1)
    for part in range(1, 20):
        cut = stream[: len(stream) * part // 20]
        answer(wrapped(cut, file.transfer_syntax_uid, template), most_frames=1)
