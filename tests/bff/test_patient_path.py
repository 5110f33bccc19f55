"""From the code to the home page over HTTP, with every wrong turn on the way."""

import asyncio
import io
import json
import re
from dataclasses import replace

import httpx
import pytest
import zxingcpp
from PIL import Image

from assembly.runtime import Runtime
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.imaging import Study
from storage.records.session import ViewingSession
from storage.tokens import new_token
from storage.transactions import db_now
from tests.usecases.matching.test_any_order import ORDER, REPORT, ZONE
from usecases.exam_code.issue_code import ensure_code, revoke_code
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report

RIGHT, WRONG = "021045", "111111"


@pytest.fixture
async def token(runtime: Runtime) -> str:
    exam_id = await place_order(runtime.sealer, ORDER, zone=ZONE)
    await file_report(runtime.objects, runtime.sealer, REPORT, zone=ZONE)
    return await ensure_code(runtime.sealer, exam_id)


def boot_of(page: httpx.Response) -> dict[str, object]:
    match = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page.text)
    assert match is not None
    boot: dict[str, object] = json.loads(match.group(1))
    return boot


async def try_digits(browser: httpx.AsyncClient, token: str, digits: object) -> httpx.Response:
    return await browser.post(f"/api/patient/v1/codes/{token}/verify", json={"digits": digits})


async def test_the_page_says_little_before_proof(browser: httpx.AsyncClient, token: str) -> None:
    page = await browser.get(f"/q/{token}")
    boot = boot_of(page)
    assert page.status_code == 200
    assert (boot["state"], boot["masked_name"]) == ("challenge", "李*英")
    assert "颅脑" not in page.text and "李秀英" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "unsafe-inline" not in page.headers["content-security-policy"]


async def test_right_digits_open_home_and_report(browser: httpx.AsyncClient, token: str) -> None:
    answer = await try_digits(browser, token, RIGHT)
    assert answer.status_code == 200
    body = answer.json()
    assert body["home"]["exam"]["status_label"] == "已完成"
    assert body["home"]["report"]["impression"] == "诊断"
    assert body["studies"] == []
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    home = await browser.get("/api/patient/v1/home")
    assert home.json() == body["home"]
    again = await browser.get(
        "/api/patient/v1/home", headers={"If-None-Match": home.headers["etag"]}
    )
    assert again.status_code == 304
    left = await browser.post("/api/patient/v1/sign-out")
    assert left.status_code == 204
    assert left.headers["clear-site-data"] == '"cache"'  # tests/viewer/test_cache.py: what it does
    assert (await browser.get("/api/patient/v1/home")).status_code == 401


@pytest.mark.parametrize("typed", ["02 10 45", "021045", "021-045"])
async def test_digits_may_be_typed_in_other_forms(
    browser: httpx.AsyncClient, token: str, typed: str
) -> None:
    assert (await try_digits(browser, token, typed)).status_code == 200


@pytest.mark.parametrize(
    "typed", ["", "abcdef", "12345", "1234567", "02104五", None, 21045, "X21045"]
)
async def test_what_cannot_be_digits_is_no_try(
    browser: httpx.AsyncClient, token: str, typed: object
) -> None:
    answer = await try_digits(browser, token, typed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "digits_malformed")
    assert (await ExamCode.get()).wrong_total == 0


async def test_five_wrong_tries_lock_the_code_for_everybody(
    browser: httpx.AsyncClient, base_url: str, token: str
) -> None:
    left = []
    for _ in range(4):
        answer = await try_digits(browser, token, WRONG)
        left.append((answer.status_code, answer.json()["error"]["tries_left"]))
    assert left == [(403, 4), (403, 3), (403, 2), (403, 1)]
    fifth = await try_digits(browser, token, WRONG)
    assert (fifth.status_code, fifth.json()["error"]["code"]) == (429, "locked")
    assert 800 < int(fifth.headers["retry-after"]) <= 900
    async with httpx.AsyncClient(base_url=base_url) as other_device:
        assert (await try_digits(other_device, token, RIGHT)).status_code == 429
        assert boot_of(await other_device.get(f"/q/{token}"))["state"] == "locked"
    await ExamCode.all().update(locked_until=await db_now())
    assert (await try_digits(browser, token, RIGHT)).status_code == 200


