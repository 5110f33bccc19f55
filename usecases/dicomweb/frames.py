"""The frames of a stored object (PS3.18 10.4.1.1.6): where they lie, so that stored bytes are
passed on without being looked at again, and their samples, decoded."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import NotFound
from imaging.dicom.dataset import PIXEL_DATA
from imaging.dicom.encapsulation import frame_places
from imaging.dicom.reader import DicomFile
from imaging.errors import FormatError
from imaging.pixels.layout import pixel_tag, read_layout
from imaging.pixels.stored import StoredFrames

Places = list[list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class FrameLayout:
    """`places` are (offset, length) pieces of each frame in the object; None where the frames are
    not there as they must be sent (big endian, deflated, one bit a sample)."""

    count: int
    is_encapsulated: bool
    places: Places | None


def frame_layout(file: DicomFile) -> FrameLayout:
    """Raises ImagingErrors; NotFound for an object without pixels."""
    tag = pixel_tag(file.dataset)
    if tag is None:
        raise NotFound("frame_not_found", "这个对象没有影像。", detail="no pixel data")
    element = file.dataset.elements[tag]
    if tag == PIXEL_DATA and element.fragments is not None:
        places = frame_places(file.dataset)
        return FrameLayout(len(places), True, places)
    layout = read_layout(file.dataset)
    samples = 2 if layout.photometric == "YBR_FULL_422" else layout.samples
    size = layout.rows * layout.columns * samples * layout.item_bytes
    if file.traits.is_big_endian or file.traits.is_deflated or layout.bits_allocated == 1:
        return FrameLayout(layout.frames, False, None)
    if size * layout.frames > element.size:
        raise FormatError("pixels_truncated", f"{element.size} bytes for {layout.frames} frames")
    native = [[(element.offset + n * size, size)] for n in range(layout.frames)]
    return FrameLayout(layout.frames, False, native)


def frame_samples(frames: StoredFrames, index: int) -> bytes:
    """One frame as Explicit VR Little Endian would hold it under the object's own header: samples
    of a pixel side by side, chroma shared by two pixels where the metadata say YBR_FULL_422."""
    if not 0 <= index < frames.count:
        raise NotFound("frame_not_found", "没有这一幅影像。")
    samples: NDArray[Any] = frames.decode(index)
    if frames.layout.bits_allocated == 1:
        return np.packbits(samples.reshape(-1), bitorder="little").tobytes()
    if frames.layout.photometric == "YBR_FULL_422" and samples.shape[1] % 2 == 0:
        samples = _shared_chroma(samples)
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).tobytes()


def _shared_chroma(samples: NDArray[Any]) -> NDArray[Any]:
    """Y Y Cb Cr for each two pixels (PS3.3 C.7.6.3.1.2)."""
    pairs = samples.reshape(samples.shape[0], -1, 2, 3)
    chroma = (pairs[:, :, 0, 1:].astype(np.uint32) + pairs[:, :, 1, 1:] + 1) >> 1
    return np.concatenate([pairs[:, :, :, 0], chroma.astype(samples.dtype)], axis=2)
