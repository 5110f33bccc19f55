"""The doctors' door over HTTP: the list with its filters, the examination with its time line."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from assembly.runtime import Runtime
from domain.exam import PatientType
from domain.messages import PatientFacts
from tests.support.staff import fill_study, make_doctor, signed_in
from tests.usecases.matching.test_any_order import ORDER, PATIENT, REPORT, ZONE
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report

LIST = "/api/staff/v1/exams"


@pytest.fixture
async def doctor(runtime: Runtime, base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Of the eastern campus, where A1 (with images and report), A2 and B1 are; W1 is elsewhere."""
    other = PatientFacts("P2", "李晓秀", "M", None, "999900198001011012", "10000001038")
    orders = (
        ORDER,
        replace(ORDER, accession_number="A2", control_id="11", modality="MR", procedure="颅脑MR"),
        replace(
            ORDER, accession_number="B1", control_id="12", patient=other,
            patient_type=PatientType.EMERGENCY,
        ),
        replace(ORDER, accession_number="W1", control_id="13", campus="西院区"),
    )  # fmt: skip
    for order in orders:
        await place_order(runtime.sealer, order, zone=ZONE)
    await file_report(runtime.objects, runtime.sealer, REPORT, zone=ZONE)
    await fill_study(runtime)
    await make_doctor("zhang")
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
        yield await signed_in(client, "zhang")


async def numbers(client: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await client.get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    return [row["accession_number"] for row in answer.json()["exams"]]


async def test_d5_1_the_list_is_of_the_doctors_campus_and_searched(
    doctor: httpx.AsyncClient,
) -> None:
    assert await numbers(doctor) == ["B1", "A2", "A1"]
    assert await numbers(doctor, q="秀") == ["B1", "A2", "A1"]
    assert await numbers(doctor, q="李秀") == ["A2", "A1"]
    assert await numbers(doctor, q="A2") == ["A2"]
    assert await numbers(doctor, q="P2") == ["B1"]
    assert await numbers(doctor, q="%") == []
    assert await numbers(doctor, q="W1") == []
    assert await numbers(doctor, modality="MR") == ["A2"]
    assert await numbers(doctor, status="completed") == ["A1"]
    assert await numbers(doctor, patient_type="emergency") == ["B1"]
    assert await numbers(doctor, days="1", q="A1") == ["A1"]
    (row,) = (await doctor.get(LIST, params={"q": "A1"})).json()["exams"]
    assert (row["patient_name"], row["patient_sex"], row["patient_age"]) == ("李秀英", "女", "75岁")
    assert (row["status_label"], row["patient_type_label"]) == ("已完成", "住院")
    assert (await doctor.get(row["thumbnail_url"])).status_code == 200


async def test_filters_that_cannot_be_are_refused(doctor: httpx.AsyncClient) -> None:
    for query in (
        {"status": "gone"}, {"modality": "ct'"}, {"days": "2"}, {"q": "x" * 65}, {"before": "-1"},
    ):  # fmt: skip
        assert (await doctor.get(LIST, params=query)).status_code == 400


async def test_d7_1_the_examination_with_report_and_time_line(doctor: httpx.AsyncClient) -> None:
    (row,) = (await doctor.get(LIST, params={"q": "A1"})).json()["exams"]
    page = (await doctor.get(f"{LIST}/{row['id']}")).json()
    assert page["patient"]["name"] == PATIENT.name
    assert page["exam"]["acquired_at"] or page["exam"]["reported_at"]
    assert page["report"]["impression"] == "诊断"
    assert [one["count"] for one in page["images"]] == [3]
    assert [prior["accession_number"] for prior in page["priors"]] == ["A2"]  # W1 is not theirs
    pdf = await doctor.get(page["report"]["pdf_url"])
    assert pdf.content.startswith(b"%PDF")
    assert (await doctor.get(page["report"]["thumbnail_url"])).status_code == 200
    assert (await doctor.get(f"{LIST}/{'n' * 22}")).status_code == 404


async def test_the_door_needs_a_doctor(base_url: str, doctor: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as nobody:
        assert (await nobody.get("/doctor")).status_code == 200
        assert (await nobody.get(LIST)).status_code == 401
    assert (await doctor.post("/api/staff/v1/sign-out")).status_code == 204
    assert (await doctor.get(LIST)).status_code == 401
