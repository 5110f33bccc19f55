"""F11: every order of the same HL7 messages, with repeats, ends in the same state."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assembly.runtime import Runtime
from domain.exam import PatientType
from domain.messages import (
    MergeMessage,
    OrderMessage,
    PatientFacts,
    PatientMessage,
    ReportMessage,
)
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.patient import Patient
from storage.records.report import Report
from usecases.orders.place_order import place_order
from usecases.patients.merge_patients import merge_patients
from usecases.patients.person import person_of
from usecases.patients.take_patient import take_patient
from usecases.reports.file_report import file_report

ZONE = ZoneInfo("Asia/Shanghai")
T0 = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
Step = Callable[[Runtime], Awaitable[object]]
SAMPLED = 48


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def patient(n: int, which: str = "P", **facts: Any) -> PatientFacts:
    return PatientFacts(f"{which}{n}", facts.pop("name", "李秀英"), issuer="HIS", **facts)


def order(n: int, minutes: int, **changes: Any) -> OrderMessage:
    base = OrderMessage(
        sender="RIS", control_id=f"o{minutes}", sent_at=at(minutes),
        patient=patient(n, sex="F"), accession_number=f"A{n}", campus="", procedure="颅脑CT",
        body_part="", modality="CT", patient_type=PatientType.UNKNOWN, scheduled_at=None,
    )  # fmt: skip
    return replace(base, **changes)


def report(n: int, minutes: int, **changes: Any) -> ReportMessage:
    base = ReportMessage(
        sender="RIS", control_id=f"r{minutes}", sent_at=at(minutes), patient=patient(n),
        accession_number=f"A{n}", campus="东院区", procedure=f"由报告 {minutes}", modality="",
        patient_type=PatientType.UNKNOWN, state="final", reported_at=at(minutes), findings="所见",
        impression=f"诊断 {minutes}",
    )  # fmt: skip
    return replace(base, **changes)


def adt(n: int, minutes: int, which: str = "P", **more: Any) -> PatientMessage:
    kind, ward = more.pop("patient_type", PatientType.UNKNOWN), more.pop("ward", "")
    return PatientMessage("HIS", f"p{minutes}", at(minutes), patient(n, which, **more), kind, ward)


def place(message: OrderMessage) -> Step:
    return lambda runtime: place_order(runtime.sealer, message, zone=ZONE)


def file(message: ReportMessage) -> Step:
    return lambda runtime: file_report(runtime.objects, runtime.sealer, message, zone=ZONE)


def take(message: PatientMessage) -> Step:
    return lambda runtime: take_patient(runtime.sealer, message)


def merge(
    n: int, minutes: int, *, surviving: str = "Q", prior: str = "P", undo: bool = False
) -> Step:
    message = MergeMessage(
        "HIS", f"m{minutes}", at(minutes), "HIS", f"{surviving}{n}", f"{prior}{n}", is_undo=undo
    )
    return lambda _: merge_patients([message])


def orders_and_reports(n: int) -> list[Step]:
    """Report before order, cancel before create, corrections reversed, gaps in each."""
    return [
        place(order(n, 0, is_cancelled=True, procedure="")),
        place(order(n, 10, body_part="HEAD", scheduled_at=at(60))),
        place(order(n, 20, procedure="颅脑CT增强", scheduled_at=at(90))),
        file(report(n, 30, procedure="甲", sender="PACS")),  # of another sender, the same number
        file(report(n, 40, state="corrected", procedure="乙", campus="西院区")),
        file(report(n, 35, state="preliminary")),
    ]


def patients_and_merges(n: int) -> list[Step]:
    """A40 before A04, reversed, undone and merged again; facts with gaps, the newest of each."""
    return [
        take(adt(n, 0, sex="M", birth_date=date(1958, 3, 12), ward="一病区")),
        take(adt(n, 5, name="李秀莹", sex="F", patient_type=PatientType.INPATIENT)),
        take(adt(n, 6, which="Q", id_card=f"9999001951080210{n:02d}", ward="二病区")),
        merge(n, 8),
        merge(n, 9, undo=True),
        place(order(n, 3)),
    ]


def reversed_merges(n: int) -> list[Step]:
    return [
        place(order(n, 1)),
        place(order(n, 2, accession_number=f"B{n}", patient=patient(n, "Q", phone="13800000000"))),
        merge(n, 3),
        merge(n, 4, surviving="P", prior="Q"),
        merge(n, 2, undo=True),
        file(report(n, 5)),
    ]


CASES = [orders_and_reports, patients_and_merges, reversed_merges]


async def state_of(n: int) -> dict[str, Any]:
    """All that people and programs can see, without the numbers that differ by run."""
    seen: dict[str, Any] = {}
    for row in await Patient.filter(patient_number__in=[f"P{n}", f"Q{n}"]):
        others = await Patient.filter(id__in=await person_of(row)).values_list(
            "patient_number", flat=True
        )
        seen[row.patient_number[0]] = (
            row.name, row.sex, row.birth_date, row.ward, row.patient_type,
            bool(row.id_card_sealed), bool(row.phone_sealed),
            sorted(str(other)[0] for other in others),
        )  # fmt: skip
    for exam in await Exam.filter(accession_number__in=[f"A{n}", f"B{n}"]):
        newest = await Report.filter(exam=exam).order_by("-version").first()
        await exam.fetch_related("patient")
        seen["exam " + exam.accession_number[0]] = (
            exam.status, exam.procedure, exam.body_part, exam.campus, exam.modality,
            exam.patient_type, exam.scheduled_at, exam.reported_at, exam.is_cancelled,
            exam.sender, exam.patient.patient_number[0], await Report.filter(exam=exam).count(),
            newest.impression if newest else "",
            await ExamCode.filter(exam=exam, revoked_at=None).count(),
        )  # fmt: skip
    return seen


@pytest.mark.parametrize("case", CASES)
async def test_every_permutation_ends_in_the_same_state(
    runtime: Runtime, case: Callable[[int], list[Step]]
) -> None:
    pick = random.Random(11)
    chosen = pick.sample(list(permutations(range(6))), SAMPLED)
    expected: dict[str, Any] = {}
    for n, sequence in enumerate([tuple(range(6)), tuple(reversed(range(6))), *chosen], start=10):
        steps = case(n)
        repeated = [*sequence, pick.choice(sequence)]
        for index in repeated:
            await steps[index](runtime)
        state = await state_of(n)
        expected = expected or state
        assert state == expected, (case.__name__, repeated)
    check = CHECKS[case.__name__]
    assert check(expected), expected


CHECKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "orders_and_reports": lambda s: (
        s["exam A"][:4] == ("completed", "颅脑CT增强", "HEAD", "西院区")
        and s["exam A"][9:] == ("RIS", "P", 3, "诊断 40", 1)
    ),
    "patients_and_merges": lambda s: (
        s["P"] == ("李秀莹", "F", date(1958, 3, 12), "一病区", "inpatient", False, False, ["P"])
        and s["exam A"][5] == "inpatient"
    ),
    "reversed_merges": lambda s: s["P"][-1] == s["Q"][-1] == ["P", "Q"],
}
