"""Receivers under test, each started on an empty folder: ours on both databases, Orthanc, DCMTK's
storescp. Peers get TCP_NODELAY=1; without it they stall 45 ms an image."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.debian import find

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 20


@dataclass(frozen=True, slots=True)
class Running:
    port: int
    ae_title: str
    pid: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(command: list[str], port: int, **environment: str) -> Iterator[int]:
    """Run until the end of the block; yields the pid when `port` answers."""
    running = subprocess.Popen(
        command, cwd=REPOSITORY, env=os.environ | environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_S
        while not _answers(port):
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not listen")
            time.sleep(0.05)
        yield running.pid
    finally:
        running.terminate()
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def ours(folder: Path, database_url: str = "") -> Iterator[Running]:
    port = free_port()
    environment = {
        "CLOUDFILM_DATA_DIR": str(folder),
        "CLOUDFILM_DATABASE_URL": database_url,
        "CLOUDFILM_OBJECT_STORE_URL": "",
        "CLOUDFILM_DICOM_PORT": str(port),
    }
    asyncio.run(_make_tables(folder, database_url))
    with process([sys.executable, "-m", "workers.receiver"], port, **environment) as pid:
        yield Running(port, "CLOUDFILM", pid)


async def _make_tables(folder: Path, database_url: str) -> None:
    from assembly.settings import Settings
    from storage.migrate import migrate

    settings = Settings(data_dir=folder, database_url=database_url)
    await migrate(settings.resolved_database_url())


@contextmanager
def orthanc(folder: Path) -> Iterator[Running]:
    port, http = free_port(), free_port()
    configuration = {
        "Name": "bench", "StorageDirectory": str(folder), "IndexDirectory": str(folder),
        "DicomPort": port, "HttpPort": http, "DicomAet": "ORTHANC", "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
        "MaximumPduLength": 131072,  # its largest, and a little quicker than the default
    }  # fmt: skip
    file = folder / "orthanc.json"
    file.write_text(json.dumps(configuration))
    with process([find("Orthanc") or "Orthanc", str(file)], port, TCP_NODELAY="1") as pid:
        yield Running(port, "ORTHANC", pid)


@contextmanager
def storescp(folder: Path) -> Iterator[Running]:
    port = free_port()
    command = [
        find("storescp") or "storescp", "+xa", "--fork", "--max-pdu", "131072",
        "-od", str(folder), str(port),
    ]  # fmt: skip
    with process(command, port, TCP_NODELAY="1") as pid:
        yield Running(port, "ANY-SCP", pid)
