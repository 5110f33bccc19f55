"""The small supervisor: Redis when none is given, migration once, then every process of the
product; a dead one is back within a second."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assembly.settings import Settings
from integrations.pacs.peer_file import load_peers
from storage.migrate import migrate
from supervisor.problems import CannotStart, check_folder, check_pages, check_port
from supervisor.process import Child
from supervisor.redis_embedded import redis_command

WATCH_S = 0.25
PROBE_EVERY_S = 5.0
UNHEALTHY_PROBES = 3
START_GRACE_S = 15.0
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - recognised, not bound
BACKOFF_S = (0.2, 1.0, 3.0, 10.0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Supervisor:
    """`on_change` is called whenever a process has been restarted."""

    settings: Settings
    render_workers: int = 1
    on_change: Callable[[], None] = lambda: None
    children: list[Child] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def check(self) -> None:
        """CannotStart with one clear sentence."""
        s = self.settings
        check_folder(s.data_dir)
        self._has_peers_to_serve()
        check_pages(Path(__file__).parent.parent / "bff" / "pages")
        check_port(s.bff_host, s.bff_port, "HTTP")
        check_port(s.dicom_host, s.dicom_port, "DICOM")
        if s.dicom_tls_port:
            check_port(s.dicom_host, s.dicom_tls_port, "DICOM TLS")
        check_port(s.hl7_host, s.hl7_port, "HL7")

    async def start(self, say: Callable[[str], None]) -> None:
        """Everything up and answering, or CannotStart; nothing is left running then."""
        self.check()
        self.settings.secret()
        environment = self._environment()
        if not self.settings.redis_url:
            await self._start_redis(environment)
        say("数据库")
        await migrate(self.settings.resolved_database_url())
        self.children += self._doors(environment)
        try:
            for child in self.children:
                if child.process is None:
                    await child.start()
            for child in self.children:
                say(child.name)
                if not await child.wait_ready():
                    raise CannotStart(
                        f"{child.name} 没有启动,日志在 {child.log_file}。"
                        f" {child.name} did not start:\n{child.last_words()}"
                    )
        except BaseException:
            await self.stop()
            raise
        self._tasks = [asyncio.create_task(self._watch(child)) for child in self.children]

    def local_base_url(self) -> str:
        """Where the HTTP door answers on this machine."""
        host = "127.0.0.1" if self.settings.bff_host in ANY_ADDRESS else self.settings.bff_host
        return f"http://{host}:{self.settings.bff_port}"

    def _environment(self) -> dict[str, str]:
        """Every setting, so that the processes see what this one sees."""
        s = self.settings
        values = s.model_dump(exclude_none=True) | {"data_dir": s.data_dir.resolve()}
        cache = s.data_dir.resolve() / "numba"
        return {f"CLOUDFILM_{name.upper()}": str(value) for name, value in values.items()} | {
            "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", str(cache)),
            "PYTHONUNBUFFERED": "1",
        }

    async def _start_redis(self, environment: dict[str, str]) -> None:
        port = free_port()
        data = self.settings.data_dir.resolve()
        redis = Child("redis", redis_command(data / "redis", port), "", data / "logs" / "redis.log")
        await redis.start()
        environment["CLOUDFILM_REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and redis.is_alive:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    self.children.append(redis)
                    return
            await asyncio.sleep(0.02)
        await redis.stop()
        raise CannotStart(f"Redis 没有启动,日志在 {redis.log_file}。 Redis did not start.")

    def _doors(self, environment: dict[str, str]) -> list[Child]:
        doors = [self._door("bff", "bff.main", [], environment, f"{self.local_base_url()}/readyz")]
        for name, module, arguments in (
            ("pixels", "workers.pixels", []),
            ("receiver", "workers.receiver", []),
            ("hl7", "workers.hl7_listener", []),
            ("relay", "workers.outbox_relay", []),
            *([("puller", "workers.puller", [])] if self._has_peers_to_serve() else []),
            ("worker-ingest", "workers.arq_worker", ["ingest"]),
            *(
                (f"worker-render-{n + 1}", "workers.arq_worker", ["render"])
                for n in range(self.render_workers)
            ),
            *((("worker-notify", "workers.arq_worker", ["notify"]),) if self._notifies() else ()),
            *self._links(),
        ):
            port = free_port()
            more = [*arguments, "--health-port", str(port)]
            url = f"http://127.0.0.1:{port}/readyz"
            doors.append(self._door(name, module, more, environment, url))
        return doors

    def _has_peers_to_serve(self) -> bool:
        """Whether a PACS is to be pulled, or something to be sent on. CannotStart for a wrong
        peers file."""
        try:
            peers = load_peers(self.settings.peers_file).by_name.values()
        except (OSError, ValueError) as error:
            raise CannotStart(f"DICOM 对端配置有误:{error}。 The peers file is wrong.") from error
        return any(peer.pull is not None or peer.push is not None for peer in peers)

    def _notifies(self) -> bool:
        """Only a hospital with WeChat or text messages needs the process that sends them."""
        s = self.settings
        return bool(s.wechat_app_id or s.wechat_mini_app_id or s.sms_url)

    def _links(self) -> list[tuple[str, str, list[str]]]:
        """Processes that only those need who have configured them."""
        s = self.settings
        links = [
            ("hl7-sender", "workers.hl7_sender", s.destinations_file),
            ("views", "workers.view_poller", s.views_file),
        ]
        return [(name, module, []) for name, module, file in links if file is not None]

    def _door(
        self, name: str, module: str, arguments: list[str], environment: dict[str, str], url: str
    ) -> Child:
        log = self.settings.data_dir.resolve() / "logs" / f"{name}.log"
        return Child(name, [sys.executable, "-m", module, *arguments], url, log, environment)

    async def _watch(self, child: Child) -> None:
        """Restart it when it ends, or when it lives but has not answered for a while."""
        missed, next_probe = 0, time.monotonic() + PROBE_EVERY_S
        while True:
            await asyncio.sleep(WATCH_S)
            if child.is_alive and child.health_url and time.monotonic() >= next_probe:
                missed = 0 if await child.is_healthy() else missed + 1
                next_probe = time.monotonic() + PROBE_EVERY_S
            if child.is_alive and missed < UNHEALTHY_PROBES:
                continue
            await child.stop()
            lived_s = time.monotonic() - child.started_at
            child.restarts = child.restarts + 1 if lived_s < 30 else 0
            await asyncio.sleep(BACKOFF_S[min(child.restarts, len(BACKOFF_S) - 1)])
            await child.start()
            missed, next_probe = 0, time.monotonic() + START_GRACE_S
            self.on_change()

    def pids(self) -> dict[str, object]:
        """As `var/demo.json` names them."""
        pids: dict[str, object] = {"supervisor": os.getpid(), "bff": [], "workers": []}
        for child in self.children:
            group = "workers" if child.name.startswith("worker") else child.name.replace("-", "_")
            many = pids.get(group)
            if isinstance(many, list):
                many.append(child.pid)
            else:
                pids[group] = child.pid
        return pids

    async def stop(self) -> None:
        """Doors first, Redis last."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        doors = [child for child in self.children if child.name != "redis"]
        await asyncio.gather(*(child.stop() for child in doors))
        for child in self.children:
            if child.name == "redis":
                await child.stop()
