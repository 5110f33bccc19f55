"""Lossless JPEG: every predictor, precision and layout of T.81 annex H against a writer of its
own, and every lie refused with its name."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imaging.codecs import decoder_for, jpeg
from imaging.errors import FormatError, ImagingError, UnsupportedFeature
from tests.support.jpeg_writer import BITS, VALUES, JpegWriter, segment


def noise(rows: int, columns: int, samples: int = 1, bits: int = 16) -> NDArray[Any]:
    random = np.random.default_rng(rows * 1000 + columns + samples + bits)
    steps = random.integers(-3, 4, (rows, columns, samples)).cumsum(axis=1)
    wild = random.random((rows, columns, samples)) < 0.1
    values = np.where(wild, random.integers(0, 1 << bits, wild.shape), steps + (1 << (bits - 1)))
    return (values % (1 << bits)).astype(np.uint16 if bits > 8 else np.uint8)


def decoded(data: bytes, like: NDArray[Any]) -> NDArray[Any]:
    out = np.full_like(like if like.ndim == 3 else like[:, :, None], 7)
    jpeg.decode(data, out)
    return out


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("samples", [1, 3])
def test_every_predictor_gives_the_samples_back(predictor: int, samples: int) -> None:
    pixels = noise(9, 13, samples)
    assert np.array_equal(decoded(JpegWriter(predictor=predictor).write(pixels), pixels), pixels)


@pytest.mark.parametrize("bits", range(2, 17))
@pytest.mark.parametrize("predictor", [1, 4, 7])
def test_every_precision_from_2_to_16_bits(bits: int, predictor: int) -> None:
    pixels = noise(8, 11, 1, bits)
    data = JpegWriter(precision=bits, predictor=predictor).write(pixels)
    assert np.array_equal(decoded(data, pixels), pixels)
    wide = pixels.astype(np.uint16)
    assert np.array_equal(decoded(data, wide), wide)


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("restart_rows", [1, 3])
@pytest.mark.parametrize("samples", [1, 3])
def test_restart_intervals_begin_the_prediction_anew(
    predictor: int, restart_rows: int, samples: int
) -> None:
    pixels = noise(31, 6, samples)
    data = JpegWriter(predictor=predictor, restart_rows=restart_rows).write(pixels)
    assert np.array_equal(decoded(data, pixels), pixels)


@pytest.mark.parametrize("predictor", [1, 2, 5, 6])
@pytest.mark.parametrize("shift", [1, 4, 11])
def test_the_point_transform_takes_low_bits_away_and_puts_zeros_back(
    predictor: int, shift: int
) -> None:
    pixels = noise(7, 10, 1, 12)
    data = JpegWriter(precision=12, predictor=predictor, point_transform=shift).write(pixels)
    assert np.array_equal(decoded(data, pixels), pixels >> shift << shift)


def test_components_may_come_in_scans_of_their_own() -> None:
    pixels = noise(6, 8, 3, 8)
    data = JpegWriter(precision=8, predictor=6, interleaved=False, restart_rows=2).write(pixels)
    assert np.array_equal(decoded(data, pixels), pixels)


def test_fill_bytes_applications_and_comments_are_skipped() -> None:
    pixels = noise(9, 9)
    before = segment(0xE0, b"JFIF\0") + segment(0xFE, b"\xff\xd9 in a comment")
    data = JpegWriter(fill=b"\xff\xff\xff", restart_rows=2, before=before).write(pixels)
    assert np.array_equal(decoded(data, pixels), pixels)


def test_the_largest_difference_has_no_extra_bits() -> None:
    pixels = np.array([[0, 32768, 0, 65535, 32767, 65535]], np.uint16)
    for predictor in (1, 5):
        data = JpegWriter(predictor=predictor).write(pixels)
        assert np.array_equal(decoded(data, pixels)[:, :, 0], pixels)


def test_a_stream_without_its_end_marker_still_decodes() -> None:
    pixels = noise(5, 5)
    data = JpegWriter(with_end=False).write(pixels)
    assert np.array_equal(decoded(data, pixels), pixels)
    assert np.array_equal(decoded(data + b"\0" * 7, pixels), pixels)


@given(
    st.integers(1, 24), st.integers(1, 24), st.sampled_from([1, 3]), st.integers(2, 16),
    st.randoms(use_true_random=False),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_what_we_encode_we_decode(
    rows: int, columns: int, samples: int, bits: int, rnd: Any
) -> None:
    values = [rnd.getrandbits(bits) for _ in range(rows * columns * samples)]
    pixels = np.array(values, np.uint16).reshape(rows, columns, samples)
    data = jpeg.encode(pixels, bits)
    assert jpeg.read_header(data).precision == bits
    assert np.array_equal(decoded(data, pixels), pixels)


def test_flat_pictures_cost_one_bit_a_sample() -> None:
    pixels = np.full((64, 64), 1234, np.uint16)
    data = jpeg.encode(pixels, 12)
    assert len(data) < 64 * 64 // 8 + 100
    assert np.array_equal(decoded(data, pixels)[:, :, 0], pixels)


def test_rare_categories_never_need_more_than_16_bits() -> None:
    counts = [3**n for n in range(17)]
    bits, values = jpeg.encoder.huffman_table(counts)
    assert sorted(values) == list(range(17))
    assert sum(n << (16 - length) for length, n in enumerate(bits, 1)) < 1 << 16


PIXELS = noise(6, 7)
GOOD = JpegWriter().write(PIXELS)
LIES: list[tuple[str, bytes, type[ImagingError], str]] = [
    ("empty", b"", FormatError, "jpeg_no_start"),
    ("another format", b"\x89PNG\r\n\x1a\n" + GOOD, FormatError, "jpeg_no_start"),
    ("JPEG 2000", b"\xff\x4f\xff\x51\0\0", FormatError, "jpeg_no_start"),
    ("only the start", b"\xff\xd8\xff\xd9", FormatError, "jpeg_no_scan"),
    ("baseline", JpegWriter(process=0).write(PIXELS), UnsupportedFeature, "jpeg_process"),
    ("arithmetic", JpegWriter(process=11).write(PIXELS), UnsupportedFeature, "jpeg_process"),
    ("lines come later", JpegWriter(rows=0).write(PIXELS), UnsupportedFeature, "jpeg_dnl"),
    ("no columns", JpegWriter(columns=0).write(PIXELS), FormatError, "jpeg_frame_header"),
    ("other rows", JpegWriter(rows=65535).write(PIXELS), FormatError, "jpeg_size"),
    ("other columns", JpegWriter(columns=8).write(PIXELS), FormatError, "jpeg_size"),
    ("17 bits", JpegWriter(precision=17).write(PIXELS), FormatError, "jpeg_frame_header"),
    ("1 bit", JpegWriter(precision=1).write(PIXELS), FormatError, "jpeg_frame_header"),
    ("shift", JpegWriter(point_transform=16 - 1, precision=15).write(PIXELS), FormatError,
     "jpeg_scan_header"),
    ("no table", JpegWriter(with_table=False).write(PIXELS), FormatError, "jpeg_huffman"),
    ("other table", JpegWriter(table_selector=2).write(PIXELS), FormatError, "jpeg_huffman"),
    ("table 9", JpegWriter(table_selector=9).write(PIXELS), FormatError, "jpeg_scan_header"),
    ("category 17", JpegWriter(values=bytes([17]) + VALUES[1:]).write(PIXELS), FormatError,
     "jpeg_huffman"),
    ("too many codes", JpegWriter(bits=bytes([3]) + BITS[1:4] + bytes([14]) + BITS[5:])
     .write(PIXELS), FormatError, "jpeg_huffman"),
    ("table longer than its segment", JpegWriter(bits=bytes([255] * 16)).write(PIXELS),
     FormatError, "jpeg_huffman"),
    ("no codes at all", JpegWriter(bits=bytes(16), values=b"").write(PIXELS), FormatError,
     "jpeg_bad_code"),
    ("half a line", JpegWriter(restart_interval=3).write(PIXELS), FormatError, "jpeg_restart"),
    ("restarts that do not come", JpegWriter(restart_interval=7).write(PIXELS), FormatError,
     "jpeg_restart"),
    ("restarts out of order", JpegWriter(restart_rows=2, first_restart=3).write(PIXELS),
     FormatError, "jpeg_restart"),
    ("cut in the header", GOOD[:9], FormatError, "jpeg_segment_length"),
    ("cut in the table", GOOD[:30], FormatError, "jpeg_segment_length"),
    ("cut in the scan", GOOD[:-20], FormatError, "jpeg_truncated"),
    ("three components", JpegWriter().write(noise(6, 7, 3)), FormatError, "jpeg_size"),
    ("two frames", JpegWriter(before=segment(0xC3, struct.pack(">BHHBBBB", 16, 6, 7, 1, 1, 17, 0)))
     .write(PIXELS), FormatError, "jpeg_frame_header"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "family", "code"), [lie[1:] for lie in LIES],
                         ids=[lie[0] for lie in LIES])  # fmt: skip
def test_a_stream_that_lies_is_refused_by_name(
    data: bytes, family: type[ImagingError], code: str
) -> None:
    with pytest.raises(family) as caught:
        decoded(data, PIXELS)
    assert caught.value.code == code


def test_predictor_0_and_8_are_refused() -> None:
    at = GOOD.index(b"\xff\xda") + 7
    for predictor in (0, 8, 255):
        data = GOOD[:at] + bytes([predictor]) + GOOD[at + 1 :]
        with pytest.raises(FormatError, match="predictor"):
            decoded(data, PIXELS)


def test_subsampled_components_are_refused_by_name() -> None:
    pixels = noise(4, 4, 3, 8)
    data = JpegWriter(precision=8, sampling=(0x22, 0x11, 0x11)).write(pixels)
    with pytest.raises(UnsupportedFeature) as caught:
        decoded(data, pixels)
    assert caught.value.code == "jpeg_subsampling"


def test_16_bits_do_not_go_into_bytes() -> None:
    with pytest.raises(FormatError, match="do not fit"):
        decoded(GOOD, PIXELS.astype(np.uint8))


@pytest.mark.parametrize("writer", [
    JpegWriter(), JpegWriter(predictor=7, restart_rows=2), JpegWriter(interleaved=False),
])  # fmt: skip
def test_no_damage_does_more_than_a_typed_error(writer: JpegWriter) -> None:
    pixels = noise(12, 12, 1 if writer.interleaved else 3)
    good = writer.write(pixels)
    random = np.random.default_rng(1)
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(random.integers(1, 6)):
            data[random.integers(0, len(data))] = random.integers(0, 256)
        if random.random() < 0.3:
            del data[random.integers(0, len(data)) :]
        try:
            decoded(bytes(data), pixels)
            jpeg.read_header(bytes(data))
        except ImagingError:
            continue


def test_an_absent_decoder_has_its_own_code() -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        decoder_for("1.2.840.10008.1.2.4.100")
    assert caught.value.code == "transfer_syntax_not_supported"
