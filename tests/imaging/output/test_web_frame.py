"""The web format against a decoder of its own (tests/support/frame_decoder.py)."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imaging.output.png import encode_png
from imaging.output.preview import coarse_to_fine, longest_side, pack_preview
from imaging.output.reduce import area_average, fit
from imaging.output.web_frame import encode_frame, pack
from tests.support.frame_decoder import decode_frame, decode_preview, unzip

KINDS = [np.uint8, np.int8, np.uint16, np.int16]


@given(
    st.integers(1, 20), st.integers(1, 20), st.sampled_from(KINDS), st.integers(0, 2**32 - 1)
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_every_sample_comes_back(rows: int, columns: int, kind: Any, seed: int) -> None:
    bounds = np.iinfo(kind)
    random = np.random.default_rng(seed)
    pixels = random.integers(bounds.min, bounds.max + 1, (rows, columns)).astype(kind)
    found = decode_frame(unzip(pack(encode_frame(pixels, 12))))
    assert found.pixels.dtype == kind
    assert found.bits_stored == 12
    assert np.array_equal(found.pixels, pixels)


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 5, 3), (16, 16, 3)])
def test_colour_comes_back(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)
    assert np.array_equal(decode_frame(bytes(encode_frame(pixels, 8))).pixels, pixels)


def test_pixels_that_are_not_contiguous_are_encoded_too() -> None:
    pixels = np.arange(400, dtype=np.uint16).reshape(20, 20)[::2, ::-1]
    assert np.array_equal(decode_frame(bytes(encode_frame(pixels, 16))).pixels, pixels)


def test_the_header_is_the_documented_one() -> None:
    body = encode_frame(np.zeros((3, 258), np.int16), 12)
    assert bytes(body[:16]) == b"CFF1" + bytes([1, 1, 2, 12, 3, 0, 2, 1, 0, 0, 0, 0])
    assert len(body) == 16 + 3 * 258 * 2


def test_a_known_frame_has_known_residuals() -> None:
    # first pixel 10; left 10 -> +2; up 10 -> -1; then a=9, b=12, c=10: a+b-c = 11 -> 0
    body = encode_frame(np.array([[10, 12], [9, 11]], np.uint8), 8)
    assert list(body[16:]) == [20, 4, 1, 0]
    word = encode_frame(np.array([[10, 300]], np.uint16), 16)
    assert list(word[16:]) == [0, 2, 20, 68]  # 290 -> zigzag 580 = 0x0244, high bytes first


def test_signed_samples_are_coded_from_the_flipped_pattern() -> None:
    body = encode_frame(np.array([[-1, 0]], np.int16), 16)
    # the first pixel is 0x7FFF, whose signed residual 32767 zigzags to 0xFFFE
    assert list(body[16:]) == [0xFF, 0x00, 0xFE, 0x02]


def test_the_same_frame_always_packs_to_the_same_bytes() -> None:
    body = encode_frame(np.arange(4096, dtype=np.uint16).reshape(64, 64), 12)
    assert pack(body) == pack(bytes(body))


@pytest.mark.parametrize(("count", "side"), [(1, 512), (4, 512), (5, 256), (40, 256), (41, 128)])
def test_the_preview_is_smaller_the_more_frames_there_are(count: int, side: int) -> None:
    assert longest_side(count) == side


def test_the_preview_goes_from_coarse_to_fine() -> None:
    order = coarse_to_fine(40)
    assert order[:4] == [20, 0, 16, 32]
    assert sorted(order) == list(range(40))
    assert coarse_to_fine(0) == []
    assert coarse_to_fine(1) == [0]


def test_the_first_picture_of_a_preview_can_be_read_before_the_rest_has_come() -> None:
    frames = [np.full((32, 32), n, np.uint8) for n in range(50)]
    data, rows, columns = pack_preview(frames)
    assert (rows, columns) == (32, 32)
    engine, plain, used = zlib.decompressobj(31), b"", 0
    while len(plain) < 16 + 2 + 1024:
        plain += engine.decompress(data[used : used + 1])
        used += 1
    assert used < len(data) / 4
    assert struct.unpack_from("<H", plain, 16) == (25,)


def test_a_preview_of_mixed_sizes_and_colours_has_one_size_and_gaps_keep_their_numbers() -> None:
    colour = np.zeros((8, 16, 3), np.uint8)
    colour[:, :, 0] = 200
    grey = np.full((10, 10), 77, np.uint8)
    pictures = decode_preview(unzip(pack_preview([colour, None, grey, colour])[0]))
    assert list(pictures) == [2, 0, 3]
    assert np.array_equal(pictures[0], colour)
    assert pictures[2].shape == (8, 16, 3)
    assert pictures[2].min() == pictures[2].max() == 77


def test_a_preview_of_nothing_is_nothing() -> None:
    assert pack_preview([None, None]) == (b"", 0, 0)


@pytest.mark.parametrize(("rows", "columns"), [(512, 512), (513, 300), (7, 1000), (3, 2)])
def test_the_average_keeps_the_mean_and_the_aspect(rows: int, columns: int) -> None:
    pixels = np.random.default_rng(1).integers(-1000, 3000, (rows, columns)).astype(np.int16)
    small = fit(rows, columns, 128)
    assert max(small) <= 128
    reduced = area_average(pixels, *small)
    assert reduced.shape == small
    assert reduced[0, 0] == pytest.approx(
        pixels[: rows // small[0], : columns // small[1]].mean(), rel=1e-4
    )


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1)])
def test_a_png_is_what_other_readers_expect(shape: tuple[int, ...]) -> None:
    from io import BytesIO

    from PIL import Image

    pixels: NDArray[Any] = np.random.default_rng(4).integers(0, 256, shape).astype(np.uint8)
    assert np.array_equal(np.asarray(Image.open(BytesIO(encode_png(pixels)))), pixels)
