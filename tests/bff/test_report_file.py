"""The report where no PDF opens, and its signatures (tender E7.1, E7.2)."""

import io
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from assembly.runtime import Runtime
from assembly.settings import Settings
from storage.records.audit import AuditEntry
from storage.records.outbox import OutboxRow
from storage.records.patient import Patient
from tests.bff.test_patient_path import RIGHT, try_digits
from tests.bff.test_shares import stranger
from tests.documents.test_signatures import authority, signed
from tests.usecases.matching.test_any_order import ORDER, REPORT, ZONE
from usecases.exam_code.issue_code import ensure_code
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report
from usecases.viewing import read_report
from workers.inline import drain

__all__ = ["authority", "signed", "stranger"]


@pytest.fixture
def settings(tmp_path: Path, authority: tuple[Path, object]) -> Settings:
    return Settings(data_dir=tmp_path / "var", signature_roots_file=authority[0])


async def open_with(runtime: Runtime, browser: httpx.AsyncClient, pdf: bytes) -> None:
    exam_id = await place_order(runtime.sealer, ORDER, zone=ZONE)
    facts = replace(REPORT, pdf=pdf) if pdf else REPORT
    await file_report(runtime.objects, runtime.sealer, facts, zone=ZONE)
    token = await ensure_code(runtime.sealer, exam_id)
    assert (await try_digits(browser, token, RIGHT)).status_code == 200


async def test_e7_1_a_signed_report_says_who_signed_and_that_it_holds(
    runtime: Runtime, browser: httpx.AsyncClient, stranger: httpx.AsyncClient, signed: bytes
) -> None:
    await open_with(runtime, browser, signed)
    told = (await browser.get("/api/patient/v1/report")).json()
    [one] = told["signatures"]
    assert (one["signer"], one["is_intact"], one["is_trusted"]) == ("李主任", True, True)
    assert told["pages"] == 1 and len(told["sha256"]) == 64
    assert (await stranger.get("/api/patient/v1/report")).status_code == 401
    assert (await stranger.get("/api/patient/v1/report/pages/1")).status_code == 401


async def test_e7_2_a_page_is_a_picture_with_the_same_watermark(
    runtime: Runtime, browser: httpx.AsyncClient, signed: bytes
) -> None:
    await open_with(runtime, browser, signed)
    answer = await browser.get("/api/patient/v1/report/pages/1")
    assert answer.headers["cache-control"] == "no-store"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size[0] == 1240
    marked = sum(
        n for n, colour in picture.getcolors(1 << 24) or [] if colour not in ((255,) * 3, (0,) * 3)
    )
    assert marked > 2000  # the page itself is one black line on white
    for number in ("0", "2", "99999"):
        assert (await browser.get(f"/api/patient/v1/report/pages/{number}")).status_code == 404
    assert await AuditEntry.filter(action="report_pdf").count() == 1


async def test_a_report_of_text_has_pages_and_no_signature(
    runtime: Runtime, browser: httpx.AsyncClient
) -> None:
    await open_with(runtime, browser, b"")
    told = (await browser.get("/api/patient/v1/report")).json()
    assert told["signatures"] == [] and told["pages"] >= 1 and told["sha256"] == ""


async def test_the_thumbnail_is_drawn_before_anybody_looks(
    runtime: Runtime, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is drawn in a request; a patient whose name is corrected gets a new picture."""
    path = "/api/patient/v1/report/thumbnail.png"
    await open_with(runtime, browser, b"")
    await drain(runtime)
    with monkeypatch.context() as patch:
        patch.setattr(read_report, "pdf_thumbnail", None)
        ready = await browser.get(path)
        assert ready.status_code == 200 and Image.open(io.BytesIO(ready.content)).size[0] == 360
    await Patient.all().update(name="李秀瑛")
    renamed = await browser.get(path)
    assert renamed.status_code == 200 and renamed.content != ready.content


async def test_a_report_that_is_no_pdf_is_no_job_for_ever(
    runtime: Runtime, browser: httpx.AsyncClient
) -> None:
    await open_with(runtime, browser, b"%PDF-1.7 and nothing else")
    await drain(runtime)
    assert await OutboxRow.all().count() == 0
