"""Retrieval without a code follows what an administrator has set up, at once (tender C2.1, E4)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from assembly.runtime import Runtime
from assembly.settings import Settings
from storage.records.audit import AuditEntry
from storage.records.page_settings import PageSettings
from storage.records.staff import StaffAccount
from tests.bff.test_patient_path import RIGHT, boot_of, token
from tests.bff.test_shares import stranger
from tests.usecases.matching.test_any_order import ORDER
from usecases.staff.sign_in import hash_password

__all__ = ["stranger", "token"]

PAGE = "/api/admin/v1/pages/query"


async def sign_in(client: httpx.AsyncClient, role: str, campus: str = "") -> httpx.AsyncClient:
    await StaffAccount.create(
        username=role + campus, password_hash=await hash_password("a long password"), role=role,
        display_name="测试", campus=campus,
    )  # fmt: skip
    body = {"username": role + campus, "password": "a long password"}
    assert (await client.post("/api/staff/v1/session", json=body)).status_code == 200
    return client


@pytest.fixture
async def admin(browser: httpx.AsyncClient, runtime: Runtime) -> httpx.AsyncClient:
    return await sign_in(browser, "admin")


async def change(
    client: httpx.AsyncClient, based_on: int, campus: str = "", **values: Any
) -> httpx.Response:
    body = {"based_on": based_on, "values": values}
    return await client.put(PAGE, params={"campus": campus}, json=body)


async def test_e4_2_conditions_and_words_follow_the_administrator(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient, token: str
) -> None:
    shown = boot_of(await stranger.get("/query"))["query"]
    assert [one["name"] for one in shown["conditions"]] == ["name", "number"]
    changed = await change(
        admin, 0, conditions=["name", "accession_number", "phone"], title="查结果",
        note="请带好证件", fee_note="查询免费,冲印胶片每张 20 元",
    )  # fmt: skip
    assert changed.status_code == 200, changed.text
    boot = boot_of(await stranger.get("/query"))
    assert boot["query"]["title"] == "查结果" and boot["query"]["fee_note"].startswith("查询免费")
    assert [one["label"] for one in boot["query"]["conditions"]] == [
        "患者姓名",
        "检查号",
        "登记的手机号",
    ]

    async def ask(**answers: str) -> httpx.Response:
        return await stranger.post("/api/patient/v1/query", json={**answers, "digits": RIGHT})

    number, phone = ORDER.accession_number, ORDER.patient.phone
    missing = await ask(name="李秀英", number=number)
    assert missing.json()["error"]["message"] == "请填写检查号、登记的手机号。"
    wrong = await ask(name="李秀英", accession_number=number, phone="13900000000")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "query_no_match")
    assert (await ask(name="李秀英", accession_number=number, phone=phone)).status_code == 200


async def test_e4_2_switched_off_for_one_campus(
    admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    assert (
        await change(admin, 0, "东院区", is_open=False, closed_text="东院区请到窗口")
    ).status_code == 200
    assert boot_of(await stranger.get("/query"))["can_query"] is True
    boot = boot_of(await stranger.get("/query", params={"campus": "东院区"}))
    assert boot["can_query"] is False and boot["query"]["closed_text"] == "东院区请到窗口"
    body = {"name": "李", "number": "1", "digits": "123456", "campus": "东院区"}
    answer = await stranger.post("/api/patient/v1/query", json=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "东院区请到窗口")


@pytest.mark.parametrize("values", [
    {"conditions": ["number"]}, {"conditions": ["name"]}, {"conditions": "name"},
    {"conditions": ["name", "name", "number"]}, {"conditions": ["name", "id_card"]},
    {"conditions": [["name"], "number"]}, {"title": ""}, {"title": "长" * 301}, {"is_open": "yes"},
    {"colour": "red"}, {"note": None},
])  # fmt: skip
async def test_settings_that_make_no_sense_change_nothing(
    admin: httpx.AsyncClient, values: dict[str, Any]
) -> None:
    answer = await change(admin, 0, **values)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "page_settings_malformed")
    assert await PageSettings.all().count() == 0


async def test_two_administrators_at_once(admin: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*[change(admin, 0, title=f"第{n}个") for n in range(4)])
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert (await change(admin, 1, title="后来的")).status_code == 200
    told = (await admin.get(PAGE)).json()
    assert told["version"] == 2 and told["shown"]["values"]["title"] == "后来的"
    assert [one["version"] for one in told["versions"]] == [2, 1]
    assert {row.actor for row in await AuditEntry.filter(action="page_settings")} == {
        told["versions"][0]["author"]
    }


async def test_only_an_administrator_of_the_campus(
    browser: httpx.AsyncClient, stranger: httpx.AsyncClient, runtime: Runtime
) -> None:
    assert (await change(stranger, 0, title="x")).status_code == 401
    assert (await change(await sign_in(stranger, "doctor"), 0, title="x")).status_code == 403
    local = await sign_in(browser, "admin", "西院区")
    assert (await change(local, 0, "东院区", title="x")).status_code == 403
    assert (await change(local, 0, "", title="x")).status_code == 403
    assert (await change(local, 0, "西院区", title="西院区查询")).status_code == 200


class TestUntilAnAdministratorSaysSomething:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(data_dir=tmp_path / "var", query_enabled=False)

    @pytest.fixture
    async def asking(self, base_url: str) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
            yield client

    async def test_the_installation_decides(self, asking: httpx.AsyncClient) -> None:
        assert boot_of(await asking.get("/query"))["can_query"] is False
        body = {"name": "李", "number": "1", "digits": "123456"}
        answer = await asking.post("/api/patient/v1/query", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "query_disabled")
