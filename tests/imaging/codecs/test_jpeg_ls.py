"""JPEG-LS: every interleave mode, precision and preset of T.87 against a writer of its own, the
standard's own example, and every lie refused with its name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imaging.codecs import jpeg_ls
from imaging.codecs.jpeg.markers import ended
from imaging.codecs.jpeg_ls.parameters import default_thresholds
from imaging.errors import FormatError, ImagingError, UnsupportedFeature
from tests.support.jpeg_writer import segment
from tests.support.jpegls_writer import JpegLsWriter


def texture(rows: int, columns: int, samples: int = 1, bits: int = 8) -> NDArray[Any]:
    """Slopes, flat places and noise, so that every mode of the coder is used."""
    random = np.random.default_rng(rows * 1000 + columns + samples + bits)
    steps = random.integers(-2, 3, (rows, columns, samples)).cumsum(axis=1)
    steps[:, columns // 3 : columns // 2] = 0
    wild = random.random((rows, columns, samples)) < 0.05
    values = np.where(wild, random.integers(0, 1 << bits, wild.shape), steps + (1 << (bits - 1)))
    return (values % (1 << bits)).astype(np.uint16 if bits > 8 else np.uint8)


def decoded(data: bytes, like: NDArray[Any]) -> NDArray[Any]:
    out = np.full_like(like, 7)
    jpeg_ls.decode(data, out)
    return out


def writer_for(bits: int, near: int = 0, **changes: Any) -> JpegLsWriter:
    maximum = (1 << bits) - 1
    t1, t2, t3 = default_thresholds(maximum, near)
    return JpegLsWriter(precision=bits, near=near, maximum=maximum, t1=t1, t2=t2, t3=t3, **changes)


@pytest.mark.parametrize(("maximum", "near", "wanted"), [
    (255, 0, (3, 7, 21)), (255, 3, (12, 22, 42)), (4095, 0, (18, 67, 276)),
    (65535, 0, (18, 67, 276)), (127, 0, (2, 3, 10)), (15, 0, (2, 3, 4)),
])  # fmt: skip
def test_default_thresholds(maximum: int, near: int, wanted: tuple[int, int, int]) -> None:
    assert default_thresholds(maximum, near) == wanted


@pytest.mark.parametrize("bits", range(2, 17))
@pytest.mark.parametrize("near", [0, 1, 3])
def test_every_precision(bits: int, near: int) -> None:
    near = min(near, ((1 << bits) - 1) // 2)
    pixels = texture(19, 31, 1, bits)
    writer = writer_for(bits, near)
    got = decoded(writer.write(pixels), pixels)
    assert np.array_equal(got, np.array(writer.shown, pixels.dtype))
    assert np.abs(got.astype(int) - pixels).max() <= near


@pytest.mark.parametrize("interleave", [0, 1, 2])
@pytest.mark.parametrize("samples", [2, 3, 4])
@pytest.mark.parametrize("near", [0, 2])
def test_every_interleave_mode(interleave: int, samples: int, near: int) -> None:
    pixels = texture(17, 29, samples)
    writer = writer_for(8, near, interleave=interleave)
    got = decoded(writer.write(pixels), pixels)
    assert np.array_equal(got, np.array(writer.shown, np.uint8))


@pytest.mark.parametrize("interleave", [0, 1, 2])
@pytest.mark.parametrize(("restart_rows", "restart_size"), [(1, 2), (3, 3), (9, 4), (100, 2)])
def test_restart_intervals(interleave: int, restart_rows: int, restart_size: int) -> None:
    pixels = texture(23, 14, 3)
    writer = writer_for(
        8, interleave=interleave, restart_rows=restart_rows, restart_size=restart_size,
        fill=b"\xff\xff",
    )  # fmt: skip
    assert np.array_equal(decoded(writer.write(pixels), pixels), pixels)


@pytest.mark.parametrize("preset", [
    {"reset": 3}, {"reset": 255}, {"t1": 1, "t2": 1, "t3": 1}, {"t1": 200, "t2": 200, "t3": 200},
    {"maximum": 200}, {"maximum": 130, "t1": 5, "t2": 9, "t3": 30, "reset": 31},
])  # fmt: skip
@pytest.mark.parametrize("near", [0, 2])
def test_presets(preset: dict[str, int], near: int) -> None:
    pixels = np.minimum(texture(20, 20), preset.get("maximum", 255)).astype(np.uint8)
    values = {"t1": 3, "t2": 7, "t3": 21} | {k: max(v, near + 1) for k, v in preset.items()}
    values = {**values, "t1": max(values["t1"], near + 1)}
    writer = JpegLsWriter(near=near, with_preset=True, **values)
    got = decoded(writer.write(pixels), pixels)
    assert np.array_equal(got, np.array(writer.shown, np.uint8))


def test_mapping_tables_give_the_values() -> None:
    pixels = (texture(9, 9) % 16).astype(np.uint8)
    table = np.arange(16)[::-1].astype(np.uint8) * 3
    data = JpegLsWriter(mapping=table.tobytes()).write(pixels)
    assert np.array_equal(decoded(data, pixels), table[pixels])
    wide = (np.arange(16) * 4000).astype(">u2")
    data = JpegLsWriter(mapping=wide.tobytes(), mapping_width=2).write(pixels)
    assert np.array_equal(decoded(data, pixels.astype(np.uint16)), wide[pixels])
    with pytest.raises(UnsupportedFeature, match="2 bytes"):
        decoded(data, pixels)
    data = JpegLsWriter(mapping=table[:8].tobytes()).write(pixels)
    with pytest.raises(FormatError, match="beyond table"):
        decoded(data, pixels)


def test_flat_pictures_cost_almost_nothing() -> None:
    pixels = np.full((300, 400, 1), 99, np.uint8)
    data = JpegLsWriter().write(pixels)
    assert len(data) < 400
    assert np.array_equal(decoded(data, pixels), pixels)


@pytest.mark.parametrize("interleave", [0, 1, 2])
def test_a_single_pixel_of_three_components(interleave: int) -> None:
    pixels = np.array([[[1, 200, 77]]], np.uint8)
    writer = writer_for(8, interleave=interleave)
    assert np.array_equal(decoded(writer.write(pixels), pixels), pixels)


def test_parameters_may_change_between_scans() -> None:
    pixels = texture(9, 9, 2)
    first = JpegLsWriter().write(pixels)
    second = JpegLsWriter(with_preset=True, t1=9, t2=9, t3=9, reset=10).write(pixels)
    preset = second[second.index(b"\xff\xf8") :][:15]
    data = first[: first.rindex(b"\xff\xda")] + preset + second[second.rindex(b"\xff\xda") :]
    assert np.array_equal(decoded(data, pixels), pixels)


def test_eight_bits_fit_into_sixteen() -> None:
    pixels = texture(9, 9)
    data = JpegLsWriter().write(pixels)
    assert np.array_equal(decoded(data, pixels.astype(np.uint16)), pixels)


def test_applications_and_comments_are_skipped() -> None:
    pixels = texture(9, 9)
    before = segment(0xE8, b"mrfx\0") + segment(0xE8, b"other") + segment(0xFE, b"\xff\xd9")
    assert np.array_equal(decoded(JpegLsWriter(before=before).write(pixels), pixels), pixels)


@pytest.mark.parametrize("tail", [b"", b"\0", b"garbage"])
def test_what_follows_the_picture_does_no_harm(tail: bytes) -> None:
    pixels = texture(9, 9)
    data = JpegLsWriter(with_end=False).write(pixels)
    assert np.array_equal(decoded(data + tail, pixels), pixels)


@given(
    st.integers(1, 24), st.integers(1, 24), st.integers(1, 4), st.integers(2, 16),
    st.integers(0, 4), st.integers(0, 2**32 - 1), st.integers(1, 6),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_what_we_encode_we_decode(
    rows: int, columns: int, samples: int, bits: int, near: int, seed: int, levels: int
) -> None:
    near = min(near, ((1 << bits) - 1) // 2)
    random = np.random.default_rng(seed)
    few = random.integers(0, 1 << bits, levels)
    pixels = few[random.integers(0, levels, (rows, columns, samples))].astype(np.uint16)
    got = decoded(jpeg_ls.encode(pixels, bits, near), pixels)
    assert np.abs(got.astype(int) - pixels).max() <= near


@pytest.mark.parametrize(
    ("bits", "near", "samples"), [(8, 0, 1), (12, 0, 1), (16, 2, 1), (8, 3, 3)]
)
def test_our_encoder_writes_what_the_text_says(bits: int, near: int, samples: int) -> None:
    pixels = texture(30, 40, samples, bits)
    writer = writer_for(bits, near, interleave=1 if samples > 1 else 0)
    assert jpeg_ls.encode(pixels, bits, near) == ended(writer.write(pixels)[:-2])


def test_what_does_not_fit_is_not_encoded() -> None:
    for arguments in (
        (np.full((2, 2), 300, np.uint16), 8), (np.zeros((2, 2), np.uint16), 17),
        (np.zeros((2, 2, 5), np.uint8), 8), (np.zeros((2, 2), np.uint8), 8, 200),
    ):  # fmt: skip
        with pytest.raises(FormatError):
            jpeg_ls.encode(*arguments)


def test_the_streams_of_the_standard(shared_dicom: Path) -> None:
    """T.87's own images: the three interleave modes and near 3 show one and the same picture."""
    folder = shared_dicom / "codestream_jls"
    shown = {}
    for name in ("t8c0e0", "t8c1e0", "t8c0e3", "t8nde0", "t16e0"):
        data = (folder / f"{name}.jls").read_bytes()
        header = jpeg_ls.read_header(data)
        shape = header.rows, header.columns, len(header.components)
        shown[name] = decoded(data, np.zeros(shape, np.uint16))
    assert np.array_equal(shown["t8c0e0"], shown["t8c1e0"])
    assert np.abs(shown["t8c0e0"].astype(int) - shown["t8c0e3"]).max() == 3
    assert shown["t16e0"].max() > 255
    with pytest.raises(FormatError) as caught:
        data = (folder / "fuzzy-input-bad-run-mode-golomb-code.jls").read_bytes()
        header = jpeg_ls.read_header(data)
        decoded(data, np.zeros((header.rows, header.columns, len(header.components)), np.uint16))
    assert caught.value.code == "jpegls_bad_code"


