"""JPEG with DCT: every sampling, precision and layout of T.81 against a writer of its own, and every
lie refused with its name."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imaging.codecs import coded_colour, decoder_for, jpeg, jpeg_dct
from imaging.errors import FormatError, ImagingError, LimitExceeded, UnsupportedFeature
from tests.support.dct_writer import CATEGORIES, DctWriter
from tests.support.jpeg_writer import segment

Planes = list[NDArray[Any]]
PROGRESSION = (((0, 1, 2), 0, 0, 0, 1), ((0,), 1, 5, 0, 2), ((1,), 1, 63, 0, 1), ((2,), 1, 63, 0, 1),
               ((0,), 6, 63, 0, 2), ((0,), 1, 63, 2, 1), ((0, 1, 2), 0, 0, 1, 0),
               ((1,), 1, 63, 1, 0), ((2,), 1, 63, 1, 0), ((0,), 1, 63, 1, 0))  # fmt: skip
GREY_PROGRESSION = (((0,), 0, 0, 0, 1), ((0,), 1, 63, 0, 2), ((0,), 1, 63, 2, 1),
                    ((0,), 0, 0, 1, 0), ((0,), 1, 63, 1, 0))  # fmt: skip


def texture(rows: int, columns: int, bits: int = 8, seed: int = 0) -> NDArray[Any]:
    random = np.random.default_rng(rows * 1000 + columns + seed)
    slope = np.add.outer(np.arange(rows), 2 * np.arange(columns)) * (1 << bits) // 128
    values = slope + random.integers(0, 1 << (bits - 1), (rows, columns))
    values[random.random(values.shape) < 0.02] = (1 << bits) - 1
    return (values % (1 << bits)).astype(np.uint16 if bits > 8 else np.uint8)


def planes_for(writer: DctWriter, rows: int, columns: int) -> Planes:
    h_max, v_max = (max(s[k] for s in writer.sampling) for k in (0, 1))
    return [
        texture(-(-rows * v // v_max), -(-columns * h // h_max), writer.precision, n)
        for n, (h, v) in enumerate(writer.sampling)
    ]


def decoded(data: bytes, rows: int, columns: int, samples: int = 1, bits: int = 8) -> NDArray[Any]:
    out = np.full((rows, columns, samples), 7, np.uint16 if bits > 8 else np.uint8)
    jpeg_dct.decode(data, out)
    return out


def enlarged(plane: NDArray[Any], rows: int, columns: int, h: float, v: float) -> NDArray[Any]:
    """Linear between sample centres, from numpy's own interpolation."""

    def along(values: NDArray[Any], count: int, ratio: float) -> NDArray[Any]:
        places = (np.arange(count) + 0.5) * ratio - 0.5
        return np.array([np.interp(places, np.arange(len(line)), line) for line in values])

    return along(along(plane.astype(float).T, rows, v).T, columns, h)


def assert_shown(writer: DctWriter, rows: int, columns: int) -> None:
    planes = planes_for(writer, rows, columns)
    data = writer.write(planes, rows, columns)
    got = decoded(data, rows, columns, len(planes), writer.precision).astype(int)
    h_max, v_max = (max(s[k] for s in writer.sampling) for k in (0, 1))
    for n, (plane, (h, v)) in enumerate(zip(writer.shown(planes), writer.sampling, strict=True)):
        wanted = enlarged(plane, rows, columns, h / h_max, v / v_max)
        difference = np.abs(got[:, :, n] - wanted)
        assert difference.max() <= 1.01
        assert (difference > 0.51).mean() < 0.01


@pytest.mark.parametrize("size", [(8, 8), (1, 1), (9, 17), (40, 33)])
@pytest.mark.parametrize(("process", "precision"), [(0, 8), (1, 8), (1, 12), (2, 8), (2, 12)])
def test_every_process_and_precision(size: tuple[int, int], process: int, precision: int) -> None:
    scans = GREY_PROGRESSION if process == 2 else ()
    assert_shown(DctWriter(process=process, precision=precision, scans=scans), *size)


