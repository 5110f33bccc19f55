"""Every order of the same messages and images ends in the same state (design rule 9, F11)."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assembly.runtime import Runtime
from assembly.settings import Settings
from domain.exam import PatientType
from domain.messages import OrderMessage, PatientFacts, ReportMessage
from imaging.dicom.uid import EXPLICIT_LITTLE, STORAGE_ROOT, derived_uid
from imaging.dicom.writer import write_file
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.imaging import Instance, NewInstance, Study
from storage.records.report import Report
from tests.conftest import opened
from tests.support.instances import file_instances
from usecases.indexing.index_instance import index_instances
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report

ZONE = ZoneInfo("Asia/Shanghai")
T0 = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PATIENT = PatientFacts("P1", "李秀英", "F", date(1951, 8, 2), "999900195108021045", "10000001037")
STUDY_UID = derived_uid("test", "study")

ORDER = OrderMessage(
    sender="RIS", control_id="1", sent_at=T0, patient=PATIENT, accession_number="A1",
    campus="东院区", procedure="颅脑CT", body_part="HEAD", modality="CT",
    patient_type=PatientType.INPATIENT, scheduled_at=T0 + timedelta(hours=1),
)  # fmt: skip
CHANGED = replace(
    ORDER, control_id="2", sent_at=T0 + timedelta(minutes=5), procedure="颅脑CT增强", body_part=""
)
REPORT = ReportMessage(
    sender="RIS", control_id="3", sent_at=T0 + timedelta(hours=2), patient=PATIENT,
    accession_number="A1", campus="东院区", procedure="颅脑CT", modality="CT",
    patient_type=PatientType.INPATIENT, state="final", reported_at=T0 + timedelta(hours=2),
    findings="所见", impression="诊断",
)  # fmt: skip
CORRECTED = replace(
    REPORT, control_id="4", sent_at=T0 + timedelta(hours=3), state="corrected", impression="更正",
    reported_at=T0 + timedelta(hours=3),
)  # fmt: skip
CANCEL = replace(ORDER, control_id="0", sent_at=T0 - timedelta(minutes=1), is_cancelled=True)


async def send_image(runtime: Runtime, number: int, accession: str, study_uid: str) -> None:
    uid = derived_uid("test", study_uid, str(number))
    data = write_file(
        {
            "SOPClassUID": STORAGE_ROOT + "2", "SOPInstanceUID": uid, "StudyInstanceUID": study_uid,
            "SeriesInstanceUID": study_uid + ".1", "Modality": "CT", "AccessionNumber": accession,
            "PatientID": "P1", "PatientName": "Li^Xiuying", "StudyDate": "20261124",
            "StudyTime": "100500", "InstanceNumber": number,
        },
        EXPLICIT_LITTLE,
    )  # fmt: skip
    key = f"instances/{number}/{uid[-8:]}.dcm"
    sha256 = await runtime.objects.put(key, data)
    row = NewInstance(uid, STORAGE_ROOT + "2", EXPLICIT_LITTLE, key, sha256, len(data), "CT1")
    await file_instances(row)
    ids = await Instance.all().values_list("id", flat=True)
    await index_instances(
        runtime.objects,
        runtime.sealer,
        list(ids),
        quiet_s=0,
        time_zone="Asia/Shanghai",  # type: ignore[arg-type]
    )


async def dump() -> dict[str, Any]:
    """Everything that people and programs can see."""
    exams = await Exam.filter(merged_into=None).order_by("accession_number")
    state = {}
    for exam in exams:
        await exam.fetch_related("patient")
        newest = await Report.filter(exam=exam).order_by("-version").first()
        state[exam.accession_number] = (
            exam.sender, exam.status, exam.procedure, exam.body_part, exam.campus, exam.modality,
            exam.patient_type, exam.scheduled_at, exam.acquired_at, exam.reported_at,
            exam.patient.name, exam.patient.patient_number, bool(exam.patient.id_card_index),
            await Report.filter(exam=exam).count(),
            newest.impression if newest else None,
            await Study.filter(exam=exam).count(),
            await Instance.filter(series__study__exam=exam).count(),
            await ExamCode.filter(exam=exam, revoked_at=None).count() >= 1,
        )  # fmt: skip
    return state


Step = Callable[[Runtime], Awaitable[object]]


def steps(accession: str, study_uid: str, order_uid: str) -> list[Step]:
    order, changed = (replace(o, study_instance_uid=order_uid) for o in (ORDER, CHANGED))
    return [
        lambda r: place_order(r.sealer, CANCEL, zone=ZONE),
        lambda r: place_order(r.sealer, order, zone=ZONE),
        lambda r: place_order(r.sealer, changed, zone=ZONE),
        lambda r: place_order(r.sealer, order, zone=ZONE),
        lambda r: file_report(r.objects, r.sealer, REPORT, zone=ZONE),
        lambda r: file_report(r.objects, r.sealer, CORRECTED, zone=ZONE),
        lambda r: send_image(r, 1, accession, study_uid),
        lambda r: send_image(r, 2, accession, study_uid),
    ]


CASES = {
    "the image names the accession number": ("A1", STUDY_UID, ""),
    "the order names the study": ("", STUDY_UID, STUDY_UID),
}


@pytest.mark.parametrize("case", CASES)
async def test_any_order_ends_in_the_same_state(tmp_path: Path, case: str) -> None:
    seen = []
    for seed in range(10):
        order = steps(*CASES[case])
        random.Random(seed).shuffle(order)
        settings = Settings(data_dir=tmp_path / str(seed))
        settings.data_dir.mkdir()
        async with opened(settings) as runtime:
            for step in order:
                await step(runtime)
            seen.append(await dump())
    assert list(seen[0]) == ["A1"]
    assert seen[0]["A1"][:4] == ("RIS", "completed", "颅脑CT增强", "HEAD")
    assert seen[0]["A1"][-4:] == ("更正", 1, 2, True)
    for state in seen[1:]:
        assert [a for a, b in zip(state["A1"], seen[0]["A1"], strict=True) if a != b] == []
        assert list(state) == ["A1"]


async def test_the_code_given_before_the_order_still_opens(runtime: Runtime) -> None:
    await send_image(runtime, 1, "A1", STUDY_UID)
    before = await ExamCode.get()
    await place_order(runtime.sealer, ORDER, zone=ZONE)
    after = await ExamCode.get(token_sha256=before.token_sha256).prefetch_related("exam")
    assert (after.exam.accession_number, after.exam.made_from_images) == ("A1", False)
    assert after.exam.status == "awaiting_report"


async def test_two_senders_with_one_number_do_not_share_images(runtime: Runtime) -> None:
    other = replace(ORDER, sender="RIS2", patient=replace(PATIENT, patient_number="P9"))
    await place_order(runtime.sealer, other, zone=ZONE)
    await place_order(runtime.sealer, ORDER, zone=ZONE)
    await send_image(runtime, 1, "A1", STUDY_UID)
    study = await Study.get().prefetch_related("exam")
    assert study.exam is not None and study.exam.sender == "RIS"


async def test_a_broken_file_is_kept_and_does_not_stop_the_others(runtime: Runtime) -> None:
    key, uid = "instances/x.dcm", derived_uid("test", "broken")
    sha256 = await runtime.objects.put(key, b"no dicom at all, only words and words")
    row = NewInstance(uid, STORAGE_ROOT + "2", EXPLICIT_LITTLE, key, sha256, 37, "CT1")
    await file_instances(row)
    await send_image(runtime, 1, "A1", STUDY_UID)
    assert (await Instance.get(sop_instance_uid=uid)).problem == "not_dicom"
    assert await Instance.filter(problem="").count() == 1