PIXELS = texture(12, 12)
GOOD = JpegLsWriter().write(PIXELS)
SOF = GOOD.index(b"\xff\xf7")
SOS = GOOD.index(b"\xff\xda")


def poked(at: int, *values: int) -> bytes:
    return GOOD[:at] + bytes(values) + GOOD[at + len(values) :]


LIES: list[tuple[str, bytes, type[ImagingError], str]] = [
    ("empty", b"", FormatError, "jpeg_no_start"),
    ("only the start", b"\xff\xd8\xff\xd9", FormatError, "jpegls_no_scan"),
    ("a scan first", b"\xff\xd8" + GOOD[SOS:], FormatError, "jpegls_no_frame"),
    ("baseline", JpegLsWriter(process=0xC0).write(PIXELS), UnsupportedFeature, "jpegls_process"),
    ("1 bit", poked(SOF + 4, 1), FormatError, "jpegls_frame_header"),
    ("17 bits", poked(SOF + 4, 17), FormatError, "jpegls_frame_header"),
    ("16 bits in bytes", poked(SOF + 4, 16), FormatError, "jpegls_size"),
    ("other rows", poked(SOF + 5, 255, 255), FormatError, "jpegls_size"),
    ("no rows", poked(SOF + 5, 0, 0), UnsupportedFeature, "jpegls_size_later"),
    ("five components", poked(SOF + 9, 5), FormatError, "jpegls_frame_header"),
    ("unknown component", poked(SOS + 5, 9), FormatError, "jpegls_scan_header"),
    ("near 200", poked(SOS + 7, 200), FormatError, "jpegls_preset"),
    ("interleave 3", poked(SOS + 8, 3), FormatError, "jpegls_scan_header"),
    ("point transform", poked(SOS + 9, 1), UnsupportedFeature, "jpegls_point_transform"),
    ("mapping table", poked(SOS + 6, 1), FormatError, "jpegls_mapping"),
    ("thresholds", JpegLsWriter(with_preset=True, t1=9, t2=8).write(PIXELS), FormatError,
     "jpegls_preset"),
    ("reset", JpegLsWriter(with_preset=True, reset=2).write(PIXELS), FormatError, "jpegls_preset"),
    ("maximum", JpegLsWriter(with_preset=True, maximum=256).write(PIXELS), FormatError,
     "jpegls_preset"),
    ("unknown parameters", JpegLsWriter(before=segment(0xF8, b"\x09")).write(PIXELS), FormatError,
     "jpegls_preset"),
    ("oversize", JpegLsWriter(before=segment(0xF8, b"\x04\2\0\0\0\0")).write(PIXELS),
     UnsupportedFeature, "jpegls_size_later"),
    ("empty parameters", JpegLsWriter(before=segment(0xF8, b"")).write(PIXELS), FormatError,
     "jpegls_preset"),
    ("restarts that do not come", JpegLsWriter(before=segment(0xDD, b"\0\1")).write(PIXELS),
     FormatError, "jpegls_truncated"),
    ("private colours", JpegLsWriter(before=segment(0xE8, b"mrfx\1")).write(PIXELS),
     UnsupportedFeature, "jpegls_colour_transform"),
    ("restart of 5 bytes", JpegLsWriter(before=segment(0xDD, b"\0\0\0\0\1")).write(PIXELS),
     FormatError, "jpegls_restart"),
    ("two frames", GOOD[:SOS] + GOOD[SOF:], FormatError, "jpegls_frame_header"),
    ("cut in the scan", GOOD[:-30], FormatError, "jpegls_truncated"),
    ("cut in the header", GOOD[: SOF + 9], FormatError, "jpeg_segment_length"),
    ("only zeros", GOOD[: SOS + 10] + bytes(500), FormatError, "jpegls_bad_code"),
]  # fmt: skip


