"""Phantoms become DICOM files as a scanner would send them (CT, MR and DX of PS3.3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from demo.examples import Example
from demo.phantoms.chest import chest
from demo.phantoms.grid import scan
from demo.phantoms.head import head_ct, head_t1
from demo.phantoms.radiograph import radiograph
from imaging.dicom.uid import EXPLICIT_LITTLE, STORAGE_ROOT, derived_uid
from imaging.dicom.writer import Value, write_dataset

CT_IMAGE, MR_IMAGE = STORAGE_ROOT + "2", STORAGE_ROOT + "4"
DX_IMAGE = STORAGE_ROOT + "1.1"
CHARSETS = {"GB18030": "GB18030", "UTF-8": "ISO_IR 192"}
CT_OFFSET = 1024


@dataclass(frozen=True, slots=True)
class SentFile:
    """What a C-STORE needs; `data` is the data set without file meta information."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data: bytes


def files_of(example: Example, taken_at: datetime) -> Iterator[SentFile]:
    """All images of the example's examination, in the order of acquisition."""
    makers: dict[str, Callable[[Example, datetime], Iterator[SentFile]]] = {
        "chest_ct": _chest_ct,
        "head_ct": _head_ct,
        "head_mr": _head_mr,
        "chest_dx": _chest_dx,
    }
    if example.picture:
        yield from makers[example.picture](example, taken_at)


def image_count(example: Example) -> int:
    """How many files `files_of` will yield, for progress."""
    return {"chest_ct": 168, "head_ct": 164, "head_mr": 176, "chest_dx": 1, "": 0}[example.picture]


def _common(example: Example, taken_at: datetime, series: int) -> dict[str, Value]:
    who = example.person
    return {
        "SpecificCharacterSet": CHARSETS[example.charset],
        "StudyDate": f"{taken_at:%Y%m%d}",
        "SeriesDate": f"{taken_at:%Y%m%d}",
        "AcquisitionDate": f"{taken_at:%Y%m%d}",
        "StudyTime": f"{taken_at:%H%M%S}",
        "SeriesTime": f"{taken_at:%H%M%S}",
        "AcquisitionTime": f"{taken_at:%H%M%S}",
        "AccessionNumber": example.accession_number,
        "Modality": example.modality,
        "Manufacturer": "CLOUDFILM PHANTOM",
        "InstitutionName": f"云胶片示范医院{example.campus}",
        "StudyDescription": example.procedure,
        "PatientName": f"{who.pinyin}={who.name[0]}^{who.name[1:]}",
        "PatientID": who.patient_number,
        "PatientBirthDate": f"{who.birth_date:%Y%m%d}",
        "PatientSex": who.sex,
        "BodyPartExamined": example.body_part,
        "StudyInstanceUID": derived_uid("demo", example.accession_number),
        "SeriesInstanceUID": derived_uid("demo", example.accession_number, str(series)),
        "FrameOfReferenceUID": derived_uid("demo", example.accession_number, "frame"),
        "StudyID": example.accession_number[-8:],
        "SeriesNumber": series,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "PixelRepresentation": 0,
    }


def _file(
    values: dict[str, Value], sop_class_uid: str, number: int, pixels: NDArray[np.uint16]
) -> SentFile:
    uid = derived_uid("demo", str(values["SeriesInstanceUID"]), str(number))
    rows, columns = pixels.shape
    values = values | {
        "SOPClassUID": sop_class_uid,
        "SOPInstanceUID": uid,
        "InstanceNumber": number,
        "Rows": rows,
        "Columns": columns,
        "PixelData": pixels.astype("<u2").tobytes(),
    }
    return SentFile(sop_class_uid, uid, EXPLICIT_LITTLE, write_dataset(values, EXPLICIT_LITTLE))


