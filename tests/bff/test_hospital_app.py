"""The hospital's app hands somebody over, and its portal signs people in (tender D2.1, E3.1, abuse
A5): each proof once, on whichever node; nothing personal in an address."""

import asyncio
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from assembly.runtime import Runtime
from assembly.settings import Settings
from integrations.hospital_app.signed_request import SignedRequest, hmac_signature
from storage.records.audit import AuditEntry
from storage.records.session import ViewingSession
from storage.records.staff import StaffAccount
from storage.tokens import new_token
from tests.bff.conftest import serving
from tests.bff.test_patient_path import boot_of, token
from tests.usecases.matching.test_any_order import ORDER

__all__ = ["token"]

KEY = b"a shared secret of 32 bytes here"
PATH = "/api/app/v1/handover"
PATIENT = {"id_card": ORDER.patient.id_card, "name": "李秀英"}


class Portal(BaseHTTPRequestHandler):
    """The hospital's own sign-in: checks PKCE and the secret, knows one member of staff."""

    challenge, code, person, is_down = "", "", {"job_no": "D7"}, False

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        verifier = form.get("code_verifier", [""])[0]
        digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        is_right = (form.get("code"), form.get("client_secret"), digest) == (
            [Portal.code], [KEY.decode()], Portal.challenge,
        )  # fmt: skip
        Portal.code = ""  # a code counts once
        if Portal.is_down:
            self._answer(502, {})
        elif is_right:
            self._answer(200, {"access_token": "t", "token_type": "Bearer", "expires_in": 60})
        else:
            self._answer(400, {"error": "invalid_grant"})

    def do_GET(self) -> None:
        is_known = self.headers.get("Authorization") == "Bearer t"
        self._answer(200 if is_known else 401, Portal.person if is_known else {})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def portal() -> Iterator[str]:
    Portal.person, Portal.is_down = {"job_no": "D7"}, False
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path, portal: str) -> Settings:
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "apps.toml").write_text(
        f'[app]\nprofile = "hmac-sha256"\nsecret_file = "{tmp_path}/key"\nmay = ["patient", "staff"]\n'
        f'[careful]\nprofile = "hmac-sha256"\nsecret_file = "{tmp_path}/key"\nasks_digits = true\n'
        f'[portal]\nprofile = "oauth-code"\nsecret_file = "{tmp_path}/key"\nclient_id = "cf"\n'
        f'authorize_url = "{portal}/authorize"\ntoken_url = "{portal}/token"\n'
        f'userinfo_url = "{portal}/userinfo"\nmay = ["staff"]\nclaims = {{ staff_number = "job_no" }}\n'
    )
    return Settings(data_dir=tmp_path / "var", apps_file=tmp_path / "apps.toml")


@pytest.fixture
async def doctor(runtime: Runtime) -> StaffAccount:
    return await StaffAccount.create(
        username="zhou", password_hash="-", role="doctor", display_name="周明", staff_number="D7"
    )


def headers_for(
    body: bytes, *, app: str = "app", nonce: str = "", off: float = 0
) -> dict[str, str]:
    stamp, nonce = str(int(time.time() + off)), nonce or new_token()
    signature = hmac_signature(KEY, SignedRequest("POST", PATH, body, {}), stamp, nonce)
    return {"X-App-Id": app, "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature}


async def hand_over(
    client: httpx.AsyncClient, person: dict[str, str], **how: Any
) -> httpx.Response:
    body = json.dumps(person).encode()
    headers = headers_for(body, **how) | {"Content-Type": "application/json"}
    return await client.post(PATH, content=body, headers=headers)


async def agree(client: httpx.AsyncClient) -> httpx.Response:
    consent = (await client.get("/api/patient/v1/consent")).json()["consent"]
    return await client.post("/api/patient/v1/consent", json={"consent": consent["version"]})


async def test_e3_1_a_patient_comes_from_the_app(
    browser: httpx.AsyncClient, base_url: str, token: str
) -> None:
    answer = await hand_over(browser, PATIENT)
    assert answer.status_code == 200, answer.text
    url = answer.json()["url"]
    assert ORDER.patient.id_card not in url and "李" not in url
    path = urlsplit(url).path
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as phone:
        entered = await phone.get(path)
        assert (entered.status_code, entered.headers["location"]) == (303, "/home")
        assert (await phone.get("/api/patient/v1/home")).status_code in (401, 403)  # consent first
        home = await agree(phone)
        assert home.json()["home"]["exam"]["accession_number"] == ORDER.accession_number
        assert (await phone.get("/api/patient/v1/home")).status_code == 200
        assert (await phone.get(path)).status_code == 410  # the address counts once
    assert await AuditEntry.filter(action="app_entry").count() == 1


async def test_a5_a_proof_counts_once_also_on_another_node(
    runtime: Runtime, browser: httpx.AsyncClient, token: str
) -> None:
    async with serving(runtime) as second, httpx.AsyncClient(base_url=second) as other:
        nonce = new_token()
        answers = await asyncio.gather(
            *[hand_over(one, PATIENT, nonce=nonce) for one in (browser, other, browser, other)]
        )
        assert sorted(one.status_code for one in answers) == [200, 401, 401, 401]
        refused = next(one for one in answers if one.status_code == 401)
        assert refused.json()["error"]["code"] == "handover_replayed"
        assert await ViewingSession.all().count() == 1


@pytest.mark.parametrize(("how", "code"), [
    ({"app": "nobody"}, "handover_signature"), ({"app": "portal"}, "handover_signature"),
    ({"off": -310}, "handover_expired"), ({"off": 400}, "handover_expired"),
])  # fmt: skip
async def test_a5_aged_or_foreign_proofs(
    browser: httpx.AsyncClient, token: str, how: dict[str, Any], code: str
) -> None:
    answer = await hand_over(browser, PATIENT, **how)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


async def test_a5_the_body_is_signed(browser: httpx.AsyncClient, token: str) -> None:
    headers = headers_for(json.dumps(PATIENT).encode()) | {"Content-Type": "application/json"}
    other = json.dumps({**PATIENT, "id_card": "11010519491231002X"}).encode()
    answer = await browser.post(PATH, content=other, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "handover_signature")


@pytest.mark.parametrize("person", [
    {**PATIENT, "name": "王无名"}, {**PATIENT, "accession_number": "NO-SUCH"},
    {"id_card": "11010519491231002X"},
])  # fmt: skip
async def test_nobody_that_we_know_is_one_answer(
    browser: httpx.AsyncClient, token: str, person: dict[str, str]
) -> None:
    answer = await hand_over(browser, person)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "handover_no_exam")
    assert await ViewingSession.all().count() == 0


