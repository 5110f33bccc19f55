"""The real receiver process, started and killed by tests."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from assembly.settings import Settings
from tests.support.servers import free_port

REPOSITORY = Path(__file__).resolve().parents[2]


class ReceiverProcess:
    """`python -m workers.receiver` on free ports; its tables must be there already."""

    def __init__(self, settings: Settings, **environment: str) -> None:
        self.port, self.health_port = free_port(), free_port()
        self._environment = {
            **os.environ,
            "CLOUDFILM_DATA_DIR": str(settings.data_dir),
            "CLOUDFILM_DATABASE_URL": settings.database_url,
            "CLOUDFILM_OBJECT_STORE_URL": settings.object_store_url,
            "CLOUDFILM_DICOM_PORT": str(self.port),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> "ReceiverProcess":
        command = [
            sys.executable, "-m", "workers.receiver", "--health-port", str(self.health_port),
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command, cwd=REPOSITORY, env=self._environment, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the receiver ended with status {self.process.returncode}")
            if self.readiness() == 200:
                return self
            time.sleep(0.02)
        raise RuntimeError("the receiver was not ready in time")

    def readiness(self) -> int:
        """HTTP status of /readyz; 0 when nobody answers."""
        url = f"http://127.0.0.1:{self.health_port}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def kill(self) -> None:
        """As a power cut of this process."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    async def wait(self, timeout_s: float = 30) -> int:
        assert self.process is not None
        return await asyncio.to_thread(self.process.wait, timeout_s)

    def __enter__(self) -> "ReceiverProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()
