"""Files with something between their pixels and the eye: real ones of `shared/dicom` with overlays,
look-up tables, named windows and pixels that are not square, and a real CT slice written anew with
what no real file there has (shutters, several planes, LINEAR_EXACT)."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.reader import read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_file
from imaging.pixels.image_file import ImageFile
from tests.viewer.real_study import prepared
from tests.viewer.studies import SeriesData

REAL = {
    "overlay": "modality/other/MR-SIEMENS-DICOM-WithOverlays.dcm",
    "voi-table": "modality/other/vlut_04.dcm",
    "modality-table": "modality/cr/CR-ModalitySequenceLUT.dcm",
    "sigmoid": "modality/mg/GH133.dcm",
    "narrow": "colour/US-RGB-8-esopecho",
}
SLICE = "series/ct_chest_lidc0314_jpll/0140.dcm"
SIDE = 512
PIXELS_AT = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, 2 * SIDE * SIDE)
ROUND = {"CenterOfCircularShutter": [250, 260], "RadiusOfCircularShutter": 230}
EDGES = {
    "ShutterUpperHorizontalEdge": 40, "ShutterLowerHorizontalEdge": 470,
    "ShutterLeftVerticalEdge": 31, "ShutterRightVerticalEdge": 500,
}  # fmt: skip
POLYGON = [20, 250, 250, 490, 480, 300, 400, 20]  # row, column of each corner


def plane(seed: int) -> NDArray[np.bool_]:
    """A frame of lines, another one for each seed."""
    row, column = np.mgrid[:SIDE, :SIDE]
    return (row * seed + column) % 97 == 0


def group(number: int, bits: NDArray[np.bool_], origin: tuple[int, int]) -> bytes:
    """The elements of one overlay plane, explicit VR little endian."""
    values: list[tuple[int, str, bytes]] = [
        (0x10, "US", struct.pack("<H", bits.shape[0])), (0x11, "US", struct.pack("<H", bits.shape[1])),
        (0x40, "CS", b"G "), (0x50, "SS", struct.pack("<hh", *origin)),
        (0x100, "US", b"\1\0"), (0x102, "US", b"\0\0"),
    ]  # fmt: skip
    out = b"".join(
        struct.pack("<HH2sH", number, element, vr.encode(), len(value)) + value
        for element, vr, value in values
    )
    data = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    return out + struct.pack("<HH2sHI", number, 0x3000, b"OW", 0, len(data)) + data


def written(shared: Path, planes: bytes = b"", **more: Any) -> bytes:
    """The CT slice with these attributes and overlay planes, uncompressed."""
    image = ImageFile(read_file((shared / SLICE).read_bytes()))
    pixels = image.frame(0).pixels
    values: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": f"2.25.{len(planes)}{len(more)}",
        "Modality": "CT", "Rows": SIDE, "Columns": SIDE, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15,
        "PixelRepresentation": int(pixels.dtype.kind == "i"), "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "RescaleSlope": 1, "RescaleIntercept": -1000,
        "WindowCenter": "40", "WindowWidth": "400", "PixelSpacing": [0.78125, 0.78125], "PixelData": pixels.tobytes(),
    } | more  # fmt: skip
    values = {key: value for key, value in values.items() if value is not None}
    whole = write_file(values, EXPLICIT_LITTLE)
    assert whole.count(PIXELS_AT) == 1
    return whole.replace(PIXELS_AT, planes + PIXELS_AT)


def made(shared: Path) -> dict[str, bytes]:
    """The files that were written anew, by name."""
    both = group(0x6000, plane(3), (1, 1)) + group(0x6002, plane(5)[:300, :200], (-20, 400))
    hidden = group(0x6004, plane(2) | (np.mgrid[:SIDE, :SIDE][0] < 90), (1, 1))
    return {
        "planes": written(shared, both),
        "shutter": written(
            shared, both, ShutterShape="RECTANGULAR\\CIRCULAR\\POLYGONAL", ShutterPresentationValue=0x5A00,
            VerticesOfThePolygonalShutter=POLYGON, **ROUND, **EDGES,
        ),
        "bitmap": written(shared, hidden, ShutterShape="BITMAP", ShutterOverlayGroup=0x6004),
        "exact": written(shared, VOILUTFunction="LINEAR_EXACT", WindowCenter="40.5\\-600", WindowWidth="350\\1400",
                         WindowCenterWidthExplanation="纵隔\\肺", SpecificCharacterSet="GB18030"),
        "tall": written(shared, PixelSpacing=None, PixelAspectRatio="3\\2"),
    }  # fmt: skip


def layered_files(shared: Path) -> dict[str, bytes]:
    return {name: (shared / path).read_bytes() for name, path in REAL.items()} | made(shared)


def layered_study(shared: Path, scratch: Path) -> dict[str, SeriesData]:
    entries = json.loads((shared / "manifest.json").read_text())["files"]
    known = {entry["path"]: entry for entry in entries}
    files = layered_files(shared)
    return {
        name: prepared(name, number, [data], [known[REAL[name]] if name in REAL else _told(name, data)], scratch)
        for number, (name, data) in enumerate(files.items(), 1)
    }  # fmt: skip


def _told(name: str, data: bytes) -> dict[str, Any]:
    pixels = np.frombuffer(data[-2 * SIDE * SIDE :], "<u2")
    return {
        "sop_instance": f"2.25.{name}", "series_uid": f"2.25.77.{name}", "modality": "CT", "dtype": "uint16",
        "pixel_sha256": hashlib.sha256(pixels.tobytes()).hexdigest(),
    }  # fmt: skip
