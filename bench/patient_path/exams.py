"""Examinations of two hundred patients: an order, a small CT and a report each, as the hospital
sends them; and the CTs that keep coming while the patients look."""

import functools
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from demo.dicom_files import CT_IMAGE
from demo.examples import Example
from demo.people import person
from dicomnet.services.storage_scu import SendableObject
from imaging.dicom.uid import EXPLICIT_LITTLE, derived_uid
from imaging.dicom.writer import write_dataset

ROWS = COLUMNS = 512
PLANES = 16


def exam(number: int) -> Example:
    """The examination of patient `number`."""
    return Example(
        f"PP{number:08d}", person(number), "东院区", "O", "CT", "胸部CT平扫", "CHEST", "", "UTF-8",
        "两肺纹理清晰,纵隔居中。", "未见明显异常。",
    )  # fmt: skip


@functools.cache
def _plane(index: int) -> bytes:
    """A body with noise, so that it packs as a real one does. A few are drawn and used again: what
    the sender costs is not what is measured."""
    noise = np.random.default_rng(index)
    y, x = np.mgrid[-1 : 1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j]
    body = np.where(x * x + 1.6 * y * y < 0.7, 1060, 24)
    return np.clip(body + noise.normal(0, 14, body.shape), 0, 4095).astype("<u2").tobytes()


def slices(accession_number: str, patient_number: str, count: int) -> Iterator[SendableObject]:
    """A CT of `count` slices."""
    for index in range(count):
        uid = derived_uid("bench", accession_number, str(index))
        values = {
            "SOPClassUID": CT_IMAGE, "SOPInstanceUID": uid, "Modality": "CT",
            "StudyInstanceUID": derived_uid("bench", accession_number),
            "SeriesInstanceUID": derived_uid("bench", accession_number, "series"),
            "FrameOfReferenceUID": derived_uid("bench", accession_number, "frame"),
            "AccessionNumber": accession_number, "PatientID": patient_number,
            "StudyDate": f"{datetime.now():%Y%m%d}", "SeriesNumber": 1, "InstanceNumber": index + 1,
            "Rows": ROWS, "Columns": COLUMNS, "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": 16, "BitsStored": 12,
            "HighBit": 11, "PixelRepresentation": 0, "RescaleIntercept": -1024, "RescaleSlope": 1,
            "WindowCenter": 40, "WindowWidth": 400, "PixelSpacing": [0.7, 0.7],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "ImagePositionPatient": [0, 0, float(index)], "PixelData": _plane(index % PLANES),
        }  # fmt: skip
        data = memoryview(write_dataset(values, EXPLICIT_LITTLE))
        yield SendableObject(CT_IMAGE, uid, EXPLICIT_LITTLE, data)
