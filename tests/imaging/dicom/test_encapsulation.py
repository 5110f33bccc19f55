"""Frames out of fragments, with every kind of offset table (PS3.5 A.4)."""

import struct

import pytest

from imaging.dicom.dataset import PIXEL_DATA, Dataset, Element
from imaging.dicom.encapsulation import encapsulated_frames
from imaging.dicom.reader import read_dataset
from imaging.dicom.recode import encapsulate, write_elements
from imaging.errors import FormatError, LimitExceeded

RLE = "1.2.840.10008.1.2.5"
FRAMES = [b"\xff\xd8\xff\xe0" + bytes([n]) * (20 + 2 * n) for n in range(5)]


def dataset_of(frames: list[bytes], count: int | None = None, **options: object) -> Dataset:
    dataset = Dataset()
    text = str(count or len(frames)).encode()
    dataset.elements[0x00280008] = Element("IS", memoryview(text + b" " * (len(text) & 1)))
    pixels, extra = encapsulate(frames, **options)  # type: ignore[arg-type]
    dataset.elements[PIXEL_DATA] = pixels
    dataset.elements.update(extra)
    return read_dataset(write_elements(dataset, RLE), RLE)


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("table", ["basic", "extended", "none"])
@pytest.mark.parametrize("fragment_bytes", [None, 8])
def test_frames_come_back(count: int, table: str, fragment_bytes: int | None) -> None:
    if table == "extended" and fragment_bytes:
        with pytest.raises(FormatError):
            encapsulate(FRAMES, table="extended", fragment_bytes=fragment_bytes)
        return
    dataset = dataset_of(FRAMES[:count], table=table, fragment_bytes=fragment_bytes)
    assert [bytes(f) for f in encapsulated_frames(dataset)] == FRAMES[:count]


def test_an_odd_frame_is_padded() -> None:
    assert [bytes(f) for f in encapsulated_frames(dataset_of([b"abc", b"de"]))] == [b"abc\0", b"de"]


def test_a_lying_table_is_not_believed() -> None:
    dataset = dataset_of(FRAMES, table="basic", fragment_bytes=8)
    fragments = dataset.elements[PIXEL_DATA].fragments
    assert fragments is not None
    fragments[0] = memoryview(struct.pack("<5I", 0, 7, 9, 11, 1 << 31))
    assert [bytes(f) for f in encapsulated_frames(dataset)] == FRAMES


def test_jp2_files_in_pieces_without_a_table() -> None:
    frames = [b"\0\0\0\x0cjP  \r\n\x87\n" + bytes([n]) * 24 for n in range(4)]
    dataset = dataset_of(frames, table="none", fragment_bytes=8)
    assert [bytes(f) for f in encapsulated_frames(dataset)] == frames


def test_more_frames_than_there_are() -> None:
    with pytest.raises(FormatError) as caught:
        encapsulated_frames(dataset_of(FRAMES, count=9))
    assert caught.value.code == "frames_missing"


def test_absurd_counts_and_nothing_at_all() -> None:
    with pytest.raises(LimitExceeded):
        encapsulated_frames(dataset_of(FRAMES, count=2_000_000_000))
    with pytest.raises(FormatError):
        encapsulated_frames(dataset_of([]))
    with pytest.raises(FormatError):
        encapsulated_frames(Dataset())


def test_a_delimiter_inside_a_fragment_is_just_bytes() -> None:
    tricky = b"\xff\xd8\xff" + b"\xfe\xff\xdd\xe0\0\0\0\0" * 2 + b"\0"
    assert bytes(encapsulated_frames(dataset_of([tricky]))[0]) == tricky
