"""Made-up studies, the same for both sides: rows for ours, tiny objects for Orthanc."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_file

CT = "1.2.840.10008.5.1.4.1.1.2"
SURNAMES = ("Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Zhao", "Huang", "Zhou", "Wu")
FIRST = datetime(2023, 1, 1)
STEP_S = 90


def values_of(n: int) -> dict[str, Any]:
    at = FIRST + timedelta(seconds=STEP_S * n)
    return {
        "SpecificCharacterSet": "ISO_IR 192", "SOPClassUID": CT, "SOPInstanceUID": f"1.2.3.{n}.1.1",
        "StudyInstanceUID": f"1.2.3.{n}", "SeriesInstanceUID": f"1.2.3.{n}.1",
        "PatientID": f"P{n}", "PatientName": f"{SURNAMES[n % 10]}^Ming{n}=王^小明{n}",
        "AccessionNumber": f"A{n}", "StudyID": "1", "SeriesNumber": 1, "InstanceNumber": 1,
        "Modality": "CT", "StudyDate": f"{at:%Y%m%d}", "StudyTime": f"{at:%H%M%S}",
    }  # fmt: skip


def file_of(n: int) -> bytes:
    return write_file(values_of(n), EXPLICIT_LITTLE)


async def fill(url: str, count: int) -> None:
    """The same as rows of a fresh database: a study, a series and an instance each."""
    connection = await asyncpg.connect(url)
    names = "ARRAY['" + "','".join(SURNAMES) + "']"
    try:
        for statement in (
            "INSERT INTO study (id, public_id, study_instance_uid, accession_number, patient_id, "
            "patient_name, patient_sex, study_description, study_at, calling_ae, wanted_revision, "
            "rendered_revision, manifest_key, manifest_sha256, created_at) "
            "SELECT n + 1, 's' || n, '1.2.3.' || n, 'A' || n, 'P' || n, "
            f"({names})[1 + n % 10] || '^Ming' || n || '=王^小明' || n, '', '', "
            f"TIMESTAMPTZ '2023-01-01 00:00:00+08' + n * INTERVAL '{STEP_S} seconds', '', 0, 0, "
            f"'', '', now() FROM generate_series(0, {count - 1}) n",
            "INSERT INTO series (id, public_id, study_id, series_instance_uid, modality, "
            "series_number, series_description, body_part, wanted_revision, rendered_revision, "
            "frames_key, preview_key, thumbnail_key) SELECT n + 1, 'r' || n, n + 1, "
            "'1.2.3.' || n || '.1', 'CT', 1, '', '', 0, 0, '', '', '' "
            f"FROM generate_series(0, {count - 1}) n",
            "INSERT INTO instance (id, sop_instance_uid, sop_class_uid, transfer_syntax_uid, "
            "object_key, sha256, size, calling_ae, received_at, series_id, instance_number, "
            "problem) SELECT n + 1, '1.2.3.' || n || '.1.1', "
            f"'{CT}', '{EXPLICIT_LITTLE}', 'x', '', 0, '', now(), n + 1, 1, '' "
            f"FROM generate_series(0, {count - 1}) n",
            "ANALYZE",
        ):
            await connection.execute(statement, timeout=900)
    finally:
        await connection.close()
