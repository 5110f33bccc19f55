"""What an administrator sees of the PACS, and nobody else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from assembly.runtime import Runtime
from cli.gap_table import print_gaps
from storage.records import pulling
from storage.records.pulling import SeenStudy
from usecases.staff.accounts import make_account

PEERS = """
[PACS1]
label = "东院区 PACS"
host = "10.1.2.3"
port = 104
pull = { every_s = 60 }
[CT1]
may = ["store"]
"""


@pytest.fixture
async def gap(runtime: Runtime, tmp_path: Path) -> None:
    """Before the BFF starts: peers, two accounts, one study of five images that are not here."""
    (tmp_path / "peers.toml").write_text(PEERS, "utf-8")
    runtime.settings.peers_file = tmp_path / "peers.toml"
    for role in ("admin", "doctor"):
        await make_account(role, "long enough 1", role, role)  # type: ignore[arg-type]
    at = datetime.now(UTC) - timedelta(hours=1)
    await pulling.note_seen("PACS1", [SeenStudy("1.2.3", at, 5)])
    await pulling.note_away("PACS1", "connection refused", retry_s=60)


async def sign_in(browser: httpx.AsyncClient, name: str) -> None:
    body = {"username": name, "password": "long enough 1"}
    assert (await browser.post("/api/staff/v1/session", json=body)).status_code == 200


async def test_the_gap_report_over_http(gap: None, browser: httpx.AsyncClient) -> None:
    path = "/api/admin/v1/pacs/gaps"
    assert (await browser.get(path)).status_code == 401
    await sign_in(browser, "doctor")
    assert (await browser.get(path)).status_code in (401, 403)
    await sign_in(browser, "admin")
    told = (await browser.get(path, params={"open": "1"})).json()
    (hour,) = told["hours"]
    assert {key: hour[key] for key in ("pacs", "theirs", "ours", "readable", "gap", "open")} == {
        "pacs": "PACS1", "theirs": 5, "ours": 0, "readable": 0, "gap": 5, "open": ["1.2.3"],
    }  # fmt: skip
    assert told["pacs"][0]["last_error"] == "connection refused"
    assert (await browser.get(path, params={"pacs": "OTHER"})).json()["hours"] == []
    for days in ("x", "0", "nan", "1e9"):
        assert (await browser.get(path, params={"days": days})).status_code == 400
    peers = (await browser.get("/api/admin/v1/pacs")).json()["pacs"]
    assert [(one["name"], one["mode"]) for one in peers] == [
        ("东院区 PACS", "pull"), ("CT1", "push"),
    ]  # fmt: skip


async def test_the_gap_report_at_the_command_line(
    gap: None, runtime: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    await print_gaps(runtime.settings, 2, "", only_open=False, as_json=True)
    assert '"gap": 5' in capsys.readouterr().out
    await print_gaps(runtime.settings, 2, "", only_open=False, as_json=False)
    assert "PACS1" in capsys.readouterr().out
