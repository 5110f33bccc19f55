"""A13: a patient whose ID card, phone and name occur nowhere else walks through every door of a
running product, also with the doors' answers wrong, broken and cut; afterwards none of the three
stands in a log, in anything that went to Redis, in a message that went out, or in an address."""

import asyncio
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import redis

from demo.examples import Example
from demo.fake_wechat import FakeWeChat
from demo.hl7_messages import order_message, report_message
from demo.people import Person, id_card
from integrations.his.mllp_client import send_message
from integrations.hospital_app.signed_request import SignedRequest, hmac_signature
from storage.tokens import new_token
from tests.bff.wechat_parts import open_page, phone
from tests.support.product import Product, product
from tests.support.wechat import MINI, SERVICE, channel_settings, control, fake_wechat

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CARD, PHONE, NAME = id_card(date(1949, 7, 13), 905), "10000009177", "龘靐齉"
PERSON = Person("P-CANARY-1", NAME, "Da^Bingnang", "M", date(1949, 7, 13), CARD, PHONE)
EXAM = Example(
    "CANARY0001", PERSON, "东院区", "O", "CT", "颅脑CT", "HEAD", "", "UTF-8", "无异常。", "无异常。"
)
KEY = b"a shared secret of 32 bytes here"
HANDOVER = "/api/app/v1/handover"


class Monitor:
    """Everything that clients tell a Redis, as it happens."""

    def __init__(self, url: str) -> None:
        self.heard: list[str] = []
        self._client = redis.Redis.from_url(url, decode_responses=False)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with self._client.monitor() as monitor:
            for command in monitor.listen():
                self.heard.append(repr(command))
                if self._is_over.is_set():
                    return

    def stop(self) -> str:
        self._is_over.set()
        self._client.ping()  # the command that ends the loop
        self._thread.join(10)
        return "\n".join(self.heard)


@contextmanager
def whole_product(folder: Path, redis_url: str) -> Iterator[tuple[Product, FakeWeChat]]:
    (folder / "key").write_bytes(KEY)
    (folder / "apps.toml").write_text(
        f'[app]\nprofile = "hmac-sha256"\nsecret_file = "{folder}/key"\nmay = ["patient"]\n'
    )
    with fake_wechat() as fake, pytest.MonkeyPatch.context() as patch:
        settings = channel_settings(folder / "secrets", fake.base_url)
        settings |= {"apps_file": folder / "apps.toml", "digits_kind": "id_card"}
        for name, value in settings.items():
            patch.setitem(os.environ, f"CLOUDFILM_{name.upper()}", str(value))
        fake.world.users["alice"].phone = PHONE
        with product(folder / "var", redis_url=redis_url) as running:
            fake.world.apps[SERVICE].push_url = running.base_url + "/wechat/push"
            yield running, fake


async def tell(running: Product, message: bytes) -> bytes:
    return await send_message("127.0.0.1", running.hl7_port, message, timeout_s=60)


