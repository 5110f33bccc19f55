"""The RIS' REST door: the HL7 door's facts as JSON, in any order, once; and the stamp (tender B1.2,
E1.2; BATTERY A11, F11)."""

import asyncio
import base64
import io
import itertools
from typing import Any

import httpx
import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from assembly.runtime import Runtime
from storage.records.audit import AuditEntry
from storage.records.exam import Exam
from storage.records.inbox import InboundMessage
from storage.records.patient import Patient
from storage.records.report import Report

PATIENT = {
    "patient_number": "P1", "name": "李秀英", "sex": "F", "birth_date": "1951-08-02",
    "id_card": "999900195108021022", "phone": "10000001037",
}  # fmt: skip
ORDER: dict[str, Any] = {
    "message_id": "o1", "sent_at": "2026-11-24T09:00:00+08:00", "patient": PATIENT,
    "accession_number": "A1", "campus": "东院区", "procedure": "颅脑CT", "body_part": "HEAD",
    "modality": "CT", "patient_type": "inpatient", "scheduled_at": "2026-11-24T10:00:00+08:00",
}  # fmt: skip
REPORT: dict[str, Any] = {
    "message_id": "r1", "sent_at": "2026-11-24T11:00:00+08:00", "patient": PATIENT,
    "accession_number": "A1", "campus": "东院区", "procedure": "颅脑CT", "modality": "CT",
    "state": "final", "reported_at": "2026-11-24T11:00:00+08:00", "findings": "所见\n第二行",
    "impression": "诊断", "reporter": "王医生", "reviewer": "张主任",
}  # fmt: skip
CHANGED = ORDER | {
    "message_id": "o2", "sent_at": "2026-11-24T09:05:00+08:00", "procedure": "颅脑CT增强"
}  # fmt: skip


async def send(ris: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    kind = "reports" if "findings" in body else "orders"
    return await ris.post(f"/api/ris/v1/{kind}", json=body)


async def test_order_and_report_become_an_examination(
    runtime: Runtime, ris: httpx.AsyncClient
) -> None:
    made = await send(ris, ORDER)
    assert made.status_code == 200 and made.json()["status"] == "scheduled"
    assert "/q/" in made.json()["code_url"]
    done = await send(ris, REPORT | {"pdf": base64.b64encode(make_pdf()).decode()})
    assert done.json() == made.json() | {"status": "completed"}
    exam = await Exam.get(accession_number="A1").prefetch_related("patient")
    assert (exam.sender, exam.procedure, exam.patient_type) == ("ris", "颅脑CT", "inpatient")
    assert exam.patient.name == "李秀英" and exam.patient.id_card_index
    report = await Report.get(exam=exam)
    assert (report.findings, report.reviewer) == ("所见\n第二行", "张主任")
    assert (await runtime.objects.get(report.pdf_key)).startswith(b"%PDF-")
    kept = await InboundMessage.get(control_id="r1")
    raw = await runtime.objects.get(kept.object_key)
    assert "李秀英".encode() not in raw and b"999900195108021022" not in raw


async def test_every_order_of_arrival_ends_the_same(ris: httpx.AsyncClient) -> None:
    ends = set()
    for number, messages in enumerate(itertools.permutations((ORDER, CHANGED, REPORT))):
        patient = PATIENT | {"patient_number": f"P{number}"}
        for body in messages:
            sent = body | {"accession_number": f"X{number}", "patient": patient}
            sent["message_id"] = f"{body['message_id']}-{number}"
            assert (await send(ris, sent)).status_code == 200
        exam = await Exam.get(accession_number=f"X{number}")
        ends.add((exam.procedure, exam.status, exam.scheduled_at, exam.reported_at, exam.body_part))
    assert len(ends) == 1 and next(iter(ends))[0] == "颅脑CT增强"


async def test_a_message_is_taken_once(ris: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(send(ris, ORDER) for _ in range(5)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["code_url"] for a in answers}) == 1
    await send(ris, CHANGED)
    again = await send(ris, dict(reversed(ORDER.items())))  # the same, written otherwise
    assert again.status_code == 200
    assert (await Exam.get(accession_number="A1")).procedure == "颅脑CT增强"
    assert await InboundMessage.filter(control_id="o1").count() == 1
    other = await send(ris, ORDER | {"procedure": "胸部CT"})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "message_id_reused")
    assert (await Exam.get(accession_number="A1")).procedure == "颅脑CT增强"


async def test_fields_that_are_wrong_are_named(ris: httpx.AsyncClient) -> None:
    for body in (
        {"message_id": ""}, {"message_id": None}, {"accession_number": " "}, {"patient": None},
        {"patient": PATIENT | {"patient_number": ""}}, {"patient": PATIENT | {"sex": "X"}},
        {"patient": PATIENT | {"birth_date": "2026-13-01"}}, {"patient": PATIENT | {"x": 1}},
        {"sent_at": "yesterday"}, {"sent_at": "2026-11-24T09:00:00"}, {"sent_at": 5},
        {"sent_at": "0001-01-01T00:00:00+14:00"},
        {"scheduled_at": "2026"}, {"modality": "x" * 17}, {"procedure": "a\0b"}, {"campus": ["a"]},
        {"patient_type": "vip"}, {"is_cancelled": "yes"}, {"unknown": 1},
        {"accession_number": "a\nb"},
    ):  # fmt: skip
        answer = await send(ris, ORDER | body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "field_malformed"), (
            body
        )
        assert (
            next(iter(body)).split("_")[0] in answer.json()["error"]["message"] or "patient" in body
        )
    for report in ({"state": "done"}, {"pdf": "!!"}, {"pdf": "eHh4"}, {"findings": "x" * 70_000}):
        answer = await send(ris, REPORT | report)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "field_malformed")
    for content, kind in (
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"{}", "text/plain"),
    ):
        answer = await ris.post(
            "/api/ris/v1/orders", content=content, headers={"Content-Type": kind}
        )
        assert answer.json()["error"]["code"] in ("body_malformed", "media_type")
    assert await Patient.all().count() == 0


