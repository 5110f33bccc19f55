"""Limits by device and by address, beside the codes' own (BATTERY section 5)."""

from dataclasses import replace

import httpx
import pytest

from assembly.runtime import Runtime
from storage.records.failed_try import FailedTry
from tests.bff.test_patient_path import RIGHT, WRONG, token, try_digits
from tests.usecases.matching.test_any_order import ORDER, PATIENT, ZONE
from usecases.exam_code.issue_code import ensure_code
from usecases.identity import soft_limits
from usecases.orders.place_order import place_order

__all__ = ["token"]


async def codes(runtime: Runtime, count: int) -> list[str]:
    """Codes of as many patients."""
    made = []
    for n in range(count):
        order = replace(
            ORDER,
            accession_number=f"S{n}",
            control_id=f"S{n}",
            patient=replace(PATIENT, patient_number=f"P{n + 100}"),
        )
        made.append(
            await ensure_code(runtime.sealer, await place_order(runtime.sealer, order, zone=ZONE))
        )
    return made


async def test_a_thief_with_many_codes_is_stopped_by_the_device(
    runtime: Runtime, browser: httpx.AsyncClient
) -> None:
    stolen = await codes(runtime, 9)
    await browser.get(f"/q/{stolen[0]}")  # the browser gets its device cookie
    answers = [await try_digits(browser, one, WRONG) for one in stolen[:8] for _ in range(4)]
    assert [a.json()["error"]["code"] for a in answers[:30]] == ["digits_wrong"] * 30
    assert {a.json()["error"]["code"] for a in answers[30:]} == {"too_many_tries"}
    stopped = await try_digits(browser, stolen[8], RIGHT)
    assert stopped.status_code == 429 and stopped.headers["retry-after"] == "600"


async def test_another_device_behind_the_same_address_goes_on(
    runtime: Runtime, browser: httpx.AsyncClient, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soft_limits, "MAX_DEVICE", 2)
    first, second = await codes(runtime, 2)
    await browser.get(f"/q/{first}")
    for _ in range(3):
        await try_digits(browser, first, WRONG)
    async with httpx.AsyncClient(base_url=base_url, timeout=20) as other:
        await other.get(f"/q/{second}")
        assert (await try_digits(other, second, RIGHT)).status_code == 200


async def test_without_cookies_the_address_counts(
    runtime: Runtime,
    base_url: str,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(soft_limits, "MAX_ADDRESS", 3)
    seen = []
    for _ in range(4):
        async with httpx.AsyncClient(base_url=base_url, timeout=20) as fresh:
            seen.append((await try_digits(fresh, token, WRONG)).json()["error"]["code"])
    assert seen == ["digits_wrong"] * 3 + ["too_many_tries"]
    rows = await FailedTry.all()
    assert rows and all("127.0.0.1" not in row.address for row in rows)


async def test_what_cannot_be_digits_counts_nowhere(
    browser: httpx.AsyncClient,
    token: str,
) -> None:
    await try_digits(browser, token, "12345五")
    assert await FailedTry.all().count() == 0
