"""The open API over HTTP: who is found, who is not, how often one may ask, and where the viewer's
address leads (tender B2.2, B2.3; BATTERY A2, A21)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from assembly.runtime import Runtime
from domain.messages import OrderMessage
from integrations.his.senders import load_senders
from storage.records.audit import AuditEntry
from storage.records.client import ApiClient
from storage.records.exam import Exam
from storage.records.imaging import Study
from storage.records.oauth import OAuthClient
from storage.records.session import ViewingSession
from storage.records.staff import StaffAccount
from storage.records.view_ticket import ViewTicket
from storage.tokens import sha256_hex
from storage.transactions import db_now
from tests.bff.oauth.conftest import MakeClient, Party, allowed_code, doctor, make_client, party
from tests.bff.test_patient_path import boot_of
from tests.usecases.matching.test_any_order import ORDER, PATIENT, REPORT, ZONE
from usecases.open_api.query_exams import exams_by_imaging_number
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report

__all__ = ["doctor", "make_client", "party"]

ID_CARD = "999900195108021022"  # a right check digit in a region that is none
OTHER_ID_CARD = "999900198407091083"
ABOUT = replace(PATIENT, id_card=ID_CARD)
FIELDS = {
    "accession_number", "imaging_number", "modality", "body_part", "status", "exam_time",
    "report_time", "campus", "viewer_url",
}  # fmt: skip


def order(number: str, **more: Any) -> OrderMessage:
    return replace(ORDER, accession_number=number, control_id=number, patient=ABOUT, **more)


@pytest.fixture
async def portal(runtime: Runtime, party: Party) -> AsyncIterator[httpx.AsyncClient]:
    """A system with `exams.read`, on three examinations of one person and one of another."""
    await place_order(runtime.sealer, order("A1"), zone=ZONE)
    report = replace(REPORT, patient=ABOUT)
    await file_report(runtime.objects, runtime.sealer, report, zone=ZONE)
    await place_order(runtime.sealer, order("A2", campus="西院区"), zone=ZONE)
    away = replace(ABOUT, patient_number="H9")
    await place_order(runtime.sealer, replace(order("A3"), sender="HIS2", patient=away), zone=ZONE)
    other = replace(ABOUT, patient_number="P2", id_card=OTHER_ID_CARD)
    await place_order(runtime.sealer, replace(order("B1"), patient=other), zone=ZONE)
    token = await party.fetch(grant_type="client_credentials", scope="exams.read")
    async with bearer(party.base_url, token["access_token"]) as client:
        yield client


def bearer(base_url: str, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=base_url, headers=headers, timeout=20)


async def by_number(client: httpx.AsyncClient, number: str) -> httpx.Response:
    return await client.get("/api/open/v1/exams", params={"imaging_number": number})


async def by_id_card(client: httpx.AsyncClient, id_card: object) -> httpx.Response:
    return await client.post("/api/open/v1/exams/query", json={"id_card": id_card})


def numbers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [exam["accession_number"] for exam in answer.json()["exams"]]


async def test_b2_3_examinations_by_imaging_number_and_by_id_card(
    portal: httpx.AsyncClient, party: Party
) -> None:
    found = await by_number(portal, "P1")
    assert sorted(numbers(found)) == ["A1", "A2"]
    done = next(e for e in found.json()["exams"] if e["accession_number"] == "A1")
    assert set(done) == FIELDS and done["imaging_number"] == "P1"
    assert (done["status"], done["campus"], done["modality"]) == ("completed", "东院区", "CT")
    assert done["report_time"] == "2026-11-24T03:00:00+00:00" and done["exam_time"] is not None
    assert done["viewer_url"].startswith(f"{party.base_url}/open/")
    waiting = next(e for e in found.json()["exams"] if e["accession_number"] == "A2")
    assert (waiting["status"], waiting["report_time"]) == ("scheduled", None)
    assert numbers(await by_number(portal, "A1")) == ["A1"]
    assert sorted(numbers(await by_id_card(portal, ID_CARD.lower()))) == ["A1", "A2", "A3"]
    assert numbers(await by_id_card(portal, OTHER_ID_CARD)) == ["B1"]
    for nothing in ("none", "%", "P_", "' OR 1=1 --", "*"):
        assert numbers(await by_number(portal, nothing)) == []
    assert "李秀英" not in found.text and ID_CARD not in found.text


async def test_a21_every_subject_is_in_the_audit(portal: httpx.AsyncClient) -> None:
    await by_id_card(portal, ID_CARD)
    rows = await AuditEntry.filter(action="exam_queried").prefetch_related("exam")
    assert {row.exam.accession_number for row in rows if row.exam} == {"A1", "A2", "A3"}
    assert {row.actor for row in rows} == {"client:门户"}
    await by_number(portal, "none")
    await by_number(portal, "none")
    await by_number(portal, "another")
    missed = await AuditEntry.filter(action="exam_queried", exam=None)
    assert len({row.outcome for row in missed}) == 2 and len(missed) == 3
    assert all(row.outcome.startswith("no_match:") for row in missed)


async def test_wrong_questions_have_clear_answers(
    portal: httpx.AsyncClient, browser: httpx.AsyncClient, ris: httpx.AsyncClient
) -> None:
    wrong_digit = ID_CARD[:-1] + ("1" if ID_CARD[-1] != "1" else "2")
    for id_card in (
        wrong_digit,
        "999900195113021029",
        "123",
        "",
        None,
        7,
        "9" * 400,
        "９９９９００",
    ):
        answer = await by_id_card(portal, id_card)
        assert answer.status_code == 400, id_card
        assert answer.json()["error"]["code"] in ("id_card_malformed", "body_malformed")
    for number in ("", "x" * 65, "a\0b"):
        answer = await by_number(portal, number)
        assert answer.json()["error"]["code"] == "imaging_number_malformed"
    assert (await by_number(browser, "P1")).status_code == 401
    token = portal.headers["authorization"].removeprefix("Bearer ")
    in_address = await browser.get(
        "/api/open/v1/exams", params={"imaging_number": "P1", "access_token": token}
    )
    assert in_address.status_code == 401
    foreign = await by_number(ris, "P1")
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "scope_missing")
    assert 'error="insufficient_scope"' in foreign.headers["www-authenticate"]


async def test_a21_limits_by_minute_and_day_hold_under_a_race(
    portal: httpx.AsyncClient, party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usecases.open_api.limit_queries.MINUTE_S", 43_200)
    await OAuthClient.filter(id=party.row.id).update(per_minute=5)
    answers = await asyncio.gather(*(by_number(portal, "P1") for _ in range(12)))
    assert sorted(a.status_code for a in answers) == [200] * 5 + [429] * 7
    refused = next(a for a in answers if a.status_code == 429)
    assert refused.json()["error"]["code"] == "rate_limited"
    assert int(refused.headers["retry-after"]) > 0
    await OAuthClient.filter(id=party.row.id).update(per_minute=100, per_day=5)
    daily = await by_id_card(portal, ID_CARD)
    assert daily.status_code == 429 and "当天" in daily.json()["error"]["message"]


async def test_a_doctors_token_sees_the_doctors_campus(
    portal: httpx.AsyncClient, doctor: httpx.AsyncClient, party: Party
) -> None:
    await StaffAccount.filter(username="wang").update(campus="西院区")
    token = (await party.redeem(await allowed_code(doctor, party))).json()
    async with bearer(party.base_url, token["access_token"]) as client:
        assert numbers(await by_id_card(client, ID_CARD)) == ["A2"]
    account = await StaffAccount.get(username="wang")
    assert await AuditEntry.filter(actor=f"staff:{account.id}", action="exam_queried").exists()


async def test_the_imaging_number_is_what_each_sender_says(
    runtime: Runtime, portal: httpx.AsyncClient, tmp_path: Path
) -> None:
    from domain.access import SystemViewer
    from integrations.his.senders import imaging_numbers
    from usecases.open_api.query_exams import imaging_number_of

    path = tmp_path / "senders.toml"
    path.write_text('[HIS2]\nimaging_number = "study_id"\n', "utf-8")
    meanings = imaging_numbers(load_senders(path))
    study = {"public_id": "s", "study_instance_uid": "1.2", "study_id": "CT77"}
    await Study.create(**study, exam=await Exam.get(accession_number="A3"))
    await Study.create(
        **study | {"public_id": "t", "study_instance_uid": "1.3"},
        exam=await Exam.get(accession_number="A1"),
    )
    asker = SystemViewer("x")
    (found,) = await exams_by_imaging_number(runtime.sealer, asker, "CT77", meanings)
    assert found.accession_number == "A3" and imaging_number_of(found, meanings) == "CT77"
    assert await exams_by_imaging_number(runtime.sealer, asker, "H9", meanings) == []
    assert len(await exams_by_imaging_number(runtime.sealer, asker, "P1", meanings)) == 2
    path.write_text('["*"]\nimaging_number = "id_card"\n', "utf-8")
    with pytest.raises(ValueError, match="imaging_number"):
        load_senders(path)


async def ticket_of(portal: httpx.AsyncClient, number: str = "A1") -> str:
    (exam,) = (await by_number(portal, number)).json()["exams"]
    return str(exam["viewer_url"]).rsplit("/", 1)[1]


async def open_it(client: httpx.AsyncClient, ticket: str) -> httpx.Response:
    return await client.post(f"/api/open/v1/tickets/{ticket}/open", json={})


async def test_b2_2_the_viewers_address_opens_one_examination_once(
    portal: httpx.AsyncClient, browser: httpx.AsyncClient, base_url: str
) -> None:
    ticket = await ticket_of(portal)
    for _ in range(3):  # previews and reloads use nothing up
        page = await browser.get(f"/open/{ticket}")
        assert page.status_code == 200 and boot_of(page)["kind"] == "ticket"
        assert page.headers["referrer-policy"] == "no-referrer"
    opened = await open_it(browser, ticket)
    exam = await Exam.get(accession_number="A1")
    assert opened.json() == {"viewer_url": f"/viewer?exam={exam.public_id}"}
    viewer = await browser.get(opened.json()["viewer_url"])
    assert boot_of(viewer)["studies"] == []
    assert (await browser.get("/api/viewing/v1/manifest")).status_code == 200
    other = await Exam.get(accession_number="A2")  # the same person's, and still not theirs
    for path, expected in (
        (f"/api/viewing/v1/manifest?exam={other.public_id}", 404),
        ("/api/patient/v1/home", 401),
        ("/api/patient/v1/history", 401),
        ("/api/patient/v1/report.pdf", 401),
        ("/api/staff/v1/me", 401),
        (f"/api/share/v1/shares?exam={exam.public_id}", 401),
    ):
        assert (await browser.get(path)).status_code == expected, path
    assert (await open_it(browser, ticket)).status_code == 200  # a reload in the same browser
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as thief:
        late = await open_it(thief, ticket)
        assert (late.status_code, late.json()["error"]["code"]) == (410, "ticket_ended")
        unknown = await open_it(thief, "x" * 43)
        assert unknown.status_code == 404
    actors = await AuditEntry.filter(exam=exam).values_list("actor", "action")
    assert ("ticket:门户", "ticket_opened") in actors and ("ticket:门户", "images") in actors
    assert not await ViewTicket.filter(token_sha256=ticket).exists()
    assert await ViewTicket.filter(token_sha256=sha256_hex(ticket)).exists()


async def test_a_ticket_ends_by_time_race_and_with_its_client(
    portal: httpx.AsyncClient, party: Party, base_url: str
) -> None:
    raced, old, orphan = [await ticket_of(portal) for _ in range(3)]
    browsers = [httpx.AsyncClient(base_url=base_url, timeout=20) for _ in range(6)]
    answers = await asyncio.gather(*(open_it(one, raced) for one in browsers))
    assert sorted(a.status_code for a in answers) == [200] + [410] * 5
    inside = browsers[[a.status_code for a in answers].index(200)]
    past = await db_now() - timedelta(seconds=1)
    await ViewTicket.filter(token_sha256=sha256_hex(old)).update(expires_at=past)
    assert (await open_it(browsers[0], old)).status_code == 410
    assert (await inside.get("/api/viewing/v1/manifest")).status_code == 200
    await OAuthClient.filter(id=party.row.id).update(revoked_at=past)
    assert (await open_it(browsers[0], orphan)).status_code == 410
    session = await ViewingSession.get(channel="ticket")
    assert session.ticket_id is not None  # type: ignore[attr-defined]
    for one in browsers:
        await one.aclose()


async def test_a_fixed_token_may_have_the_scope(portal: httpx.AsyncClient, base_url: str) -> None:
    await ApiClient.create(name="old", token_sha256=sha256_hex("t" * 22), scopes="exams.read")
    async with bearer(base_url, "t" * 22) as client:
        assert numbers(await by_number(client, "B1")) == ["B1"]


_ = MakeClient
