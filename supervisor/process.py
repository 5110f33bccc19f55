"""One child process in a group of its own: started, watched over HTTP, stopped, restarted."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

START_S = 60.0
STOP_S = 25.0
PROBE_S = 2.0
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """`health_url` answers 200 when it is ready; empty when it is watched by its life alone."""

    name: str
    command: list[str]
    health_url: str
    log_file: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    started_at: float = 0.0

    @property
    def pid(self) -> int:
        return self.process.pid if self.process is not None else 0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self.started_at = time.monotonic()
        with self.log_file.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    async def wait_ready(self) -> bool:
        """False when it ended, or did not answer within START_S."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if not self.is_alive:
                return False
            if not self.health_url or await self.is_healthy():
                return True
            await asyncio.sleep(0.05)
        return False

    async def is_healthy(self) -> bool:
        return await asyncio.to_thread(_answers, self.health_url)

    async def stop(self) -> None:
        """TERM, time to finish, then KILL for the whole group."""
        if self.process is None:
            return
        if self.is_alive:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), STOP_S)
        self._signal(signal.SIGKILL)
        await self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def last_words(self, lines: int = 5) -> str:
        """The end of its log, for a person who must find out why it did not start."""
        text = self.log_file.read_text("utf-8", "replace") if self.log_file.is_file() else ""
        return "\n".join(text.splitlines()[-lines:])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PROBE_S) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _die_with_parent() -> None:
    """In the child before it runs: no orphan outlives a killed supervisor."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