def test_a_component_has_one_scan() -> None:
    """A flat scan costs a few bytes: repeated, it would cost a walk over the picture each time."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    data = writer_for(8).write(pixels)
    first, second = data.index(b"\xff\xda"), data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    assert np.array_equal(decoded(data, pixels), pixels)
    with pytest.raises(FormatError) as caught:
        decoded(data[:first] + data[first:second] * 2 + data[second:], pixels)
    assert (caught.value.code, caught.value.offset) == ("jpegls_scan_header", second + 4)


@pytest.mark.parametrize(("data", "family", "code"), [lie[1:] for lie in LIES],
                         ids=[lie[0] for lie in LIES])  # fmt: skip
def test_a_stream_that_lies_is_refused_by_name(
    data: bytes, family: type[ImagingError], code: str
) -> None:
    with pytest.raises(family) as caught:
        decoded(data, PIXELS)
    assert caught.value.code == code


@pytest.mark.parametrize(("writer", "samples"), [
    (writer_for(8), 1), (writer_for(16), 1), (writer_for(8, interleave=1, restart_rows=3), 3),
    (writer_for(8, 2, interleave=2), 3), (writer_for(12, 5), 1),
])  # fmt: skip
def test_no_damage_does_more_than_a_typed_error(writer: JpegLsWriter, samples: int) -> None:
    pixels = texture(20, 20, samples, writer.precision)
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
        except ImagingError:
            continue


def test_what_memory_held_before_never_gets_into_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def used(size: int, dtype: Any) -> NDArray[Any]:
        return np.full(size, np.iinfo(dtype).max, dtype)

    for columns in range(1, 60):
        pixels = texture(3, columns, 1, 12)
        clean = jpeg_ls.encode(pixels, 12)
        with monkeypatch.context() as patch:
            patch.setattr("imaging.codecs.jpeg_ls.encoder.np.empty", used)
            assert jpeg_ls.encode(pixels, 12) == clean
        assert clean == ended(writer_for(12).write(pixels)[:-2])
