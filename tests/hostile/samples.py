"""Small healthy files to break: native, RLE, palette, colour, multi-frame, nested."""

from typing import Any

import numpy as np

from imaging.codecs.rle.encoder import encode as encode_rle
from imaging.dicom.uid import (
    DEFLATED_LITTLE,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    RLE_LOSSLESS,
)
from imaging.dicom.writer import write_file

PIXELS = (np.arange(16 * 12, dtype=np.uint16) * 21).reshape(16, 12, 1)


def values(**more: Any) -> dict[str, Any]:
    """A tiny CT image; keyword arguments replace or add elements, None removes one."""
    plain: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "SOPInstanceUID": "1.2.3.4",
        "StudyDate": "20260131",
        "Modality": "CT",
        "PatientName": "Zhang^San=张^三",
        "ReferencedSeriesSequence": [
            {"SeriesInstanceUID": "1.2", "ReferencedSOPSequence": [{"ReferencedFrameNumber": 1}]}
        ],
        "ImagePositionPatient": [0, 0, 1.5],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 16,
        "Columns": 12,
        "PixelSpacing": [0.5, 0.5],
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "WindowCenter": 40,
        "WindowWidth": 400,
        "RescaleIntercept": -1024,
        "RescaleSlope": 1,
        "PixelData": PIXELS.tobytes(),
    }
    return {key: value for key, value in (plain | more).items() if value is not None}


def native(syntax: str = EXPLICIT_LITTLE, **more: Any) -> bytes:
    return write_file(values(**more), syntax)


def rle(**more: Any) -> bytes:
    return write_file(values(PixelData=[encode_rle(PIXELS)], **more), RLE_LOSSLESS)


def palette(**more: Any) -> bytes:
    ramp = np.arange(256, dtype=np.uint16).tobytes()
    tables = {
        f"{colour}PaletteColorLookupTable{part}": value
        for colour in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, 0, 16]), ("Data", ramp))
    }
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelData": bytes(192)}
    return native(**({"PhotometricInterpretation": "PALETTE COLOR"} | eight | tables | more))


def everything() -> dict[str, bytes]:
    return {
        "explicit": native(),
        "implicit": native(IMPLICIT_LITTLE),
        "big": native(EXPLICIT_BIG),
        "deflated": native(DEFLATED_LITTLE),
        "bare": native()[132:],
        "rle": rle(),
        "palette": palette(),
    }
