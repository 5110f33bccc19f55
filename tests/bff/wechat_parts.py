"""A product with WeChat's doors, and people with phones in front of it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from assembly.runtime import Runtime
from assembly.settings import Settings
from demo.fake_wechat import FakeWeChat
from domain.messages import ReportMessage
from storage.transactions import db_now
from tests.support.wechat import (
    IPHONE,
    MINI,
    SERVICE,
    channel_settings,
    fake_wechat,
)
from tests.usecases.matching.test_any_order import ORDER, PATIENT, REPORT, ZONE
from usecases.exam_code.issue_code import ensure_code
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report

RIGHT, WRONG = "021045", "111111"
CHILD_CARD = "999900201901017896"


@pytest.fixture
def fake() -> Iterator[FakeWeChat]:
    with fake_wechat() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, fake: FakeWeChat) -> Settings:
    more = channel_settings(tmp_path / "secrets", fake.base_url)
    return Settings(data_dir=tmp_path / "var", settle_quiet_s=0, **more)


async def code_of(runtime: Runtime, number: str = "A1", **patient: object) -> str:
    """The code of an examination of 李秀英, or of another patient."""
    who = replace(PATIENT, **patient)  # type: ignore[arg-type]
    order = replace(ORDER, accession_number=number, control_id=f"o{number}", patient=who)
    exam_id = await place_order(runtime.sealer, order, zone=ZONE)
    return await ensure_code(runtime.sealer, exam_id)


async def child_code(runtime: Runtime) -> str:
    today = (await db_now()).date()
    return await code_of(
        runtime, "C1", patient_number="C1", name="欧阳明轩", id_card=CHILD_CARD,
        birth_date=date(today.year - 7, 1, 1), phone="",
    )  # fmt: skip


async def report_arrives(
    runtime: Runtime, number: str = "A1", control_id: str = "3"
) -> ReportMessage:
    """Now, as far as the report says."""
    now = await db_now()
    told = replace(
        REPORT, accession_number=number, control_id=control_id, sent_at=now + timedelta(seconds=1),
        reported_at=now,
    )  # fmt: skip
    await file_report(runtime.objects, runtime.sealer, told, zone=ZONE)
    return told


@asynccontextmanager
async def phone(
    base_url: str, fake: FakeWeChat, user: str = "alice", agent: str = IPHONE
) -> AsyncIterator[httpx.AsyncClient]:
    """WeChat's browser of one person."""
    app = fake.world.apps[SERVICE]
    if urlsplit(base_url).netloc not in app.oauth_domains:
        app.oauth_domains.append(urlsplit(base_url).netloc)
    headers = {"User-Agent": f"{agent} FakeUser/{user}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=30) as client:
        yield client


async def open_page(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """A page with all its redirects, WeChat's included."""
    return await client.get(path, follow_redirects=True)


async def to_callback(client: httpx.AsyncClient, path: str) -> str:
    """Walk up to WeChat's redirect, and stop before our callback."""
    there = await client.get(path)
    assert there.status_code == 303
    back = await client.get(there.headers["location"])
    assert back.status_code == 302
    return back.headers["location"]


def state_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


async def verify(
    client: httpx.AsyncClient, token: str, digits: str = RIGHT, **more: object
) -> httpx.Response:
    return await client.post(
        f"/api/patient/v1/codes/{token}/verify", json={"digits": digits, **more}
    )


async def bind_self(client: httpx.AsyncClient, token: str) -> str:
    """Scan, digits, bind; the binding's id."""
    await open_page(client, f"/q/{token}")
    answer = await verify(client, token)
    assert answer.status_code == 200, answer.text
    made = await client.post("/api/patient/v1/bindings", json={"relation": "self"})
    assert made.status_code == 201, made.text
    return str(made.json()["binding"])


async def mini_login(client: httpx.AsyncClient, fake: FakeWeChat, user: str = "alice") -> str:
    code = fake.world.make_code(MINI, user, "login")
    answer = await client.post("/api/wechat/v1/mini/login", json={"code": code})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])