def _ct(
    example: Example,
    taken_at: datetime,
    hounsfield: NDArray[np.int16],
    spacing_mm: tuple[float, float, float],
    windows: list[tuple[str, int, int]],
    description: str,
) -> Iterator[SentFile]:
    values = _common(example, taken_at, 2) | {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "SeriesDescription": description,
        "KVP": 120,
        "PatientPosition": "HFS",
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [spacing_mm[1], spacing_mm[2]],
        "SliceThickness": spacing_mm[0],
        "BitsStored": 12,
        "HighBit": 11,
        "RescaleIntercept": -CT_OFFSET,
        "RescaleSlope": 1,
        "RescaleType": "HU",
        "WindowCenter": [center for _, center, _ in windows],
        "WindowWidth": [width for _, _, width in windows],
        "WindowCenterWidthExplanation": [name for name, _, _ in windows],
    }
    corner = [-spacing_mm[i] * (hounsfield.shape[i] - 1) / 2 for i in (2, 1)]
    stored = np.clip(hounsfield.astype(np.int32) + CT_OFFSET, 0, 4095).astype(np.uint16)
    for index, plane in enumerate(stored):
        z = index * spacing_mm[0]
        place: dict[str, Value] = {"ImagePositionPatient": [*corner, z], "SliceLocation": z}
        yield _file(values | place, CT_IMAGE, index + 1, plane)


def _chest_ct(example: Example, taken_at: datetime) -> Iterator[SentFile]:
    grid = chest()
    values = scan(grid.values, noise=14, seed=11)
    windows = [("纵隔窗", 40, 400), ("肺窗", -600, 1500)]
    yield from _ct(example, taken_at, values, grid.spacing_mm, windows, "胸部增强 2mm")


def _head_ct(example: Example, taken_at: datetime) -> Iterator[SentFile]:
    values = scan(head_ct(), noise=4, seed=12)
    spacing = (202 / values.shape[0], 235 / values.shape[1], 235 / values.shape[2])
    windows = [("脑窗", 36, 90), ("骨窗", 500, 2000)]
    yield from _ct(example, taken_at, values, spacing, windows, "颅脑平扫 1.2mm")


def _head_mr(example: Example, taken_at: datetime) -> Iterator[SentFile]:
    """Sagittal slices from right to left: columns run to the back, rows to the feet."""
    volume = np.clip(scan(head_t1(), noise=9, seed=13), 0, 4095).astype(np.uint16)
    deep, high, wide = volume.shape
    values = _common(example, taken_at, 3) | {
        "ImageType": ["ORIGINAL", "PRIMARY", "M"],
        "SeriesDescription": "T1 3D 矢状位",
        "PatientPosition": "HFS",
        "ScanningSequence": "GR",
        "MagneticFieldStrength": 3,
        "RepetitionTime": 2300,
        "EchoTime": 2.98,
        "ImageOrientationPatient": [0, 1, 0, 0, 0, -1],
        "PixelSpacing": [1, 1],
        "SliceThickness": 1,
        "BitsStored": 12,
        "HighBit": 11,
        "WindowCenter": 480,
        "WindowWidth": 960,
    }
    for index in range(wide):
        x = index - (wide - 1) / 2
        place: dict[str, Value] = {"ImagePositionPatient": [x, -(high - 1) / 2, deep - 1]}
        plane = np.ascontiguousarray(volume[::-1, :, index])
        yield _file(values | place, MR_IMAGE, index + 1, plane)


def _chest_dx(example: Example, taken_at: datetime) -> Iterator[SentFile]:
    grid = chest(seed=21)
    film = radiograph(grid.values, grid.spacing_mm)
    values = _common(example, taken_at, 1) | {
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SeriesDescription": "胸部后前位",
        "PresentationIntentType": "FOR PRESENTATION",
        "ViewPosition": "PA",
        "PatientOrientation": ["L", "F"],
        "ImagerPixelSpacing": [0.17, 0.17],
        "BitsStored": 12,
        "HighBit": 11,
        "RescaleIntercept": 0,
        "RescaleSlope": 1,
        "WindowCenter": 2000,
        "WindowWidth": 3600,
    }
    yield _file(values, DX_IMAGE, 1, film)
