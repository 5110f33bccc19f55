"""JPEG 2000 and HTJ2K: every part of the syntax against a writer of its own and against Pillow's,
the reference files by hash, and every lie refused with its name."""

import io
import struct
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imaging.codecs import jpeg2000
from imaging.codecs.htj2k.vlc_tables import read_codes
from imaging.errors import FormatError, ImagingError, LimitExceeded, UnsupportedFeature
from tests.support.j2k_writer import J2kWriter, segment


def picture(rows: int, columns: int, bits: int = 8, seed: int = 1) -> NDArray[Any]:
    """Smooth with some noise, edges and a flat corner; within 0 .. 2 ** bits - 1."""
    random = np.random.default_rng(seed * 1000 + rows * 31 + columns)
    y, x = np.mgrid[:rows, :columns]
    values = (np.sin(x / 5 + seed) + np.cos(y / 7) + 2) / 4 * ((1 << bits) - 1)
    values += random.normal(0, (1 << bits) / 40, values.shape)
    values[: rows // 3, : columns // 3] = 1 << (bits - 1)
    values[rows // 2 :, columns // 2] = 0
    return np.clip(np.rint(values), 0, (1 << bits) - 1).astype(np.int64)


def decoded(data: bytes, shape: tuple[int, ...], dtype: Any = np.uint8) -> NDArray[Any]:
    out = np.full(shape if len(shape) == 3 else (*shape, 1), 7, dtype)
    jpeg2000.decode(data, out)
    return out


def check(writer: J2kWriter, rows: int = 37, columns: int = 43, samples: int = 1) -> None:
    """What the writer wrote comes back exactly."""
    parts = [picture(rows, columns, writer.precision, n + 1) for n in range(samples)]
    if writer.is_signed:
        parts = [part - (1 << (writer.precision - 1)) for part in parts]
    dtype = np.uint8 if writer.precision <= 8 else np.uint16
    out = decoded(writer.write(parts), (rows, columns, samples), dtype)
    assert np.array_equal(out, np.stack(parts, 2).astype(dtype))


STYLES = {
    "plain": 0, "bypass": 1, "reset": 2, "terminate": 4, "causal": 8, "predictable": 16,
    "symbols": 32, "bypass and terminate": 5, "everything": 63,
}  # fmt: skip


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("layers", [1, 5])
def test_every_style_of_code_blocks(style: int, layers: int) -> None:
    check(J2kWriter(style=style, precision=12, layers=layers))


@pytest.mark.parametrize("progression", range(5))
@pytest.mark.parametrize("tile", [None, (17, 24)])
def test_every_progression_with_tiles_precincts_and_layers(
    progression: int, tile: tuple[int, int] | None
) -> None:
    writer = J2kWriter(
        progression=progression, tile=tile, layers=2, precincts=((3, 3), (4, 3), (4, 5)),
        log_block=(3, 3),
    )  # fmt: skip
    check(writer, samples=3)


@pytest.mark.parametrize("levels", [0, 1, 5, 9])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 40), (33, 1), (2, 3), (64, 65)])
def test_every_size_and_number_of_levels(levels: int, rows: int, columns: int) -> None:
    check(J2kWriter(levels=levels), rows, columns)


@pytest.mark.parametrize("origin", [(0, 0), (1, 0), (5, 3), (7, 8)])
def test_images_and_tiles_that_begin_anywhere_on_the_grid(origin: tuple[int, int]) -> None:
    check(J2kWriter(origin=origin, tile=(13, 11), tile_origin=(0, 0), levels=3))
    check(J2kWriter(origin=origin, precincts=((2, 2), (3, 3)), log_block=(3, 2), progression=3))


@pytest.mark.parametrize("precision", [1, 2, 7, 8, 9, 12, 15, 16])
@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("style", [0, 64])
def test_every_precision_signed_and_not(precision: int, is_signed: bool, style: int) -> None:
    check(J2kWriter(precision=precision, is_signed=is_signed, style=style), 21, 26)