@pytest.mark.parametrize("sampling", [
    ((1, 1), (1, 1), (1, 1)), ((2, 1), (1, 1), (1, 1)), ((2, 2), (1, 1), (1, 1)),
    ((4, 1), (1, 1), (1, 1)), ((1, 2), (1, 1), (1, 2)), ((2, 2), (2, 1), (1, 2)),
    ((3, 1), (1, 1), (2, 1)), ((1, 1), (2, 2), (1, 1)), ((1, 1),) * 4, ((2, 1), (1, 1)),
])  # fmt: skip
@pytest.mark.parametrize("interleaved", [True, False])
def test_every_sampling(sampling: tuple[tuple[int, int], ...], interleaved: bool) -> None:
    assert_shown(DctWriter(sampling=sampling, interleaved=interleaved), 37, 43)


@pytest.mark.parametrize("sampling", [((1, 1),) * 3, ((2, 1), (1, 1), (1, 1)),
                                      ((2, 2), (1, 1), (1, 1))])  # fmt: skip
@pytest.mark.parametrize("restart_interval", [0, 2])
def test_colour_in_progression(
    sampling: tuple[tuple[int, int], ...], restart_interval: int
) -> None:
    writer = DctWriter(
        process=2, sampling=sampling, scans=PROGRESSION, restart_interval=restart_interval
    )
    assert_shown(writer, 21, 35)


@pytest.mark.parametrize("restart_interval", [1, 3, 5, 100])
@pytest.mark.parametrize("interleaved", [True, False])
def test_restart_intervals(restart_interval: int, interleaved: bool) -> None:
    writer = DctWriter(
        sampling=((2, 1), (1, 1), (1, 1)), restart_interval=restart_interval,
        interleaved=interleaved, fill=b"\xff\xff",
    )  # fmt: skip
    assert_shown(writer, 50, 60)


def test_codes_of_sixteen_bits() -> None:
    assert_shown(DctWriter(code_length=16), 30, 30)
    assert_shown(DctWriter(process=2, scans=GREY_PROGRESSION, code_length=16), 30, 30)


def test_the_number_of_lines_may_come_after_the_first_scan() -> None:
    writer = DctWriter(lines_later=True)
    assert_shown(writer, 19, 9)
    data = writer.write([texture(19, 9)], 19, 9)
    assert jpeg_dct.read_header(data).rows == 19
    with pytest.raises(FormatError, match="jpeg_dnl"):
        jpeg_dct.read_header(data.replace(b"\xff\xdc", b"\xff\xe5"))
    for rows in (0, 19):  # a finding of the fuzzer: no lines at all
        with pytest.raises(FormatError, match="jpeg_dnl"):
            jpeg_dct.decode(
                data.replace(b"\xff\xdc\0\4\0\x13", b"\xff\xdc\0\4\0\0"),
                np.zeros((rows, 9, 1), np.uint8),
            )


@pytest.mark.parametrize("tail", [b"", b"\0", b"\0\0\0", b"garbage \xff\xd8", b"\xff\xff"])
@pytest.mark.parametrize("writer", [
    DctWriter(with_end=False), DctWriter(process=2, scans=GREY_PROGRESSION, with_end=False),
])  # fmt: skip
def test_what_follows_the_picture_does_no_harm(writer: DctWriter, tail: bytes) -> None:
    planes = [texture(20, 20)]
    data = writer.write(planes, 20, 20)
    assert np.array_equal(decoded(data + tail, 20, 20), decoded(data + b"\xff\xd9", 20, 20))


def test_eight_bits_fit_into_sixteen() -> None:
    data = DctWriter().write([texture(9, 9)], 9, 9)
    assert np.array_equal(decoded(data, 9, 9, bits=16), decoded(data, 9, 9))


@pytest.mark.parametrize(("before", "ids", "colour"), [
    (b"", (1, 2, 3), ""), (segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), (1, 2, 3), "YBR"),
    (segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"), (1, 2, 3), "RGB"),
    (segment(0xEE, b"Adobe\0\x64\0\0\0\0\1"), (1, 2, 3), "YBR"), (b"", (82, 71, 66), "RGB"),
])  # fmt: skip
def test_what_the_stream_says_of_its_colour(
    before: bytes, ids: tuple[int, ...], colour: str
) -> None:
    frame = struct.pack(">BHHB", 8, 8, 8, 3) + b"".join(bytes((n, 0x11, 0)) for n in ids)
    data = b"\xff\xd8" + before + segment(0xC0, frame)
    assert coded_colour("1.2.840.10008.1.2.4.50", data) == colour
    lossless = data.replace(b"\xff\xc0", b"\xff\xc3")
    assert coded_colour("1.2.840.10008.1.2.4.50", lossless) == ""


