"""The commands for the links to HIS and RIS, run as a person runs them."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assembly.settings import Settings
from domain.exam import PatientType
from domain.messages import MergeMessage, OrderMessage, PatientFacts
from integrations.his.senders import Senders
from tests.conftest import REPOSITORY, opened
from usecases.orders.place_order import place_order
from usecases.patients.merge_patients import merge_patients
from workers.hl7_listener import Hl7Door

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
BAD = "MSH|^~\\&|RIS|H|CF|H|20261124||ORM^O01|c9|P|2.4\rPID|1||P1||李^秀英\rORC|NW\rOBR|1\r"


def cloudfilm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CLOUDFILM_DATA_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments], cwd=REPOSITORY, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A product with one merge and one refused message."""

    async def fill() -> None:
        settings = Settings(data_dir=tmp_path / "var")
        settings.data_dir.mkdir()
        async with opened(settings) as runtime:
            for number in ("P1", "P2"):
                order = OrderMessage(
                    "HIS", number, NOW, PatientFacts(number, "李秀英"), f"A{number}", "", "", "",
                    "CT", PatientType.UNKNOWN, None,
                )  # fmt: skip
                await place_order(runtime.sealer, order, zone=ZoneInfo("UTC"))
            await merge_patients([MergeMessage("HIS", "m", NOW, "HIS", "P2", "P1")])
            await Hl7Door(runtime, Senders()).answer(BAD.encode(), "10.0.0.7")

    asyncio.run(fill())
    return tmp_path / "var"


def test_a_merge_is_listed_and_undone(folder: Path) -> None:
    listed = cloudfilm(folder, "merges").stdout
    assert "HIS\tP1\tP2\tstanding\tclient:HIS" in listed
    assert cloudfilm(folder, "undo-merge", "1").returncode == 0
    lines = cloudfilm(folder, "merges").stdout.splitlines()
    assert [line.split("\t")[5] for line in lines[1:]] == ["undo", "ended"]
    missing = cloudfilm(folder, "undo-merge", "99")
    assert (missing.returncode, missing.stderr.strip()) == (
        1, "✗ 没有这条合并记录。 (merge_not_found)",
    )  # fmt: skip


def test_the_log_tells_what_was_refused_and_names_nobody(folder: Path) -> None:
    log = cloudfilm(folder, "hl7-log", "--problems").stdout
    assert "10.0.0.7\tRIS\tORM^O01\tc9\tAE\taccession_number_missing OBR-18" in log
    assert "李" not in log