MARKED = {
    "SOP and EPH": J2kWriter(sop=True, eph=True, layers=3),
    "PPM": J2kWriter(packed="ppm", tile=(20, 20), layers=2, sop=True, eph=True),
    "PPT": J2kWriter(packed="ppt", tile=(20, 20), tile_parts=2, eph=True),
    "tile-parts": J2kWriter(tile=(30, 30), tile_parts=3, layers=3),
    "POC": J2kWriter(layers=3, order=((0, 0, 2, 2, 1, 0), (0, 0, 3, 3, 1, 1))),
    "region of interest": J2kWriter(region_shift=12),
    "region in HT blocks": J2kWriter(region_shift=12, style=64),
    "whole components shifted": J2kWriter(region_shift=3, region_step=1),
    "component transform": J2kWriter(transform=True),
    "no end marker": J2kWriter(with_end=False),
}


@pytest.mark.parametrize("writer", MARKED.values(), ids=MARKED)
def test_marker_segments(writer: J2kWriter) -> None:
    check(writer, samples=1 if writer.order else 3)


def test_threads_do_not_share_what_they_work_in() -> None:
    """Arrays are kept between frames, and layouts are shared."""
    writers = [J2kWriter(levels=n % 3 + 1, style=64 * (n & 1)) for n in range(8)]
    pictures = [picture(60 + 9 * n, 80, seed=n) for n in range(8)]
    streams = [writer.write([one]) for writer, one in zip(writers, pictures, strict=True)]

    def is_right(n: int) -> bool:
        out = decoded(streams[n], pictures[n].shape)
        return np.array_equal(out[:, :, 0], pictures[n])

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(is_right, list(range(8)) * 20))


def test_packets_by_component_and_then_by_resolution() -> None:
    order = ((0, 1, 1, 3, 2, 4), (0, 0, 1, 2, 3, 2), (0, 0, 1, 3, 3, 0))
    check(J2kWriter(order=order, precincts=((3, 3),)), samples=3)


@pytest.mark.parametrize("passes", [1, 3])
@pytest.mark.parametrize("style", [64, 72])
@pytest.mark.parametrize("layers", [1, 2])
def test_high_throughput_blocks(passes: int, style: int, layers: int) -> None:
    writer = J2kWriter(style=style, ht_passes=passes, layers=layers, precision=12)
    check(writer)
    check(writer, 5, 7)
    check(
        J2kWriter(
            style=style, ht_passes=passes, log_block=(2, 8), transform=True, precision=16, levels=1
        ),
        samples=3,
    )


def test_a_high_throughput_block_without_its_last_pass_is_half_a_step_off() -> None:
    part = picture(24, 24)
    out = decoded(J2kWriter(style=64, ht_passes=2, levels=0).write([part]), (24, 24))[:, :, 0]
    expected = part - 128  # those found by the cleanup pass lie in the middle of their step
    expected = np.where(np.abs(expected) > 1, np.sign(expected) * (np.abs(expected) | 1), expected)
    assert np.array_equal(out, np.clip(expected + 128, 0, 255))


@pytest.mark.parametrize("style", [0, 63, 64])
@pytest.mark.parametrize("transform", [False, True])
@pytest.mark.parametrize("origin", [(0, 0), (3, 5)])
def test_the_9_7_wavelet_is_right_to_one_step(
    style: int, transform: bool, origin: tuple[int, int]
) -> None:
    parts = [picture(40, 51, 8, n) for n in range(3)]
    writer = J2kWriter(is_reversible=False, style=style, transform=transform, origin=origin)
    out = decoded(writer.write(parts), (40, 51, 3)).astype(int)
    assert np.abs(out - np.stack(parts, 2)).max() <= (4 if transform else 2)
    assert np.abs(out - np.stack(parts, 2)).mean() < 0.7


