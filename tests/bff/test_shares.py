"""Shares over HTTP: made by the patient, opened by a stranger, ended in every way (E10, abuse A3)."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from assembly.runtime import Runtime
from storage.records.audit import AuditEntry
from storage.records.share import Share
from storage.transactions import db_now
from tests.bff.test_patient_path import RIGHT, boot_of, token, try_digits
from tests.usecases.matching.test_any_order import ORDER, ZONE
from usecases.orders.place_order import place_order

__all__ = ["token"]


@pytest.fixture
async def owner(browser: httpx.AsyncClient, token: str) -> httpx.AsyncClient:
    assert (await try_digits(browser, token, RIGHT)).status_code == 200
    return browser


@pytest.fixture
async def stranger(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
        yield client


async def make(owner: httpx.AsyncClient, **terms: object) -> dict[str, object]:
    answer = await owner.post("/api/share/v1/shares", json={"days": 3} | terms)
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made


def link(made: dict[str, object]) -> str:
    return str(made["url"]).rsplit("/", 1)[1]


async def open_link(
    client: httpx.AsyncClient, made: dict[str, object], pass_code: str = ""
) -> httpx.Response:
    return await client.post(
        f"/api/share/v1/links/{link(made)}/open", json={"pass_code": pass_code}
    )


async def test_e10_1_a_share_opens_one_examination_and_nothing_else(
    runtime: Runtime, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    other = replace(ORDER, accession_number="B2", control_id="O2")
    await place_order(runtime.sealer, other, zone=ZONE)
    history = (await owner.get("/api/patient/v1/history")).json()["exams"]
    assert {line["accession_number"] for line in history} == {ORDER.accession_number, "B2"}
    made = await make(owner)
    page = await stranger.get(f"/s/{link(made)}")
    assert (page.status_code, boot_of(page)["state"]) == (200, "open")
    assert "李秀英" not in page.text
    opened = await open_link(stranger, made)
    assert opened.json()["home"]["exam"]["accession_number"] == ORDER.accession_number
    assert opened.json()["home"]["may_share"] is False
    pdf = (await stranger.get("/api/patient/v1/report.pdf")).content
    assert "分享查看" in "".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages)
    for line in history:
        expected = 200 if line["accession_number"] == ORDER.accession_number else 404
        home = await stranger.get("/api/patient/v1/home", params={"exam": line["id"]})
        assert home.status_code == expected
        pdf = await stranger.get("/api/patient/v1/report.pdf", params={"exam": line["id"]})
        assert pdf.status_code == expected
    for path in ("history", "visits", "card.png"):
        assert (await stranger.get(f"/api/patient/v1/{path}")).status_code == 401
    again = await stranger.post("/api/share/v1/shares", json={"days": 5})
    assert again.status_code == 401


async def test_e10_1_pass_code_with_tries_left(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    made = await make(owner, pass_code="a7K2")
    assert boot_of(await stranger.get(f"/s/{link(made)}"))["state"] == "ask"
    wrong = await open_link(stranger, made, "0000")
    assert (wrong.status_code, wrong.json()["error"]["tries_left"]) == (403, 4)
    assert (await open_link(stranger, made, "A7k2 ")).status_code == 200
    answers = await asyncio.gather(*(open_link(stranger, made, f"{n:04}") for n in range(40)))
    assert sum(a.json()["error"]["code"] == "pass_code_wrong" for a in answers) == 4
    locked = await open_link(stranger, made, "a7K2")
    assert (locked.status_code, locked.json()["error"]["code"]) == (429, "locked")


async def test_e10_2_the_open_limit_holds_under_a_race(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    made = await make(owner, open_limit=3)
    answers = await asyncio.gather(*(open_link(stranger, made) for _ in range(12)))
    assert sorted(a.status_code for a in answers) == [200] * 3 + [410] * 9
    (listed,) = (await owner.get("/api/share/v1/shares")).json()["shares"]
    assert (listed["opened_count"], listed["state"]) == (3, "used_up")
    assert listed["last_opened_at"] is not None


async def test_e10_3_a_stopped_share_ends_for_those_inside(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    made = await make(owner)
    await open_link(stranger, made)
    assert (await stranger.get("/api/patient/v1/home")).status_code == 200
    stopped = await owner.post(f"/api/share/v1/shares/{made['id']}/stop")
    assert stopped.json()["state"] == "stopped"
    inside = await stranger.get("/api/patient/v1/home")
    assert (inside.status_code, inside.json()["error"]["code"]) == (410, "share_ended")
    page = await stranger.get(f"/s/{link(made)}")
    assert (page.status_code, boot_of(page)["state"]) == (410, "stopped")
    assert (await open_link(stranger, made)).json()["error"]["code"] == "share_stopped"


async def test_e10_3_expired_and_not_yet(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    made = await make(owner)
    await open_link(stranger, made)
    now = await db_now()
    await Share.filter(public_id=made["id"]).update(ends_at=now - timedelta(seconds=1))
    assert (await open_link(stranger, made)).json()["error"]["code"] == "share_ended"
    page = await stranger.get(f"/s/{link(made)}")
    assert (page.status_code, boot_of(page)["state"]) == (410, "ended")
    later = await make(
        owner,
        days=None,
        starts_at=(now + timedelta(hours=1)).isoformat(),
        ends_at=(now + timedelta(days=7)).isoformat(),
    )
    assert boot_of(await stranger.get(f"/s/{link(later)}"))["state"] == "not_yet"
    assert (await open_link(stranger, later)).json()["error"]["code"] == "share_not_yet"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"days": 2}, "share_range"),
        ({"days": None}, "share_range"),
        ({"days": None, "ends_at": "tomorrow"}, "body_malformed"),
        ({"days": None, "ends_at": "2026-01-01T00:00:00"}, "body_malformed"),
        ({"days": None, "ends_at": "2020-01-01T00:00:00+08:00"}, "share_range"),
        ({"days": None, "ends_at": "2199-01-01T00:00:00+08:00"}, "share_range"),
        ({"pass_code": "12"}, "pass_code_malformed"),
        ({"pass_code": "提取码提取码"}, "pass_code_malformed"),
        ({"open_limit": 0}, "open_limit_range"),
        ({"open_limit": True}, "body_malformed"),
    ],
)
async def test_terms_that_cannot_be_are_refused(
    owner: httpx.AsyncClient, terms: dict[str, object], code: str
) -> None:
    answer = await owner.post("/api/share/v1/shares", json={"days": 3} | terms)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_an_unknown_link_says_so(stranger: httpx.AsyncClient) -> None:
    page = await stranger.get("/s/AAAAAAAAAAAAAAAAAAAAAA")
    assert (page.status_code, boot_of(page)["state"]) == (404, "unknown")
    answer = await stranger.post("/api/share/v1/links/AAAAAAAAAAAAAAAAAAAAAA/open", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "share_unknown")


async def test_e10_4_the_card_holds_the_code_and_no_name(
    owner: httpx.AsyncClient, token: str
) -> None:
    answer = await owner.get("/api/patient/v1/card.png")
    assert answer.headers["content-type"] == "image/png"
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
    assert found.text.endswith(f"/q/{token}")


async def test_the_patient_reads_who_looked(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    made = await make(owner)
    await open_link(stranger, made)
    for _ in range(3):
        await stranger.get("/api/patient/v1/home")
        await owner.get("/api/patient/v1/report.pdf")
    lines = (await owner.get("/api/patient/v1/visits")).json()["visits"]
    seen = [(line["who"], line["what"]) for line in lines]
    assert seen.count(("分享", "查看检查")) == 1
    assert seen.count(("本人", "打开报告单")) == 1
    assert ("本人", "建立分享") in seen and ("分享", "打开分享") in seen
    assert await AuditEntry.filter(action="home").count() == 1


async def test_history_is_sorted_as_asked(runtime: Runtime, owner: httpx.AsyncClient) -> None:
    for number, day in (("B2", 3), ("C3", 9)):
        at = ORDER.scheduled_at + timedelta(days=day)
        await place_order(
            runtime.sealer, replace(ORDER, accession_number=number, scheduled_at=at), zone=ZONE
        )

    async def numbers(**query: str) -> list[str]:
        answer = await owner.get("/api/patient/v1/history", params=query)
        return [line["accession_number"] for line in answer.json()["exams"]]

    assert await numbers() == [ORDER.accession_number, "B2", "C3"]
    assert await numbers(sort="time", order="desc") == ["C3", "B2", ORDER.accession_number]
    assert len(await numbers(sort="hospital")) == 3
    refused = await owner.get("/api/patient/v1/history", params={"sort": "id;drop"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "sort_unknown")


async def query(client: httpx.AsyncClient, name: str, number: str, digits: str) -> httpx.Response:
    body = {"name": name, "number": number, "digits": digits}
    return await client.post("/api/patient/v1/query", json=body)


async def test_e4_1_retrieval_by_name_number_and_digits(
    stranger: httpx.AsyncClient, token: str
) -> None:
    found = await query(stranger, "李秀英", ORDER.accession_number, RIGHT)
    assert found.status_code == 200
    assert found.json()["home"]["patient"]["name"] == "李秀英"
    assert (await stranger.get("/api/patient/v1/home")).status_code == 200


async def test_e4_3_no_such_person_wrong_digits_and_locked_are_one_answer(
    stranger: httpx.AsyncClient, token: str
) -> None:
    number = ORDER.accession_number
    answers = [
        await query(stranger, "王无名", number, RIGHT),
        await query(stranger, "李秀英", "NO-SUCH", RIGHT),
        *[await query(stranger, "李秀英", number, f"11111{n}") for n in range(6)],
        await query(stranger, "李秀英", number, RIGHT),  # locked by now: on the code's own counter
    ]
    assert {a.status_code for a in answers} == {401}
    assert len({a.json()["error"]["message"] for a in answers}) == 1
    assert (await try_digits(stranger, token, RIGHT)).status_code == 429
