"""The whole product as a hospital runs it: `cloudfilm serve` in a process of its own, on free
loopback ports, with the embedded defaults or with servers of the test session."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.servers import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 90


@dataclass(frozen=True, slots=True)
class Product:
    """A running product and how to reach its doors."""

    process: "subprocess.Popen[bytes]"
    environment: dict[str, str]
    base_url: str
    dicom_port: int
    hl7_port: int
    ris_token: str

    def get_json(self, path: str) -> tuple[int, dict[str, Any]]:
        """Ask as the RIS."""
        status, body = self.get(path)
        return status, json.loads(body)

    def get(self, path: str) -> tuple[int, bytes]:
        request = urllib.request.Request(
            self.base_url + path, headers={"Authorization": f"Bearer {self.ris_token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def wait_code(self, accession_number: str, status: str = "", limit_s: float = 120) -> str:
        """The code's address once the RIS door knows the examination (in this state)."""
        deadline = time.monotonic() + limit_s
        told: dict[str, Any] = {}
        while time.monotonic() < deadline:
            found, told = self.get_json(f"/api/ris/v1/exams/{accession_number}/code")
            if found == 200 and (not status or told["status"] == status):
                return str(told["code_url"])
            time.sleep(0.2)
        raise AssertionError(f"{accession_number} did not become {status!r}: {told}")


def die_with_parent() -> None:
    """For `preexec_fn`: no orphan outlives a test that was killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@contextmanager
def product(
    data_dir: Path,
    *,
    database_url: str = "",
    redis_url: str = "",
    object_store_url: str = "",
    settle_quiet_s: float = 0.5,
) -> Iterator[Product]:
    """Start it, wait until it says that it is up, stop it and everything it started."""
    ports = [free_port() for _ in range(3)]
    environment = {
        **os.environ,
        "CLOUDFILM_DATA_DIR": str(data_dir),
        "CLOUDFILM_DATABASE_URL": database_url,
        "CLOUDFILM_REDIS_URL": redis_url,
        "CLOUDFILM_OBJECT_STORE_URL": object_store_url,
        "CLOUDFILM_BFF_PORT": str(ports[0]),
        "CLOUDFILM_DICOM_PORT": str(ports[1]),
        "CLOUDFILM_HL7_PORT": str(ports[2]),
        "CLOUDFILM_SETTLE_QUIET_S": str(settle_quiet_s),
        "PYTHONUNBUFFERED": "1",
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "serve"],
            cwd=REPOSITORY, env=environment, stdout=log, stderr=log,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it calls prctl and nothing else
        )  # fmt: skip
    try:
        _wait_up(process, data_dir / "serve.log")
        token = subprocess.run(
            [sys.executable, "-m", "cli.main", "create-client", "test-ris"],
            cwd=REPOSITORY, env=environment, check=True, capture_output=True, timeout=60,
        ).stdout.decode().strip()  # fmt: skip
        base_url = f"http://127.0.0.1:{ports[0]}"
        yield Product(process, environment, base_url, ports[1], ports[2], token)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_up(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        said = log.read_text("utf-8", "replace")
        if "is up" in said:
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the product did not start:\n{log.read_text('utf-8', 'replace')}")