SMALL = [texture(16, 16)]
GOOD = DctWriter().write(SMALL, 16, 16)
SOF, SOS = GOOD.index(b"\xff\xc1"), GOOD.index(b"\xff\xda")


def small(**changes: Any) -> bytes:
    return DctWriter(**changes).write(SMALL, 16, 16)


LIES: list[tuple[str, bytes, type[ImagingError], str]] = [
    ("empty", b"", FormatError, "jpeg_no_start"),
    ("native pixels", bytes(500), FormatError, "jpeg_no_start"),
    ("only the start", b"\xff\xd8\xff\xd9", FormatError, "jpeg_no_scan"),
    ("a scan first", b"\xff\xd8" + GOOD[GOOD.index(b"\xff\xda"):], FormatError, "jpeg_no_frame"),
    ("lossless", small(process=3), UnsupportedFeature, "jpeg_process"),
    ("arithmetic", small(process=9), UnsupportedFeature, "jpeg_process"),
    ("hierarchical", small(process=5), UnsupportedFeature, "jpeg_process"),
    ("other rows", small(rows=65535), FormatError, "jpeg_size"),
    ("other columns", small(columns=17), FormatError, "jpeg_size"),
    ("no rows at all", small(rows=0), FormatError, "jpeg_dnl"),
    ("16 bits", GOOD[:SOF + 4] + b"\x10" + GOOD[SOF + 5:], FormatError, "jpeg_frame_header"),
    ("baseline of 12 bits", small(process=0, precision=12), FormatError, "jpeg_frame_header"),
    ("sampling 0", GOOD.replace(b"\x01\x11\x00", b"\x01\x01\x00", 1), FormatError,
     "jpeg_frame_header"),
    ("sampling 15", GOOD.replace(b"\x01\x11\x00", b"\x01\xf1\x00", 1), FormatError,
     "jpeg_frame_header"),
    ("a component too many", small(parts=2), FormatError, "jpeg_frame_header"),
    ("no component", GOOD[:SOF + 9] + b"\0" + GOOD[SOF + 10:], FormatError, "jpeg_frame_header"),
    ("255 components", GOOD[:SOF + 9] + b"\xff" + GOOD[SOF + 10:], FormatError,
     "jpeg_frame_header"),
    ("five components", small(before=segment(0xC1, struct.pack(
        ">BHHB", 8, 16, 16, 5) + b"".join(bytes((n, 17, 0)) for n in range(5)))),
     UnsupportedFeature, "jpeg_components"),
    ("DC category 16", GOOD.replace(CATEGORIES, CATEGORIES[:-1] + b"\x10", 1), FormatError,
     "jpeg_huffman"),
    ("more codes than bits", GOOD.replace(b"\0" * 7 + b"\x10", b"\3" + b"\0" * 6 + b"\x0d", 1),
     FormatError, "jpeg_huffman"),
    ("another table than was defined", GOOD[:SOS + 6] + b"\x11" + GOOD[SOS + 7:], FormatError,
     "jpeg_huffman"),
    ("no quantisation", small(with_quantisation=False), FormatError, "jpeg_quantisation"),
    ("steps of zero", small(step=1).replace(b"\0\1" * 64, b"\0\0" * 64), FormatError,
     "jpeg_quantisation"),
    ("no Huffman tables", small(with_huffman=False), FormatError, "jpeg_huffman"),
    ("restarts out of order", small(restart_interval=1, first_restart=2), FormatError,
     "jpeg_truncated"),
    ("two frames", small(before=segment(0xC1, struct.pack(">BHHBBBB", 8, 16, 16, 1, 1, 17, 0))),
     FormatError, "jpeg_frame_header"),
    ("cut in the header", GOOD[:30], FormatError, "jpeg_segment_length"),
    ("cut in the scan", GOOD[:-20], FormatError, "jpeg_truncated"),
    ("progression without AC of DC", small(process=2, scans=(((0,), 0, 5, 0, 0),)), FormatError,
     "jpeg_scan_header"),
    ("progression upside down", small(process=2, scans=(((0,), 9, 5, 0, 0),)), FormatError,
     "jpeg_scan_header"),
    ("two bits at once", small(process=2, scans=(((0,), 1, 5, 3, 0),)), FormatError,
     "jpeg_scan_header"),
    ("no DC scan", small(process=2, scans=(((0,), 1, 63, 0, 0),)), FormatError, "jpeg_no_scan"),
    ("scans without end", small(process=2, scans=(((0,), 0, 0, 0, 0),) * 300), LimitExceeded,
     "jpeg_scans"),
    ("the same coefficients again", small(process=2, scans=(((0,), 0, 0, 0, 0),) + (
        ((0,), 1, 63, 0, 0),) * 17), LimitExceeded, "jpeg_scans"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "family", "code"), [lie[1:] for lie in LIES],
                         ids=[lie[0] for lie in LIES])  # fmt: skip