async def test_a_body_without_end_is_refused(ris: httpx.AsyncClient, runtime: Runtime) -> None:
    large = runtime.settings.rest_max_bytes + 1

    async def endless() -> Any:
        for _ in range(200):
            yield b" " * (1 << 20)

    told = await ris.post("/api/ris/v1/orders", content=b" " * large, headers=JSON)
    assert (told.status_code, told.json()["error"]["code"]) == (413, "too_large")
    try:
        chunked = await ris.post("/api/ris/v1/orders", content=endless(), headers=JSON)
        assert chunked.status_code == 413
    except httpx.TransportError:  # the server may hang up on a sender that goes on
        pass
    assert (await send(ris, ORDER)).status_code == 200


JSON = {"Content-Type": "application/json"}
PDF = {"Content-Type": "application/pdf"}


def make_pdf(pages: int = 3, size: tuple[float, float] = (595, 842), turn: int = 0) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    for number in range(pages):
        canvas.drawString(100, 400, f"page {number}")
        canvas.setPageRotation(turn)
        canvas.scale(0.5, 2)  # what a page leaves set must not move the code
        canvas.showPage()
    canvas.save()
    return out.getvalue()


async def stamp(ris: httpx.AsyncClient, pdf: bytes, accession: str = "A1", **place: Any) -> Any:
    path = f"/api/ris/v1/exams/{accession}/stamp"
    return await ris.post(path, content=pdf, params=place, headers=PDF)


def seen(pdf: bytes, page: int) -> tuple[Image.Image, list[Any]]:
    """A page as a reader shows it, 4 dots a millimetre, and the codes on it."""
    picture = pypdfium2.PdfDocument(pdf)[page].render(scale=4 * 25.4 / 72).to_pil()
    return picture, list(zxingcpp.read_barcodes(picture))


@pytest.fixture
async def code_url(ris: httpx.AsyncClient) -> str:
    return str((await send(ris, ORDER)).json()["code_url"])


async def test_e1_2_the_same_pdf_with_the_code_at_the_place(
    ris: httpx.AsyncClient, code_url: str
) -> None:
    pdf = make_pdf()
    answer = await stamp(ris, pdf)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(pdf)  # nothing of it was touched
    picture, (code,) = seen(answer.content, 0)
    assert code.text == code_url
    assert code.position.top_right.x > picture.width * 0.8
    assert code.position.top_right.y < picture.height * 0.2
    assert seen(answer.content, 1)[1] == [] and seen(answer.content, 2)[1] == []
    assert [p.extract_text().strip() for p in PdfReader(io.BytesIO(answer.content)).pages] == [
        f"page {n}" for n in range(3)
    ]
    placed = await stamp(ris, pdf, page="last", x_mm=30, y_mm=50, size_mm=40)
    _, (code,) = seen(placed.content, 2)
    quiet = 40 * 4 / (29 + 8) * 4  # dots of the white edge of a version-3 code, at most
    assert abs(code.position.top_left.x - 120 - quiet) < 8
    assert abs(code.position.top_left.y - 200 - quiet) < 8
    twice = await stamp(ris, answer.content, page=2)
    assert [len(seen(twice.content, n)[1]) for n in range(3)] == [1, 1, 0]
    assert await AuditEntry.filter(action="report_stamped", actor="client:ris").count() == 3


async def test_turned_pages_get_it_where_people_see_the_corner(
    ris: httpx.AsyncClient, code_url: str
) -> None:
    for turn in (90, 180, 270):
        answer = await stamp(ris, make_pdf(1, turn=turn), corner="bottom-left")
        picture, (code,) = seen(answer.content, 0)
        assert code.text == code_url and code.orientation == 0
        assert code.position.bottom_left.x < picture.width * 0.2
        assert code.position.bottom_left.y > picture.height * 0.8


def encrypted() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf())))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def many_pages(said: int) -> bytes:
    """A page tree that says how many pages it has."""
    return make_pdf(1).replace(b"/Count 1", f"/Count {said}".encode())


async def test_pdfs_that_cannot_be_stamped_are_told_apart(
    ris: httpx.AsyncClient, code_url: str
) -> None:
    whole = make_pdf()
    for pdf, code in (
        (b"", "pdf_broken"), (b"GIF89a", "pdf_broken"), (b"%PDF-1.7\n", "pdf_broken"),
        (whole[:400], "pdf_broken"), (b"%PDF-1.7\n" + b"\xff" * 5000, "pdf_broken"),
        (encrypted(), "pdf_encrypted"), (many_pages(100_000), "pdf_too_long"),
        (make_pdf(1, size=(30, 30)), "stamp_outside"),
    ):  # fmt: skip
        answer = await stamp(ris, pdf)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), pdf[:20]
    missing = await stamp(ris, whole, page=9)
    assert missing.json()["error"]["code"] == "stamp_page_missing"
    for place in (
        {"page": 0}, {"page": "x"}, {"corner": "middle"}, {"size_mm": 5}, {"size_mm": "nan"},
        {"x_mm": 5}, {"x_mm": -1, "y_mm": 0}, {"margin_mm": "1e9"},
    ):  # fmt: skip
        answer = await stamp(ris, whole, **place)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "place_malformed")
    unknown = await stamp(ris, whole, accession="none")
    assert unknown.status_code == 404
    plain = await ris.post("/api/ris/v1/exams/A1/stamp", content=whole)
    assert plain.json()["error"]["code"] == "media_type"
