"""`make demo` as people and programs meet it: what it writes, what it survives, what it refuses."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.people import id_card
from tests.conftest import REPOSITORY
from tests.support.product import die_with_parent
from tests.support.servers import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def command(port: int, data: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "cli.main", "demo", "--port", str(port), "--data", str(data), *more,
    ]  # fmt: skip


def three_free_ports() -> int:
    """The demonstration takes this one and the two after it."""
    while True:
        first = free_port()
        try:
            for port in (first, first + 1, first + 2):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first


@contextmanager
def demo(data: Path, *more: str) -> Iterator[tuple["subprocess.Popen[bytes]", dict[str, Any]]]:
    """Started, ready, and at the end stopped as by Ctrl-C."""
    data.parent.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            command(three_free_ports(), data, *more), cwd=REPOSITORY, stdout=out, stderr=out,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it calls prctl and nothing else
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 240
        while not (data / "demo.json").exists():
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.1)
        yield process, json.loads((data / "demo.json").read_text("utf-8"))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def all_pids(pids: dict[str, Any]) -> list[int]:
    flat: list[int] = []
    for value in pids.values():
        flat += value if isinstance(value, list) else [value]
    return flat


def ris_told(told: dict[str, Any], accession_number: str, what: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{told['base_url']}/api/ris/v1/exams/{accession_number}/{what}",
        headers={"Authorization": f"Bearer {told['ris_api']['token']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        body: dict[str, Any] = json.loads(answer.read())
    return body


def check_oauth(told: dict[str, Any]) -> None:
    """The contract's client gets a token and finds a patient's examination."""
    with httpx.Client(timeout=30) as client:
        metadata = client.get(told["oauth"]["metadata_url"]).json()
        auth = (told["oauth"]["client_id"], told["oauth"]["client_secret"])
        form = {"grant_type": "client_credentials"}
        token = client.post(metadata["token_endpoint"], data=form, auth=auth).json()
        assert set(token["scope"].split()) == {"exams.read", "dicomweb.read", "fhir.read"}
        exam = told["exams"][0]
        found = client.get(
            f"{told['base_url']}/api/open/v1/exams",
            params={"imaging_number": exam["patient_id"]},
            headers={"Authorization": f"Bearer {token['access_token']}"},
        ).json()["exams"]
        assert exam["accession_number"] in {one["accession_number"] for one in found}
        assert client.get(found[0]["viewer_url"]).status_code == 200


def is_asked_for_consent(exam: dict[str, Any]) -> bool:
    base, code = exam["code_url"].rsplit("/q/", 1)
    facts = httpx.get(f"{base}/api/patient/v1/codes/{code}", timeout=30).json()
    return bool(facts["consent"])


def test_the_contract_the_restart_and_the_second_start(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with demo(data) as (process, told):
        assert set(told) >= {
            "base_url", "pids", "dicom", "hl7", "ris_api", "accounts", "exams", "oauth",
        }  # fmt: skip
        assert told["pids"]["supervisor"] == process.pid
        assert (data / "demo.json").stat().st_mode & 0o077 == 0
        assert {e["status"] for e in told["exams"]} == {
            "scheduled", "awaiting_report", "completed",
        }  # fmt: skip
        for exam in told["exams"]:
            number = exam["accession_number"]
            assert ris_told(told, number, "code") == {
                key: exam[key] for key in ("accession_number", "status", "code_url")
            }
            images = ris_told(told, number, "images")
            assert (images["viewable"] > 0) == (exam["status"] != "scheduled")
            assert images["waiting_series"] == 0
            assert len(exam["digits"]) == 6
            assert is_asked_for_consent(exam), "the demonstration has walked in before the visitor"
        check_oauth(told)
        pids = all_pids(told["pids"])
        assert len(pids) >= 6 and all(is_alive(pid) for pid in pids)
        victim = told["pids"]["receiver"]
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while (now := json.loads((data / "demo.json").read_text("utf-8"))["pids"])[
            "receiver"
        ] == victim:
            assert time.monotonic() < deadline, "the receiver was not restarted"
            time.sleep(0.1)
        pids = all_pids(now)
        while socket.socket().connect_ex(("127.0.0.1", told["dicom"]["port"])):
            assert time.monotonic() < deadline, "the DICOM door did not open again"
            time.sleep(0.1)
    assert not any(is_alive(pid) for pid in pids)
    assert not (data / "demo.json").exists()
    with demo(data) as (_, again):
        assert again["exams"] == [
            exam | {"code_url": exam["code_url"].replace(told["base_url"], again["base_url"])}
            for exam in told["exams"]
        ]
        assert again["accounts"] == told["accounts"]
    logs = "".join(path.read_text("utf-8", "replace") for path in (data / "logs").iterdir())
    for exam in told["exams"]:
        assert exam["patient_name"] not in logs
        assert exam["code_url"].rsplit("/", 1)[1] not in logs
    assert "9999001958" not in logs  # the region code and a birth year of the made-up ID cards


def test_own_files_get_orders_and_reports(shared_dicom: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(shared_dicom / "charset", folder / "charset")
    (folder / "notes.txt").write_text("no image at all, only a few words of text")
    with demo(tmp_path / "var", "--dicom", str(folder)) as (_, told):
        assert len(told["exams"]) >= 2
        assert {e["status"] for e in told["exams"]} == {"completed"}


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_busy_port_is_one_clear_sentence(tmp_path: Path, which: int) -> None:
    port = three_free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + which))
        taken.listen()
        done = run(port, tmp_path / "var")
    assert done.returncode == 2
    assert f"端口 {port + which} 已被占用" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_folder_that_cannot_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(three_free_ports(), tmp_path / "file" / "var")
    assert done.returncode == 2
    assert "不能写入" in done.stderr and "Traceback" not in done.stderr


def test_a_folder_of_files_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    done = run(three_free_ports(), tmp_path / "var", "--dicom", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "没有文件夹" in done.stderr and "Traceback" not in done.stderr


def test_missing_node_is_one_clear_sentence(tmp_path: Path) -> None:
    for name in ("dirname", "bash", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        [REPOSITORY / "tools" / "need_node.sh"], env={"PATH": str(tmp_path)},
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Node.js" in done.stderr and len(done.stderr.splitlines()) == 1


def run(port: int, data: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(port, data, *more),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_made_up_id_cards_have_right_check_digits() -> None:
    from datetime import date

    from stdnum.cn import ric

    for serial in range(100, 140):
        number = id_card(date(1980, 2, 29), serial)
        assert number.startswith("999900")
        assert ric.calc_check_digit(number) == number[-1]


def test_the_fake_of_wechat_runs_beside_it(tmp_path: Path) -> None:
    with demo(tmp_path / "var", "--fake-wechat") as (_, told):
        assert told["patient"]["query"] == told["base_url"] + "/query"
        fake = told["wechat"]
        with urllib.request.urlopen(f"{fake['control_url']}/messages", timeout=10) as answer:
            assert json.loads(answer.read()) == {"messages": []}
        request = urllib.request.Request(
            f"{told['base_url']}/home", headers={"User-Agent": "MicroMessenger/8.0"}
        )
        # no cookies here: off to WeChat, back with a state that is nobody's
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 403 and "/wechat/callback" in refused.value.url
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{fake['control_url']}/messages", timeout=5)