def test_a_stream_that_lies_is_refused_by_name(
    data: bytes, family: type[ImagingError], code: str
) -> None:
    with pytest.raises(family) as caught:
        decoded(data, 16, 16)
    assert caught.value.code == code


def test_a_bad_code_says_where() -> None:
    start = GOOD.index(b"\xff\xda") + 10
    data = GOOD[:start] + b"\xff\x00" * 40 + GOOD[start:]
    with pytest.raises(FormatError) as caught:
        decoded(data, 16, 16)
    assert caught.value.code == "jpeg_bad_code"
    assert caught.value.offset == start


def test_twelve_bits_do_not_go_into_bytes() -> None:
    data = DctWriter(precision=12).write([texture(8, 8, 12)], 8, 8)
    with pytest.raises(FormatError, match="do not fit"):
        decoded(data, 8, 8)


@pytest.mark.parametrize("writer", [
    DctWriter(), DctWriter(restart_interval=2), DctWriter(process=2, scans=GREY_PROGRESSION),
    DctWriter(sampling=((2, 2), (1, 1), (1, 1))), DctWriter(precision=12),
    DctWriter(process=2, sampling=((2, 1), (1, 1), (1, 1)), scans=PROGRESSION, restart_interval=1),
])  # fmt: skip
def test_no_damage_does_more_than_a_typed_error(writer: DctWriter) -> None:
    planes = planes_for(writer, 24, 24)
    good = writer.write(planes, 24, 24)
    random = np.random.default_rng(1)
    for _ in range(1000):
        data = bytearray(good)
        for _ in range(random.integers(1, 6)):
            data[random.integers(0, len(data))] = random.integers(0, 256)
        if random.random() < 0.3:
            del data[random.integers(0, len(data)) :]
        try:
            decoded(bytes(data), 24, 24, len(planes), writer.precision)
        except ImagingError:
            continue


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.booleans(),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_what_we_encode_we_decode(
    rows: int, columns: int, samples: int, is_422: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (rows, columns, samples)).astype(np.uint8)
    got = decoded(jpeg_dct.encode(pixels, 100, is_422=is_422), rows, columns, samples)
    whole = slice(0, 1) if is_422 and samples == 3 else slice(None)
    assert np.abs(got.astype(int) - pixels)[:, :, whole].max() <= 2


def test_less_quality_is_fewer_bytes() -> None:
    pixels = texture(64, 64)
    sizes = [len(jpeg_dct.encode(pixels, quality)) for quality in (10, 50, 90, 100)]
    assert sizes == sorted(sizes) and sizes[0] * 3 < sizes[-1]


@pytest.mark.parametrize("pixels", [np.zeros((4, 4), np.uint16), np.zeros((4, 4, 2), np.uint8)])
def test_what_cannot_be_baseline_is_refused(pixels: NDArray[Any]) -> None:
    with pytest.raises(FormatError):
        jpeg_dct.encode(pixels)


@pytest.mark.parametrize("syntax", ["50", "51", "57", "70"])
def test_a_stream_is_decoded_by_what_it_is(syntax: str) -> None:
    decode = decoder_for(f"1.2.840.10008.1.2.4.{syntax}")
    pixels = texture(16, 16)[:, :, None]
    for data in (GOOD, jpeg.encode(pixels, 8)):
        out = np.zeros((16, 16, 1), np.uint8)
        decode(data, out)
        assert np.array_equal(out, decoded(GOOD, 16, 16) if data is GOOD else pixels)
    for broken in (b"", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xda\0\2", GOOD[:9]):
        with pytest.raises(FormatError):
            decode(broken, out)
