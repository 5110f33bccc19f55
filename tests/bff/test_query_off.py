"""A hospital that wants no retrieval without a code (tender E4.2)."""

from pathlib import Path

import httpx
import pytest

from assembly.settings import Settings
from tests.bff.test_patient_path import boot_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", query_enabled=False)


async def test_e4_2_switched_off(browser: httpx.AsyncClient) -> None:
    assert boot_of(await browser.get("/query"))["can_query"] is False
    answer = await browser.post(
        "/api/patient/v1/query", json={"name": "李", "number": "1", "digits": "123456"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "query_disabled")
