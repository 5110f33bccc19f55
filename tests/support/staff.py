"""Doctors with sessions, and a small examination with pixels that they may read."""

from typing import Any

import httpx
import numpy as np

from assembly.runtime import Runtime
from imaging.dicom.uid import EXPLICIT_LITTLE, STORAGE_ROOT
from imaging.dicom.writer import write_file
from storage.records.staff import StaffAccount
from tests.usecases.rendering.conftest import feeder
from usecases.staff.sign_in import hash_password
from workers.inline import drain

PASSWORD = "right-horse-battery"
_hashes: list[str] = []
STUDY_UID = "1.2.826.9"


async def make_doctor(name: str, campus: str = "东院区", display_name: str = "") -> StaffAccount:
    if not _hashes:
        _hashes.append(await hash_password(PASSWORD))  # slow on purpose: once is enough
    return await StaffAccount.create(
        username=name,
        password_hash=_hashes[0],
        role="doctor",
        display_name=display_name or name,
        campus=campus,
        title="主治医师",
    )


async def signed_in(client: httpx.AsyncClient, name: str) -> httpx.AsyncClient:
    body = {"username": name, "password": PASSWORD}
    answer = await client.post("/api/staff/v1/session", json=body)
    assert answer.status_code == 200, answer.text
    return client


def small_ct(number: int, series: int = 1, **more: Any) -> bytes:
    """8 x 8 pixels of CT, filed under the accession number of the matching tests' order."""
    values = {
        "SpecificCharacterSet": "ISO_IR 192", "SOPClassUID": STORAGE_ROOT + "2",
        "SOPInstanceUID": f"{STUDY_UID}.{series}.{number}", "StudyInstanceUID": STUDY_UID,
        "SeriesInstanceUID": f"{STUDY_UID}.{series}", "SeriesNumber": series,
        "InstanceNumber": number, "Modality": "CT", "AccessionNumber": "A1", "PatientID": "P1",
        "PatientName": "Li^Xiuying=李秀英", "SeriesDescription": "轴位",
        "SliceThickness": 5, "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [0, 0, number * 5], "PixelSpacing": [0.5, 0.5], "Rows": 8,
        "Columns": 8, "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "SamplesPerPixel": 1,
        "PixelRepresentation": 0, "PhotometricInterpretation": "MONOCHROME2",
        "PixelData": (np.arange(64) * number).astype("<u2").tobytes(), **more,
    }  # fmt: skip
    return write_file(values, EXPLICIT_LITTLE)


async def fill_study(runtime: Runtime, *files: bytes) -> None:
    """Stored, indexed, matched and rendered; three slices of CT unless files are given."""
    await feeder(runtime)(list(files) or [small_ct(n) for n in (1, 2, 3)])
    await drain(runtime)
