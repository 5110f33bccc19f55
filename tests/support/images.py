"""A few small real images in several transfer syntaxes for the doors that send them."""

from typing import Any

import numpy as np

from imaging.codecs.jpeg.encoder import encode
from imaging.codecs.jpeg_dct.encoder import encode as encode_dct
from imaging.dicom.uid import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, JPEG_LOSSLESS_SV1
from tests.support.archive import CT, WANG, instance

RAMP = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
FILM = {"StudyInstanceUID": "1.2.9", "AccessionNumber": "J1", "StudyDate": "20260301",
        "StudyTime": "100000"}  # fmt: skip
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
MPEG4 = "1.2.840.10008.1.2.4.102"
IMAGE: dict[str, Any] = {
    "Rows": 64, "Columns": 64, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15,
    "PixelRepresentation": 0, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
    "WindowCenter": "2048", "WindowWidth": "4096",
}  # fmt: skip
COLOUR = IMAGE | {
    "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "SamplesPerPixel": 3,
    "PlanarConfiguration": 0, "PhotometricInterpretation": "YBR_FULL",
}  # fmt: skip


def turned(index: int) -> Any:
    """Frame `index` of the multi-frame image."""
    return np.ascontiguousarray(RAMP + index)


def images() -> list[bytes]:
    """Study 1.2.9. Series 1: native, packed, implicit, big endian; series 2: multi-frame native
    (1) and packed (2); series 3: JPEG colour; series 4: what nobody here can decode."""
    packed = encode(RAMP[:, :, None], 16)
    colour = np.stack([RAMP >> 4, RAMP >> 5, RAMP >> 6], axis=2).astype(np.uint8)
    frames = [turned(n) for n in range(3)]
    return [
        instance(WANG, FILM, 1, 1, CT, EXPLICIT_LITTLE, **IMAGE, PixelData=RAMP.tobytes()),
        instance(WANG, FILM, 1, 2, CT, JPEG_LOSSLESS_SV1, **IMAGE, PixelData=[packed]),
        instance(WANG, FILM, 1, 3, CT, IMPLICIT_LITTLE, **IMAGE, PixelData=RAMP.tobytes()),
        instance(WANG, FILM, 1, 4, CT, EXPLICIT_BIG, **IMAGE,
                 PixelData=RAMP.astype(">u2").tobytes()),
        instance(WANG, FILM, 2, 1, CT, EXPLICIT_LITTLE, **IMAGE, NumberOfFrames=3,
                 PixelData=b"".join(frame.tobytes() for frame in frames)),
        instance(WANG, FILM, 2, 2, CT, JPEG_LOSSLESS_SV1, **IMAGE, NumberOfFrames=3,
                 PixelData=[encode(frame[:, :, None], 16) for frame in frames]),
        instance(WANG, FILM, 3, 1, CT, JPEG_BASELINE, **COLOUR, PixelData=[encode_dct(colour)]),
        instance(WANG, FILM, 4, 1, CT, MPEG4, **COLOUR, PixelData=[b"\0\0\1\xb3" * 8]),
    ]  # fmt: skip
