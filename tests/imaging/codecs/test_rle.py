"""RLE (PS3.5 annex G): packing rules, both directions, and offsets that lie."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imaging.codecs import rle
from imaging.dicom.reader import read_file
from imaging.errors import FormatError, ImagingError
from imaging.pixels.stored import StoredFrames


def frame(*segments: bytes, offsets: list[int] | None = None, count: int | None = None) -> bytes:
    """A frame of these segments; its header may lie."""
    places, position = [], 64
    for segment in segments:
        places.append(position)
        position += len(segment)
    numbers = places if offsets is None else offsets
    head = [len(segments) if count is None else count, *numbers]
    return struct.pack("<16I", *head, *[0] * (16 - len(head))) + b"".join(segments)


def decoded(data: bytes, shape: tuple[int, int, int], dtype: Any = np.uint8) -> NDArray[Any]:
    out = np.full(shape, 99, dtype)
    rle.decode(data, out)
    return out


def test_literals_runs_and_the_byte_that_means_nothing() -> None:
    # G.3.2: 2 -> three literals; -1 (255) -> two copies; -128 -> nothing
    data = frame(bytes([2, 10, 20, 30, 128, 255, 40, 0, 50]))
    assert decoded(data, (2, 3, 1)).ravel().tolist() == [10, 20, 30, 40, 40, 50]


def test_the_most_significant_byte_comes_first() -> None:
    data = frame(bytes([1, 0x12, 0x34]), bytes([1, 0x56, 0x78]))
    assert decoded(data, (1, 2, 1), np.uint16).ravel().tolist() == [0x1256, 0x3478]


def test_samples_follow_each_other_by_component() -> None:
    data = frame(b"\xff\x01", b"\xff\x02", b"\xff\x03")
    assert decoded(data, (1, 2, 3)).tolist() == [[[1, 2, 3], [1, 2, 3]]]


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]),
    st.sampled_from([np.uint8, np.uint16, np.uint32]), st.integers(1, 5), st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_what_we_pack_we_unpack(
    rows: int, columns: int, samples: int, dtype: Any, levels: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, levels, (rows, columns, samples)).astype(dtype) * dtype(37)
    data = rle.encode(pixels)
    assert np.array_equal(decoded(data, pixels.shape, dtype), pixels)
    assert all(start % 2 == 0 for start, _ in rle.read_header(data).segments)


LIES = [
    (b"", "rle_truncated"),
    (b"\0" * 63, "rle_truncated"),
    (frame(b"\0\1", count=0), "rle_segments"),
    (frame(b"\0\1", count=16), "rle_segments"),
    (frame(b"\0\1", count=2**32 - 1), "rle_segments"),
    (frame(b"\0\1", b"\0\1"), "rle_segments"),
    (frame(b"\0\1", offsets=[2**32 - 2]), "rle_offset"),
    (frame(b"\0\1", offsets=[0]), "rle_offset"),
    (frame(b"\0\1", offsets=[66]), "rle_offset"),
    (frame(b"\0\1"), "rle_truncated"),
    (frame(b"\x05\1\2"), "rle_truncated"),
    (frame(b"\x81"), "rle_truncated"),
    (frame(b"\x81\1"), "rle_overrun"),
    (frame(bytes([127, *range(128)])), "rle_overrun"),
]


@pytest.mark.parametrize(("data", "code"), LIES)
def test_a_frame_that_lies_is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(FormatError) as caught:
        decoded(data, (2, 3, 1))
    assert caught.value.code == code


def test_no_damage_does_more_than_a_typed_error() -> None:
    random = np.random.default_rng(2)
    pixels = random.integers(0, 3, (16, 16, 3)).astype(np.uint16)
    good = rle.encode(pixels)
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(random.integers(1, 6)):
            data[random.integers(0, len(data))] = random.integers(0, 256)
        if random.random() < 0.3:
            del data[random.integers(0, len(data)) :]
        try:
            decoded(bytes(data), pixels.shape, np.uint16)
        except ImagingError:
            continue


def test_frames_of_single_bits_begin_with_a_byte_each(shared_dicom: Path) -> None:
    """A real segmentation of 510x510 bits a frame: the corner of its sibling of 512x512."""
    packed, plain = (
        StoredFrames(read_file(shared_dicom / name))
        for name in ("multiframe/liver_nonbyte_aligned_rle.dcm", "syntax/deflate/liver_deflate.dcm")
    )
    assert packed.count == plain.count == 3
    for n in range(3):
        assert np.array_equal(packed.decode(n), plain.decode(n)[:510, :510])


def test_too_few_bits_are_refused() -> None:
    stream = rle.encode(np.zeros((1, 5, 1), np.uint8))
    rle.decode_bits(stream, np.empty((5, 8, 1), np.uint8))
    with pytest.raises(FormatError):
        rle.decode_bits(stream, np.empty((7, 7, 1), np.uint8))