async def test_of_two_hundred_parallel_tries_five_are_compared(
    browser: httpx.AsyncClient, token: str
) -> None:
    answers = await asyncio.gather(*(try_digits(browser, token, WRONG) for _ in range(60)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(403) == 4 and codes.count(429) == 56
    row = await ExamCode.get()
    assert (row.wrong_recent, row.wrong_total) == (5, 5)


async def test_ten_in_a_day_lock_for_a_day_and_twenty_for_good(
    browser: httpx.AsyncClient, token: str
) -> None:
    waits = []
    for count in range(20):
        answer = await try_digits(browser, token, WRONG)
        if answer.status_code == 429:
            waits.append((count + 1, answer.json()["error"].get("retry_after_s")))
            await ExamCode.all().update(locked_until=await db_now())
            if count >= 9:
                await ExamCode.all().update(wrong_day=0)
    assert [n for n, _ in waits] == [5, 10, 15, 20]
    assert waits[0][1] <= 900 and waits[1][1] > 80_000
    assert waits[3][1] is None
    assert (await try_digits(browser, token, RIGHT)).status_code == 429


async def test_an_unknown_and_a_revoked_code_say_so(browser: httpx.AsyncClient, token: str) -> None:
    page = await browser.get("/q/" + "A" * 22)
    assert (page.status_code, boot_of(page)["state"]) == (404, "unknown")
    assert (await try_digits(browser, "A" * 22, RIGHT)).status_code == 404
    await revoke_code((await ExamCode.get()).exam_id)  # type: ignore[attr-defined]
    page = await browser.get(f"/q/{token}")
    assert (page.status_code, boot_of(page)["state"]) == (410, "revoked")
    answer = await try_digits(browser, token, RIGHT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "code_revoked")


async def test_nobody_can_be_asked_without_a_number(
    runtime: Runtime, browser: httpx.AsyncClient
) -> None:
    bare = replace(ORDER, patient=replace(ORDER.patient, id_card="", phone=""))
    exam_id = await place_order(runtime.sealer, bare, zone=ZONE)
    token = await ensure_code(runtime.sealer, exam_id)
    assert boot_of(await browser.get(f"/q/{token}"))["state"] == "unverifiable"


async def test_the_token_is_nowhere_in_clear(runtime: Runtime, token: str) -> None:
    database = runtime.settings.data_dir / "cloudfilm.sqlite3"
    for path in database.parent.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert token.encode() not in data
            assert b"999900195108021045" not in data


async def test_a_session_of_another_examination_sees_nothing(
    runtime: Runtime, browser: httpx.AsyncClient, token: str
) -> None:
    await try_digits(browser, token, RIGHT)
    for path in (
        "series/AAAAAAAAAAAAAAAAAAAAAA/preview",
        "series/x/frames/0",
        "series/x/frames/-1",
    ):
        answer = await browser.get(f"/api/viewing/v1/{path}")
        assert answer.status_code in (400, 404)
        assert set(answer.json()["error"]) >= {"code", "message", "request_id"}


async def test_an_expired_session_ends(browser: httpx.AsyncClient, token: str) -> None:
    await try_digits(browser, token, RIGHT)
    await ViewingSession.all().update(expires_at=await db_now())
    answer = await browser.get("/api/patient/v1/home")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session_ended")


async def test_a_foreign_page_cannot_act(browser: httpx.AsyncClient, token: str) -> None:
    await try_digits(browser, token, RIGHT)
    answer = await browser.post(
        "/api/patient/v1/sign-out", headers={"Origin": "https://evil.example"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_foreign")
    answer = await browser.post(
        f"/api/patient/v1/codes/{token}/verify",
        content='{"digits": "021045"}',
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 400


async def test_the_ris_gets_the_code_as_text_and_picture(
    runtime: Runtime, ris: httpx.AsyncClient, token: str
) -> None:
    answer = await ris.get("/api/ris/v1/exams/A1/code")
    body = answer.json()
    assert body["accession_number"] == "A1" and body["status"] == "completed"
    assert body["code_url"].endswith(f"/q/{token}")
    picture = await ris.get("/api/ris/v1/exams/A1/code.png")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)))
    assert found.text == body["code_url"]
    images = await ris.get("/api/ris/v1/exams/A1/images")
    assert images.json() == {"accession_number": "A1", "viewable": 0, "waiting_series": 0}
    for what in ("code", "images"):
        missing = await ris.get(f"/api/ris/v1/exams/NOPE/{what}")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "exam_not_found")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nope"}, {"Authorization": "x"}])
async def test_the_ris_api_needs_its_token(
    browser: httpx.AsyncClient, token: str, header: dict[str, str]
) -> None:
    answer = await browser.get("/api/ris/v1/exams/A1/code", headers=header)
    assert answer.status_code == 401


async def test_every_route_is_described_with_its_policy(browser: httpx.AsyncClient) -> None:
    document = (await browser.get("/openapi.json")).json()
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert len(operations) >= 18
    assert all(op["x-access"] != "None" for op in operations)
    policies = {
        "/api/patient/v1/home": "guest",
        "/api/patient/v1/history": "patient",
        "/api/viewing/v1/manifest": "viewer",
        "/api/share/v1/shares": "owner",
        "/api/ris/v1/exams/{accession_number}/code": "client:ris",
        "/q/{token}": "public",
    }
    for path, policy in policies.items():
        assert document["paths"][path]["get"]["x-access"] == policy


async def test_health_answers(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/healthz")).status_code == 200
    ready = await browser.get("/readyz")
    assert ready.json() == {"database": True, "objects": True}


async def test_the_viewers_page_brings_its_manifest_and_starts_the_preview(
    runtime: Runtime, browser: httpx.AsyncClient, token: str
) -> None:
    bare = await browser.get("/viewer")
    assert "studies" not in boot_of(bare) and "link" not in bare.headers
    await try_digits(browser, token, RIGHT)
    study = await Study.create(
        public_id=new_token(), study_instance_uid="1.2.3", exam_id=(await Exam.first()).id
    )
    page = await browser.get("/viewer")
    assert boot_of(page)["studies"] == []  # nothing is rendered yet
    assert "link" not in page.headers
    key = "manifests/x.json"
    manifest = {
        "revision": 4,
        "series": [
            {"id": "a", "state": "waiting"},
            {"id": "b", "state": "ready", "revision": 7},
            {"id": "c", "state": "ready"},
        ],
    }
    sha256 = await runtime.objects.put(key, json.dumps(manifest).encode())
    study.manifest_key, study.manifest_sha256 = key, sha256
    await study.save()
    page = await browser.get("/viewer")
    assert boot_of(page)["studies"] == [manifest]
    link = "</api/viewing/v1/series/{}/preview?r={}>; rel=preload; as=fetch; crossorigin"
    assert page.headers["link"] == link.format("b", 7)
    named = await browser.get("/viewer", params={"series": "c"})
    assert named.headers["link"] == link.format("c", 4)
    foreign = await browser.get("/viewer", params={"exam": "AAAAAAAAAAAAAAAAAAAAAA"})
    assert "studies" not in boot_of(foreign)
