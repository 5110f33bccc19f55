"""Which bytes are frame n (PS3.5 A.4): offset tables when they tell the truth, else one fragment
a frame, else the start markers of the codestreams."""

import struct
from itertools import pairwise

from imaging.dicom.dataset import PIXEL_DATA, Dataset
from imaging.errors import FormatError, LimitExceeded

MAX_FRAMES = 200_000
# SOI, SOC with SIZ, and the signature box of a JP2 file (seen in spite of PS3.5 A.4.4)
_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")


def frame_count(dataset: Dataset) -> int:
    """Number of Frames, at least 1; FormatError when it is no number."""
    frames = dataset.integer("NumberOfFrames")
    if frames is None:
        if dataset.text("NumberOfFrames"):
            raise FormatError("frames_number", "Number of Frames is no number")
        frames = 1
    if frames > MAX_FRAMES:
        raise LimitExceeded("frames", f"{frames} frames")
    return max(frames, 1)


def encapsulated_frames(dataset: Dataset) -> list[bytes | memoryview]:
    """The codestream of each frame."""
    fragments, groups = _groups(dataset)
    return [_join(fragments[first:last]) for first, last in groups]


def frame_places(dataset: Dataset) -> list[list[tuple[int, int]]]:
    """Where each frame's fragments lie in the bytes that were read: (offset, length)."""
    fragments, groups = _groups(dataset)
    element = dataset.elements[PIXEL_DATA]
    position = element.offset + 8 + len((element.fragments or [memoryview(b"")])[0])
    places = []
    for fragment in fragments:
        places.append((position + 8, len(fragment)))
        position += 8 + len(fragment)
    return [places[first:last] for first, last in groups]


Groups = list[tuple[int, int]]


def _groups(dataset: Dataset) -> tuple[list[memoryview], Groups]:
    """The fragments behind the offset table, and which of them each frame has."""
    element = dataset.elements.get(PIXEL_DATA)
    if element is None or element.fragments is None:
        raise FormatError("pixels_not_encapsulated", "pixel data has no fragments")
    frames, fragments = frame_count(dataset), element.fragments[1:]
    if not fragments:
        raise FormatError("pixels_missing", "pixel data has no fragment", offset=element.offset)
    if frames == 1:
        return fragments, [(0, len(fragments))]
    if len(fragments) == frames:
        return fragments, [(n, n + 1) for n in range(frames)]
    groups = _by_offsets(dataset, fragments, frames) or _by_starts(fragments, frames)
    if groups is None:
        raise FormatError(
            "frames_missing",
            f"{len(fragments)} fragments for {frames} frames",
            offset=element.offset,
        )
    return fragments, groups


def _join(fragments: list[memoryview]) -> bytes | memoryview:
    return fragments[0] if len(fragments) == 1 else b"".join(fragments)


def _by_offsets(dataset: Dataset, fragments: list[memoryview], frames: int) -> Groups | None:
    """By the extended or the basic offset table; None when the table lies."""
    extended = dataset.raw("ExtendedOffsetTable")
    basic = bytes((dataset.elements[PIXEL_DATA].fragments or [memoryview(b"")])[0])
    if len(extended) == 8 * frames:
        offsets = list(struct.unpack(f"<{frames}Q", extended))
    elif len(basic) == 4 * frames:
        offsets = list(struct.unpack(f"<{frames}I", basic))
    else:
        return None
    starts, position = {}, 0
    for index, fragment in enumerate(fragments):
        starts[position] = index
        position += 8 + len(fragment)
    if offsets[0] != 0 or any(offset not in starts for offset in offsets):
        return None
    cuts = [starts[offset] for offset in offsets] + [len(fragments)]
    if any(a >= b for a, b in pairwise(cuts)):
        return None
    return list(pairwise(cuts))


def _by_starts(fragments: list[memoryview], frames: int) -> Groups | None:
    cuts = [i for i, f in enumerate(fragments) if bytes(f[:8]).startswith(_STARTS)]
    if len(cuts) != frames or cuts[0] != 0:
        return None
    cuts.append(len(fragments))
    return list(pairwise(cuts))
