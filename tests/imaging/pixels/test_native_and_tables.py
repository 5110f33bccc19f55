"""Samples that are not compressed, look-up tables and palettes, in the odd shapes they come in."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from imaging.codecs import deflate, native
from imaging.codecs.native import NativeLayout
from imaging.dicom.dataset import Dataset, Element
from imaging.errors import FormatError, ImagingError, LimitExceeded, UnsupportedFeature
from imaging.pixels.colour import ybr_to_rgb
from imaging.pixels.display_values import mask_stored
from imaging.pixels.image_file import narrow
from imaging.pixels.layout import PixelLayout, read_layout
from imaging.pixels.lookup import expand_segments, read_lookup
from imaging.pixels.palette import read_palette


def made(**values: int | str | bytes) -> Dataset:
    """A data set: integers become US, text CS, bytes OW."""
    dataset = Dataset()
    for key, value in values.items():
        if isinstance(value, int):
            element = Element("US", memoryview(struct.pack("<H", value)))
        elif isinstance(value, str):
            element = Element("IS" if value.isdigit() else "CS", memoryview(value.encode()))
        else:
            element = Element("OW", memoryview(value))
        dataset.elements[dataset._tag(key)] = element
    return dataset


def image(**changes: int | str | bytes) -> Dataset:
    values: dict[str, int | str | bytes] = {
        "Rows": 4, "Columns": 6, "SamplesPerPixel": 1, "BitsAllocated": 16, "BitsStored": 12,
        "HighBit": 11, "PixelRepresentation": 0, "PhotometricInterpretation": "MONOCHROME2",
    }  # fmt: skip
    return made(**(values | changes))


def test_planes_and_pixels_give_the_same_picture() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    by_pixel, by_plane = np.empty_like(pixels), np.empty_like(pixels)
    native.decode(pixels.tobytes(), by_pixel)
    native.decode(pixels.transpose(2, 0, 1).tobytes(), by_plane, NativeLayout(is_planar=True))
    assert np.array_equal(by_pixel, pixels)
    assert np.array_equal(by_plane, pixels)


def test_shared_chroma_is_given_to_both_pixels() -> None:
    out = np.empty((1, 4, 3), np.uint8)
    native.decode(bytes([1, 2, 9, 8, 3, 4, 7, 6]), out, NativeLayout(is_422=True))
    assert out.tolist() == [[[1, 9, 8], [2, 9, 8], [3, 7, 6], [4, 7, 6]]]
    with pytest.raises(FormatError, match="422"):
        native.decode(bytes(10), np.empty((1, 5, 3), np.uint8), NativeLayout(is_422=True))


def test_bits_of_frames_follow_each_other_without_padding() -> None:
    bits = np.random.default_rng(1).integers(0, 2, (3, 5, 3, 1)).astype(np.uint8)
    data = np.packbits(bits.ravel(), bitorder="little").tobytes()
    for index in range(3):
        out = np.empty((5, 3, 1), np.uint8)
        native.decode_bits_of(data, index, out)
        assert np.array_equal(out, bits[index])
    with pytest.raises(FormatError):
        native.decode_bits_of(data, 3, np.empty((5, 3, 1), np.uint8))


def test_a_frame_that_is_too_short_is_refused() -> None:
    with pytest.raises(FormatError) as caught:
        native.decode(bytes(47), np.empty((4, 6, 1), np.uint16))
    assert caught.value.code == "pixels_truncated"


def test_a_deflated_bomb_costs_no_more_than_its_frame() -> None:
    import zlib

    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = engine.compress(bytes(1 << 26)) + engine.flush()
    assert len(deflate.inflate(bomb, 1000)) == 1000
    with pytest.raises(FormatError):
        deflate.inflate(b"\xff\xff\xff", 10)


LAYOUT_FAULTS: list[tuple[dict[str, Any], type[ImagingError], str]] = [
    ({"Rows": 0}, FormatError, "pixels_size"),
    ({"SamplesPerPixel": 0}, FormatError, "pixels_samples"),
    ({"SamplesPerPixel": 3}, FormatError, "pixels_samples"),
    ({"PhotometricInterpretation": "HSV"}, UnsupportedFeature, "photometric"),
    ({"BitsAllocated": 12}, UnsupportedFeature, "bits_allocated"),
    ({"BitsAllocated": 0}, UnsupportedFeature, "bits_allocated"),
    ({"BitsStored": 17}, FormatError, "pixels_bits"),
    ({"NumberOfFrames": "2000000000"}, LimitExceeded, "frames"),
    ({"Rows": 65535, "Columns": 65535}, LimitExceeded, "frame_size"),
]


@pytest.mark.parametrize(("changes", "family", "code"), LAYOUT_FAULTS)
def test_a_header_that_cannot_be_is_refused_before_any_memory(
    changes: dict[str, Any], family: type[ImagingError], code: str
) -> None:
    with pytest.raises(family) as caught:
        read_layout(image(**changes))
    assert caught.value.code == code


def layout(**changes: Any) -> PixelLayout:
    return read_layout(image(**changes))


def test_overlay_bits_are_masked_and_the_sign_is_extended() -> None:
    raw = np.array([[[0xF7FF], [0x0FFF], [0x1800]]], np.uint16)
    assert mask_stored(raw, layout())[0, :, 0].tolist() == [0x7FF, 0xFFF, 0x800]
    signed = layout(PixelRepresentation=1)
    assert mask_stored(raw.view(np.int16), signed)[0, :, 0].tolist() == [0x7FF, -1, -2048]


def test_samples_that_lie_high_in_the_word_are_shifted_down() -> None:
    high = layout(HighBit=15)
    raw = np.array([[[0xABCF]]], np.uint16)
    assert mask_stored(raw, high)[0, 0, 0] == 0xABC
    signed = layout(HighBit=15, PixelRepresentation=1)
    assert mask_stored(raw.view(np.int16), signed)[0, 0, 0] == 0xABC - 0x1000


def test_primary_colours_survive_ybr() -> None:
    # PS3.3 C.7.6.3.1.2: red, green, blue, white and black in YBR_FULL
    ybr = np.array([[[76, 85, 255], [150, 44, 21], [29, 255, 107], [255, 128, 128], [0, 128, 128]]])
    rgb = ybr_to_rgb(ybr.astype(np.uint8))[0].astype(int)
    expected = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]]
    assert np.abs(rgb - np.array(expected)).max() <= 2


def test_a_table_maps_and_clamps() -> None:
    dataset = made(
        LUTDescriptor=struct.pack("<HhH", 3, -1, 16), LUTData=struct.pack("<3H", 5, 6, 7)
    )
    table = read_lookup(dataset, "LUTDescriptor", "LUTData", is_signed=True)
    assert table.apply(np.array([-100, -1, 0, 1, 100])).tolist() == [5, 5, 6, 7, 7]


def test_eight_bit_tables_may_be_packed_two_a_word() -> None:
    dataset = made(LUTDescriptor=struct.pack("<3H", 4, 0, 8), LUTData=bytes([9, 8, 7, 6]))
    table = read_lookup(dataset, "LUTDescriptor", "LUTData", is_signed=False)
    assert table.values.tolist() == [9, 8, 7, 6]


def test_zero_entries_mean_65536_and_must_be_there() -> None:
    whole = made(LUTDescriptor=struct.pack("<3H", 0, 0, 16), LUTData=bytes(131072))
    assert read_lookup(whole, "LUTDescriptor", "LUTData", is_signed=False).values.size == 65536
    short = made(LUTDescriptor=struct.pack("<3H", 0, 0, 16), LUTData=bytes(1000))
    with pytest.raises(FormatError, match="entries"):
        read_lookup(short, "LUTDescriptor", "LUTData", is_signed=False)


@pytest.mark.parametrize("descriptor", [b"", b"\1\0\0\0", struct.pack("<3H", 1, 0, 33)])
def test_a_broken_descriptor_is_refused(descriptor: bytes) -> None:
    dataset = made(LUTDescriptor=descriptor, LUTData=b"\0\0")
    with pytest.raises(FormatError):
        read_lookup(dataset, "LUTDescriptor", "LUTData", is_signed=False)


def test_segments_expand_by_type_and_byte_offset() -> None:
    # discrete: 1 value 0; linear: 4 steps to 100; indirect: the linear one again, 6 bytes in
    words = [0, 1, 0, 1, 4, 100, 0, 1, 20, 2, 1, 6, 0]
    expanded = expand_segments(np.array(words, np.uint16), 10).tolist()
    assert expanded == [0, 25, 50, 75, 100, 20, 40, 60, 80, 100]


@pytest.mark.parametrize("words", [[2, 9, 99, 0], [7, 1], [1, 0, 5], [2, 60000, 0, 0] * 50])
def test_broken_segments_never_hang(words: list[int]) -> None:
    try:
        expand_segments(np.array(words, np.uint16), 65536)
    except ImagingError:
        return


@pytest.mark.parametrize("scale", [257, 1])
def test_a_palette_gives_the_high_byte_or_what_writers_mean(scale: int) -> None:
    values: dict[str, int | str | bytes] = {}
    for channel, offset in (("Red", 0), ("Green", 1), ("Blue", 2)):
        values[f"{channel}PaletteColorLookupTableDescriptor"] = struct.pack("<3H", 4, 10, 16)
        entries = [(50 * n + offset) * scale for n in range(4)]
        values[f"{channel}PaletteColorLookupTableData"] = struct.pack("<4H", *entries)
    palette = read_palette(made(**values), is_signed=False)
    rgb = palette.apply(np.array([[0, 10, 13, 255]], np.uint8))
    assert rgb.tolist() == [[[0, 1, 2], [0, 1, 2], [150, 151, 152], [150, 151, 152]]]


def test_a_missing_palette_is_refused() -> None:
    with pytest.raises(FormatError) as caught:
        read_palette(made(Rows=1), is_signed=False)
    assert caught.value.code == "palette_missing"


WIDE: list[tuple[Callable[[], Any], float]] = [
    (lambda: np.array([[70000, 70010]], np.uint32), 0.0),
    (lambda: np.array([[0, 2**31]], np.uint32), 2**31 / 65535),
    (lambda: np.array([[-1.5, 2.5, np.nan]], np.float64), 4 / 65535),
    (lambda: np.array([[3.25, 3.25]], np.float32), 0.0),
]


@pytest.mark.parametrize(("make", "tolerance"), WIDE)
def test_wide_samples_keep_their_values_through_slope_and_intercept(
    make: Callable[[], Any], tolerance: float
) -> None:
    values = np.nan_to_num(make().astype(np.float64))
    pixels, scale, offset = narrow(make())
    assert pixels.dtype == np.uint16
    assert np.abs(pixels * scale + offset - values).max() <= tolerance