def test_components_of_lower_resolution_are_repeated() -> None:
    parts = [picture(31, 30, 8, n) for n in range(3)]
    out = decoded(J2kWriter(steps=((1, 1), (2, 1), (2, 2))).write(parts), (31, 30, 3))
    y, x = np.mgrid[:31, :30]
    assert np.array_equal(out[:, :, 0], parts[0])
    assert np.array_equal(out[:, :, 1], parts[1][y, x // 2 * 2])
    assert np.array_equal(out[:, :, 2], parts[2][y // 2 * 2, x // 2 * 2])


def test_values_beyond_the_precision_are_clamped() -> None:
    part = np.where(np.indices((32, 32)).sum(0) % 16 < 8, 200, 50)
    data = J2kWriter(is_reversible=False, levels=1).write([part])
    wide = bytes((4 << 5 | 2,)) + struct.pack(">H", 7 << 11 | 100) * 4  # steps four times as wide
    data = patched(0x5C, 0, wide, data)
    out = decoded(data, (32, 32))
    assert out.min() == 0
    assert out.max() == 255
    assert np.isin(out, (0, 255)).mean() > 0.5  # wrapped ones would be anywhere


def test_a_jp2_file_is_tolerated() -> None:
    part = picture(20, 20)
    stream = J2kWriter().write([part])
    boxes = b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x14ftypjp2 \0\0\0\0jp2 "
    for length in (struct.pack(">I4s", len(stream) + 8, b"jp2c"), b"\0\0\0\0jp2c",
                   struct.pack(">I4sQ", 1, b"jp2c", len(stream) + 16)):  # fmt: skip
        out = decoded(boxes + length + stream, (20, 20))
        assert np.array_equal(out[:, :, 0], part)


def test_what_follows_the_last_tile_is_left_alone() -> None:
    part = picture(20, 20)
    stream = J2kWriter(with_end=False).write([part])
    length = len(stream) - stream.index(b"\xff\x90")
    stream = patched(0x90, 2, struct.pack(">I", length), stream)
    for rest in (b"", b"\0", b"\xff\xd9", b"\xff\xd9\0\0", b"\0\0\xff\xd9"):
        assert np.array_equal(decoded(stream + rest, (20, 20))[:, :, 0], part)


def test_the_parameters_of_one_component_stand_before_those_of_all() -> None:
    parts = [picture(24, 24, 8, n) for n in range(3)]
    coding = segment(0x53, bytes((1, 0, 2, 2, 2, 0, 1)))  # as COD says, for component 1
    steps = segment(0x5D, bytes((2, 2 << 5)) + bytes([10 << 3] * 7))
    wrong = J2kWriter(levels=2, before_tiles=coding + steps).write(parts)
    assert np.array_equal(decoded(wrong, (24, 24, 3)), np.stack(parts, 2))
    other = segment(0x53, bytes((1, 0, 2, 2, 2, 8, 1)))  # a style that the blocks do not have
    damaged = J2kWriter(levels=2, before_tiles=other).write(parts)
    out = decoded(damaged, (24, 24, 3))
    assert np.array_equal(out[:, :, 0], parts[0])


PILLOW: dict[str, dict[str, Any]] = {
    "plain": {}, "one level": {"num_resolutions": 2}, "none": {"num_resolutions": 1},
    "small blocks": {"codeblock_size": (4, 4)}, "flat blocks": {"codeblock_size": (1024, 4)},
    "tiles": {"tile_size": (50, 30)}, "tiles and offset": {"tile_size": (50, 40), "offset": (7, 3)},
    **{
        order: {"progression": order, "precinct_size": (64, 64), "codeblock_size": (16, 16),
                "tile_size": (80, 64), "num_resolutions": 4}
        for order in ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")
    },
}  # fmt: skip
IMAGES = {
    "grey": picture(97, 131).astype(np.uint8),
    "colour": np.stack([picture(97, 131, 8, n) for n in range(3)], 2).astype(np.uint8),
    "16 bits": picture(97, 131, 16).astype(np.uint16),
}


def written_by_pillow(pixels: NDArray[Any], **options: Any) -> tuple[bytes, NDArray[Any]]:
    """Its codestream, and what it reads from it."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG2000", no_jp2=True, **options)
    return file.getvalue(), np.asarray(Image.open(io.BytesIO(file.getvalue())))


@pytest.mark.parametrize("options", PILLOW.values(), ids=PILLOW)
@pytest.mark.parametrize("pixels", IMAGES.values(), ids=IMAGES)
def test_what_another_writer_makes(options: dict[str, Any], pixels: NDArray[Any]) -> None:
    data, theirs = written_by_pillow(pixels, **options)
    out = decoded(data, (*pixels.shape, 1)[:3], pixels.dtype)
    if pixels.dtype == np.uint8 or "tile_size" not in options:  # it spoils tiles of 16 bits
        assert np.array_equal(out.squeeze(), pixels)
    assert np.array_equal(out.squeeze(), theirs)


@pytest.mark.parametrize("layers", [[20], [80, 40, 10, 5]])
def test_what_another_writer_loses_we_lose_too(layers: list[int]) -> None:
    for irreversible in (False, True):
        data, theirs = written_by_pillow(
            IMAGES["colour"], quality_mode="rates", quality_layers=layers, mct=1,
            irreversible=irreversible,
        )  # fmt: skip
        ours = decoded(data, theirs.shape).astype(int)
        assert np.abs(ours - theirs).max() <= 1


PART = picture(20, 24)
GOOD = J2kWriter().write([PART])
BODY = GOOD.index(b"\xff\x93") + 2


def patched(marker: int, offset: int, value: bytes, data: bytes = GOOD) -> bytes:
    """The same stream with bytes changed `offset` after a marker segment's length."""
    at = data.index(bytes((0xFF, marker))) + 4 + offset
    return data[:at] + value + data[at + len(value) :]


def sized(lies: dict[str, int], data: bytes = GOOD) -> bytes:
    places = {"x1": 2, "y1": 6, "x0": 10, "y0": 14, "width": 18, "height": 22, "tile_x0": 26}
    for name, value in lies.items():
        data = patched(0x51, places[name], struct.pack(">I", value), data)
    return data


LIES: list[tuple[str, bytes, type[ImagingError], str]] = [
    ("empty", b"", FormatError, "jpeg2000_no_start"),
    ("another format", b"\xff\xd8\xff\xe0", FormatError, "jpeg2000_no_start"),
    ("only the start", b"\xff\x4f\xff\x51", FormatError, "jpeg2000_truncated"),
    ("JP2 without codestream", b"\0\0\0\x0cjP  \r\n\x87\n", FormatError, "jpeg2000_no_start"),
    ("a box that ends before it begins", b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\5abcd", FormatError,
     "jpeg2000_box"),
    ("cut in the header", GOOD[:30], FormatError, "jpeg2000_segment_length"),
    ("cut in the packets", GOOD[:-30], FormatError, "jpeg2000_truncated"),
    ("no tile at all", GOOD[: GOOD.index(b"\xff\x90")] + b"\xff\x90\0\x0a", FormatError,
     "jpeg2000_segment_length"),
    ("a tile that is not there", patched(0x90, 0, b"\0\1"), FormatError, "jpeg2000_tile"),
    ("a tile-part shorter than its header", patched(0x90, 2, b"\0\0\0\5"), FormatError,
     "jpeg2000_tile"),
    ("other rows", sized({"y1": 21}), FormatError, "jpeg2000_size"),
    ("a gigantic image", sized({"x1": 2**32 - 1, "y1": 2**32 - 1, "width": 2**32 - 1,
     "height": 2**32 - 1}), FormatError, "jpeg2000_size"),
    ("an empty image", sized({"x0": 24}), FormatError, "jpeg2000_size"),
    ("tiles of no width", sized({"width": 0}), FormatError, "jpeg2000_size"),
    ("tiles of one pixel", sized({"width": 1, "height": 1}), LimitExceeded, "jpeg2000_tiles"),
    ("millions of tiles", sized({"x1": 2**31, "width": 1}), FormatError, "jpeg2000_size"),
    ("a tile is missing", sized({"width": 12}), FormatError, "jpeg2000_tile_missing"),
    ("no components", patched(0x51, 34, b"\0\0"), FormatError, "jpeg2000_size"),
    ("39 bits", patched(0x51, 36, b"\x26"), FormatError, "jpeg2000_size"),
    ("12 bits", patched(0x51, 36, b"\x0b"), FormatError, "jpeg2000_size"),
    ("components of no step", patched(0x51, 37, b"\0"), FormatError, "jpeg2000_size"),
    ("a progression unknown", patched(0x52, 1, b"\5"), FormatError, "jpeg2000_coding_style"),
    ("no layers", patched(0x52, 2, b"\0\0"), FormatError, "jpeg2000_coding_style"),
    ("65535 layers", patched(0x52, 2, b"\xff\xff"), FormatError, "jpeg2000_truncated"),
    ("33 levels", patched(0x52, 5, b"\x21"), FormatError, "jpeg2000_coding_style"),
    ("more levels than step sizes", patched(0x52, 5, b"\5"), FormatError,
     "jpeg2000_quantisation"),
    ("blocks of 8192", patched(0x52, 6, b"\x0b"), FormatError, "jpeg2000_coding_style"),
    ("mixed blocks", patched(0x52, 8, b"\xc0"), UnsupportedFeature, "jpeg2000_mixed_blocks"),
    ("a wavelet unknown", patched(0x52, 9, b"\2"), FormatError, "jpeg2000_coding_style"),
    ("9/7 without steps", patched(0x52, 9, b"\0"), FormatError, "jpeg2000_quantisation"),
    ("a transform of one component", patched(0x52, 4, b"\1"), FormatError,
     "jpeg2000_component_transform"),
    ("40 bit-planes", patched(0x5C, 0, bytes([7 << 5, *[31 << 3] * 7])), UnsupportedFeature,
     "jpeg2000_bit_planes"),
    ("no step sizes", GOOD.replace(b"\xff\x5c", b"\xff\x64"), FormatError,
     "jpeg2000_quantisation"),
    ("no coding style", GOOD.replace(b"\xff\x52", b"\xff\x64"), FormatError,
     "jpeg2000_no_coding_style"),
    ("a marker unknown", GOOD.replace(b"\xff\x64", b"\xff\x30"), FormatError, "jpeg2000_marker"),
    ("hundreds of progressions", GOOD.replace(b"\xff\x90", segment(
     0x5F, struct.pack(">BBHBBB", 0, 0, 1, 3, 1, 0) * 600) + b"\xff\x90", 1), LimitExceeded,
     "jpeg2000_order"),
    ("part 2", GOOD.replace(b"\xff\x64", b"\xff\x74"), UnsupportedFeature, "jpeg2000_part_2"),
    ("PPM too short", GOOD.replace(b"\xff\x64", b"\xff\x60"), FormatError, "jpeg2000_packed"),
    ("precincts of no width", J2kWriter(precincts=((3, 3), (3, 3))).write([PART]).replace(
     b"\x33\x33\x33", b"\x33\x03\x33"), FormatError, "jpeg2000_coding_style"),
    ("a progression that leaves packets out", J2kWriter(before_tiles=segment(
     0x5F, struct.pack(">BBHBBB", 0, 0, 1, 1, 1, 0))).write([PART]), FormatError,
     "jpeg2000_order"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "family", "code"), [lie[1:] for lie in LIES],
                         ids=[lie[0] for lie in LIES])  # fmt: skip
def test_a_stream_that_lies_is_refused_by_name(
    data: bytes, family: type[ImagingError], code: str
) -> None:
    with pytest.raises(family) as caught:
        decoded(data, (20, 24))
    assert caught.value.code == code


SEEDS = {
    "plain": J2kWriter(), "everything": J2kWriter(
        style=63, precision=12, layers=3, precincts=((2, 2), (3, 3)), tile=(13, 11), sop=True,
        eph=True, progression=3,
    ), "HT": J2kWriter(style=64, tile=(20, 20)),
    "HT refined": J2kWriter(style=64, ht_passes=3, precision=16, levels=1),
    "9/7": J2kWriter(is_reversible=False, transform=False),
    "packed": J2kWriter(packed="ppm", tile=(20, 20)), "region": J2kWriter(region_shift=12),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEDS)
def test_no_damage_does_more_than_a_typed_error(name: str) -> None:
    writer = SEEDS[name]
    dtype = np.uint8 if writer.precision <= 8 else np.uint16
    good = writer.write([picture(24, 28, writer.precision)])
    first = good.index(b"\xff\x93")
    random = np.random.default_rng(len(name))
    out = np.empty((24, 28, 1), dtype)
    for turn in range(700):
        data = bytearray(good)
        end = first if turn % 2 else len(data)  # every other one only in the headers
        for _ in range(random.integers(1, 6)):
            data[random.integers(0, end)] = random.integers(0, 256)
        if random.random() < 0.2:
            del data[random.integers(0, len(data)) :]
        try:
            jpeg2000.decode(bytes(data), out)
        except ImagingError:
            continue


@pytest.mark.parametrize("name", ["plain", "everything", "HT", "packed"])
def test_a_cut_stream_is_refused_wherever_it_is_cut(name: str) -> None:
    writer = SEEDS[name]
    dtype = np.uint8 if writer.precision <= 8 else np.uint16
    part = picture(16, 20, writer.precision)
    good = writer.write([part])
    for end in range(0, len(good) - 4, 3):
        with pytest.raises(FormatError):
            decoded(good[:end], (16, 20), dtype)


def test_memory_follows_the_bytes_that_are_there() -> None:
    """A small stream may not ask for much more than its output."""
    data = J2kWriter(levels=5, log_block=(2, 2), precincts=((2, 2), (2, 2))).write([PART])
    huge = sized({"x1": 4000, "y1": 4000, "width": 4000, "height": 4000}, data)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as caught:
            decoded(huge, (4000, 4000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == "jpeg2000_truncated"
    assert peak < 64 << 20


def test_every_code_of_the_high_throughput_coder_is_complete() -> None:
    """In each of the sixteen contexts the codewords fill the tree, and every pattern of top bits
    that can occur has one at least."""
    codes = read_codes()
    assert len(codes) == 444 + 358
    for table in (0, 1):
        for context in range(8):
            mine = [one for one in codes if one[:2] == (table, context)]
            assert sum(2.0 ** -len(one[6]) for one in mine) == 1
            for rho in range(context == 0, 16):
                assert sum(one[2] == rho and not one[3] for one in mine) == 1
                for tops in (one for one in range(1, 16) if not one & ~rho):
                    fits = [o for o in mine if o[2] == rho and o[3] and tops & o[4] == o[5]]
                    assert fits


def test_another_sign_than_the_data_set_says_is_a_pattern_of_bits() -> None:
    part = picture(8, 9, 12) - 2048
    data = J2kWriter(precision=12, is_signed=True).write([part])
    out = decoded(data, (8, 9), np.uint16)
    jpeg2000.settle(data, out, 12, False)
    assert np.array_equal(out[:, :, 0], part & 0xFFF)
    data = J2kWriter(precision=12).write([part & 0xFFF])
    out = decoded(data, (8, 9), np.uint16)
    jpeg2000.settle(data, out, 12, True)
    assert np.array_equal(out.view(np.int16)[:, :, 0], part)


def test_a_lossy_overshoot_beyond_bits_stored_is_clamped_and_lossless_bits_are_kept() -> None:
    part = picture(32, 32, 12)
    for is_reversible in (False, True):
        data = J2kWriter(precision=12, is_reversible=is_reversible).write([part])
        before = decoded(data, (32, 32), np.uint16)
        after = before.copy()
        jpeg2000.settle(data, after, 11, False)
        assert np.array_equal(after, before if is_reversible else np.minimum(before, 2047))
