"""Frames in the form that the object's own header promises."""

from typing import Any

import numpy as np

from imaging.codecs.jpeg_dct.encoder import encode
from imaging.dicom.reader import read_file
from imaging.dicom.uid import DEFLATED_LITTLE
from imaging.pixels.stored import StoredFrames
from tests.support.archive import CT, HEAD, WANG, instance
from tests.support.images import COLOUR, JPEG_BASELINE, RAMP
from usecases.dicomweb.frames import frame_samples

SHARED = COLOUR | {"PhotometricInterpretation": "YBR_FULL_422"}


def frames_of(syntax: str, pixels: Any) -> StoredFrames:
    file = instance(WANG, HEAD, 1, 1, CT, syntax, **SHARED, PixelData=pixels)
    return StoredFrames(read_file(file))


def test_jpeg_with_shared_chroma_has_two_samples_a_pixel() -> None:
    colour = np.stack([RAMP >> 4, RAMP >> 5, RAMP >> 6], axis=2).astype(np.uint8)
    frames = frames_of(JPEG_BASELINE, [encode(colour)])
    decoded = frames.decode(0).astype(int)
    body = np.frombuffer(frame_samples(frames, 0), np.uint8).reshape(64, 32, 4)
    assert (body[:, :, :2].reshape(64, 64) == decoded[:, :, 0]).all()
    for n in (1, 2):
        middle = (decoded[:, ::2, n] + decoded[:, 1::2, n]) / 2
        assert np.abs(body[:, :, n + 1] - middle).max() <= 0.5


def test_native_shared_chroma_comes_back_as_it_was() -> None:
    stored = np.arange(64 * 64 * 2, dtype=np.uint8).tobytes()
    assert frame_samples(frames_of(DEFLATED_LITTLE, stored), 0) == stored