async def hospital_speaks(running: Product, *, is_report: bool) -> None:
    """The order (or the report), and messages that hold the canaries and cannot be taken."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    make: Any = report_message if is_report else order_message
    when = {"reported_at": now} if is_report else {"scheduled_at": now}
    message: bytes = make(EXAM, control_id=f"C{int(is_report)}", sent_at=now, **when)
    assert b"|AA|" in await tell(running, message)
    for spoiled in (
        message.replace(b"|2.4", b"|9.9"), message.replace(b"ORM^O01", b"ZZZ^Z99"),
        message.replace(b"\rORC", b"\r" + CARD.encode()), message[: len(message) // 2],
        message.replace(f"{now:%Y%m%d}".encode(), PHONE.encode()),
    ):  # fmt: skip
        await tell(running, spoiled.replace(b"|C", b"|D", 1))


async def patient_walks(client: httpx.AsyncClient, code: str) -> None:
    """Wrong, nonsense, right; then everything that a session opens."""
    verify = f"/api/patient/v1/codes/{code}/verify"
    await client.get(f"/q/{code}")
    for body in ({"digits": CARD}, {"digits": [NAME]}, {"digits": "111111", "consent": CARD}):
        assert (await client.post(verify, json=body)).status_code >= 400
    headers = {"Content-Type": "application/json"}
    for raw in (f'{{"digits": "{CARD}"', f'["{NAME}", "{PHONE}"]', f"{CARD}"):
        assert (await client.post(verify, content=raw.encode(), headers=headers)).status_code >= 400
    for name, number in ((NAME, CARD), (NAME, PHONE), (CARD, NAME), (NAME, EXAM.accession_number)):
        asked = {"name": name, "number": number, "digits": CARD[-6:]}
        await client.post("/api/patient/v1/query", json=asked)
    for path in (f"/q/{CARD}", f"/s/{PHONE}", f"/enter/{CARD}", f"/g/{CARD}", f"/app/{CARD}/start"):
        await client.get(
            path, headers={"X-Request-Id": CARD, "User-Agent": f"{NAME.encode()!r} {PHONE}"}
        )
    await client.get("/query", params={"campus": NAME, "id": CARD, "phone": PHONE})
    opened = await client.post(verify, json={"digits": CARD[-6:]})
    assert opened.status_code == 200 and opened.json()["home"]["patient"]["name"] == NAME
    for path in (
        "patient/v1/home", "patient/v1/report.pdf", "patient/v1/report", "patient/v1/report/pages/1",
        "patient/v1/report/thumbnail.png", "patient/v1/card.png", "patient/v1/history",
        "patient/v1/visits", "patient/v1/bindings", "viewing/v1/manifest",
    ):  # fmt: skip
        assert (await client.get(f"/api/{path}")).status_code == 200, path
    made = await client.post(
        "/api/share/v1/shares", json={"exam": "", "days": 1, "pass_code": "8866"}
    )
    share = made.json()["url"].rsplit("/", 1)[1]
    await client.get(f"/s/{share}")
    for word in (CARD, NAME, PHONE, "8866"):
        await client.post(f"/api/share/v1/links/{share}/open", json={"pass_code": word})


async def app_hands_over(client: httpx.AsyncClient) -> None:
    person = {"id_card": CARD, "name": NAME, "accession_number": EXAM.accession_number}
    for spoil in ("", "signature", "name", "nonsense"):
        body = json.dumps(person | ({"name": CARD} if spoil == "name" else {})).encode()
        if spoil == "nonsense":
            body = body[:-1]
        stamp, nonce = str(int(time.time())), new_token()
        signed = hmac_signature(KEY, SignedRequest("POST", HANDOVER, body, {}), stamp, nonce)
        headers = {"X-App-Id": "app", "X-Timestamp": stamp, "X-Nonce": nonce,
                   "X-Signature": "0" * 64 if spoil == "signature" else signed,
                   "Content-Type": "application/json"}  # fmt: skip
        answer = await client.post(HANDOVER, content=body, headers=headers)
        assert (answer.status_code == 200) is (spoil == "")
        if not spoil:
            assert (await client.get(answer.json()["url"])).status_code == 303


async def wechat_walks(running: Product, fake: FakeWeChat, code: str) -> None:
    async with phone(running.base_url, fake) as alice:
        alice.event_hooks = HOOKS
        await open_page(alice, f"/q/{code}")
        path = f"/api/patient/v1/codes/{code}/verify"
        assert (await alice.post(path, json={"digits": CARD[-6:]})).status_code == 200
        for ask in ("bindings", "guardians"):
            relation = "self" if ask == "bindings" else "child"
            made = await alice.post(f"/api/patient/v1/{ask}", json={"relation": relation})
            assert made.status_code == 201, made.text
        await alice.get("/api/wechat/v1/people")
    async with httpx.AsyncClient(base_url=running.base_url, event_hooks=HOOKS) as mini:
        login = {"code": fake.world.make_code(MINI, "alice", "login")}
        token = (await mini.post("/api/wechat/v1/mini/login", json=login)).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        vouch = {"code": fake.world.make_code(MINI, "alice", "phone")}
        told = await mini.post("/api/wechat/v1/mini/phone", json=vouch, headers=bearer)
        assert told.status_code == 204
        for bad in ({"code": CARD}, {"code": [PHONE]}):
            await mini.post("/api/wechat/v1/mini/phone", json=bad, headers=bearer)
        ask = {"session": "", "target": f"/home?name={CARD}"}
        await mini.post("/api/wechat/v1/mini/ticket", json=ask, headers=bearer)
    said = f"我是{NAME},身份证{CARD},电话{PHONE}"
    await asyncio.to_thread(control, fake, "push", app_id=SERVICE, user="alice", text=said)


PLACES: list[str] = []


async def _note_place(response: httpx.Response) -> None:
    PLACES.append(response.headers.get("location", ""))
    if response.headers.get("content-type", "").startswith("application/json"):
        body = json.loads(await response.aread() or b"null")
        PLACES.extend(str(body[key]) for key in ("url",) if isinstance(body, dict) and key in body)


HOOKS: dict[str, list[Any]] = {"response": [_note_place]}


async def everybody(running: Product, fake: FakeWeChat) -> None:
    await hospital_speaks(running, is_report=False)
    code = (await asyncio.to_thread(running.wait_code, EXAM.accession_number)).rsplit("/", 1)[1]
    await wechat_walks(running, fake, code)
    await hospital_speaks(running, is_report=True)
    await asyncio.to_thread(running.wait_code, EXAM.accession_number, "completed")
    async with httpx.AsyncClient(
        base_url=running.base_url, timeout=30, event_hooks=HOOKS
    ) as client:
        await patient_walks(client, code)
        await app_hands_over(client)
    deadline = time.monotonic() + 60
    while not fake.world.messages:  # the report was told to her
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    control(fake, "fault", path="/sns/oauth2/access_token", times=99, cut=True)
    async with phone(running.base_url, fake, "bob") as bob:
        await open_page(bob, "/wechat/start?to=/home")


def test_a13_a_patient_who_walks_everywhere_is_named_nowhere(
    tmp_path: Path, redis_url: str
) -> None:
    monitor = Monitor(redis_url)
    PLACES.clear()
    with whole_product(tmp_path, redis_url) as (running, fake):
        asyncio.run(everybody(running, fake))
    told_redis = monitor.stop()
    logs = "".join(path.read_text("utf-8", "replace") for path in (tmp_path / "var").rglob("*.log"))
    sent = json.dumps(fake.world.messages, ensure_ascii=False)
    addresses = json.dumps([[one["path"], one["query"]] for one in fake.world.calls]) + str(PLACES)
    assert len(logs) > 100 and len(told_redis) > 1000
    assert "颅脑CT" in sent and "/enter/" in addresses  # what was looked at is what happened
    for canary in (CARD, PHONE, NAME):
        for place, text in (
            ("a log", logs), ("Redis", told_redis), ("an address", addresses), ("a message", sent),
        ):  # fmt: skip
            for form in (canary, repr(canary.encode())[2:-1], json.dumps(canary)[1:-1]):
                assert form not in text, f"{form} stands in {place}"
    for path in (tmp_path / "var").rglob("*"):
        if path.is_file() and path.suffix != ".log":
            kept = path.read_bytes()
            assert CARD.encode() not in kept and PHONE.encode() not in kept, path.name
