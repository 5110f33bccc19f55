"""Rounds of both senders on each receiver and set, their order turned each time."""

import asyncio
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from bench.debian import find, install
from bench.receive import receivers
from bench.receive.images import prepare
from bench.receive.receivers import Running
from bench.report import FOLDER, figure
from dicomnet.services.storage_scu import sendable
from dicomnet.transport.client import contexts_for, open_association

ROUNDS = 3
SYNTAX_OPTION = {"raw CT": "-xe", "phantom CT": "-xe", "JPEG Lossless CT": "-xs"}
Start = Callable[[Path], AbstractContextManager[Running]]
Send = Callable[[Running, list[Path], str], float]


def run(*, quick: bool = False) -> None:
    install("orthanc", "dcmtk")
    folder = FOLDER / "bench"
    sets = prepare(folder)
    starts: dict[str, Start] = {}
    if find("storescp"):
        starts["storescp"] = receivers.storescp
    if find("Orthanc"):
        starts["Orthanc"] = receivers.orthanc
    senders: dict[str, Send] = {"ours": _ours}
    if find("storescu"):
        senders["storescu"] = _storescu
    rates: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-") as temporary:
        for number in range(1 if quick else ROUNDS):
            names = list(senders)
            for name, images in sets.items():
                for receiver, start in starts.items():
                    for sender in names[number % len(names) :] + names[: number % len(names)]:
                        rate = _once(start, senders[sender], images, name, Path(temporary))
                        rates[name, receiver, sender].append(rate)
    for name in sets:
        for receiver in starts:
            theirs = rates.get((name, receiver, "storescu"))
            more = {} if theirs else {"missing": "DCMTK is not installed"}
            figure(
                "send", f"{name} to {receiver}", "images/s", "higher",
                round(statistics.median(rates[name, receiver, "ours"]), 1), "storescu",
                round(statistics.median(theirs), 1) if theirs else None, **more,
            )  # fmt: skip


def _once(start: Start, send: Send, images: Path, name: str, folder: Path) -> float:
    store = folder / "store"
    store.mkdir()
    files = sorted(images.iterdir())
    try:
        with start(store) as running:
            subprocess.run(["sync"], check=True)
            return len(files) / send(running, files, name)
    finally:
        shutil.rmtree(store)


def _ours(to: Running, files: list[Path], name: str) -> float:
    async def send_all() -> None:
        first = await asyncio.to_thread(sendable, files[0])
        async with open_association(
            "127.0.0.1", to.port, called_ae=to.ae_title, contexts=contexts_for([first])
        ) as peer:
            for file in files:
                item = await asyncio.to_thread(sendable, file)
                if await peer.send_store(item):
                    raise RuntimeError("refused")

    start = time.perf_counter()
    asyncio.run(send_all())
    return time.perf_counter() - start


def _storescu(to: Running, files: list[Path], name: str) -> float:
    command = [find("storescu") or "storescu", "--max-pdu", "131072", SYNTAX_OPTION[name], "-aec",
               to.ae_title, "127.0.0.1", str(to.port), *map(str, files)]  # fmt: skip
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"TCP_NODELAY": "1"})
    return time.perf_counter() - start