async def test_an_app_may_leave_the_digits_to_us(browser: httpx.AsyncClient, token: str) -> None:
    url = (await hand_over(browser, PATIENT, app="careful")).json()["url"]
    assert urlsplit(url).path == f"/q/{token}"
    refused = await hand_over(browser, {"staff_number": "D7"}, app="careful")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "handover_not_allowed")


async def test_d2_1_a_doctor_comes_from_the_app(
    browser: httpx.AsyncClient, base_url: str, doctor: StaffAccount
) -> None:
    url = (await hand_over(browser, {"staff_number": "D7"})).json()["url"]
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as phone:
        entered = await phone.get(urlsplit(url).path)
        assert entered.headers["location"] == "/doctor"
        assert (await phone.get("/api/staff/v1/me")).json()["username"] == "zhou"
    await StaffAccount.filter(id=doctor.id).update(state="cancelled")
    refused = await hand_over(browser, {"staff_number": "D7"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "handover_no_account")


@pytest.fixture
async def phone(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
        yield client


async def sign_in_at_portal(phone: httpx.AsyncClient) -> str:
    """Off to the portal, which signs in; the address by which it sends back."""
    away = await phone.get("/app/portal/start")
    assert away.status_code == 303
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"]
    Portal.challenge, Portal.code = asked["code_challenge"][0], new_token()
    return f"/app/portal/callback?code={Portal.code}&state={asked['state'][0]}"


async def test_d2_1_a_doctor_signs_in_at_the_portal(
    phone: httpx.AsyncClient, doctor: StaffAccount
) -> None:
    back = await sign_in_at_portal(phone)
    kept = dict(phone.cookies)
    entered = await phone.get(back)
    assert entered.status_code == 303 and "code=" not in entered.headers["location"]
    assert (await phone.get(entered.headers["location"])).headers["location"] == "/doctor"
    assert (await phone.get("/api/staff/v1/me")).json()["username"] == "zhou"
    for name, value in kept.items():  # the same way back, cookie and all
        phone.cookies.set(name, value, path="/app/")
    again = await phone.get(back)
    assert (again.status_code, boot_of(again)["state"]) == (403, "portal_failed")


@pytest.mark.parametrize("change", ["state", "cookie", "code", "refused"])
async def test_a4_a_way_back_that_is_not_ours(
    phone: httpx.AsyncClient, doctor: StaffAccount, change: str
) -> None:
    back = await sign_in_at_portal(phone)
    if change == "cookie":
        phone.cookies.clear()
    back = {
        "state": back[:-1] + ("A" if back[-1] != "A" else "B"),
        "code": back.replace("code=", "code=x"),
        "refused": back.replace(f"code={Portal.code}&", "error=access_denied&"),
    }.get(change, back)
    answer = await phone.get(back)
    assert (answer.status_code, boot_of(answer)["state"]) == (403, "portal_failed")
    assert await ViewingSession.all().count() == 0


async def test_a_portal_that_fails_is_said_to(
    phone: httpx.AsyncClient, doctor: StaffAccount
) -> None:
    back = await sign_in_at_portal(phone)
    Portal.is_down = True
    answer = await phone.get(back)
    assert (answer.status_code, boot_of(answer)["state"]) == (503, "portal_unreachable")
    assert KEY.decode() not in answer.text
    Portal.is_down, Portal.person = False, {"job_no": "nobody"}
    answer = await phone.get(await sign_in_at_portal(phone))
    assert (answer.status_code, boot_of(answer)["state"]) == (403, "portal_failed")
