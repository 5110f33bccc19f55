"""Rounds of all receivers on all cases, and the figures."""

import asyncio
import shutil
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.debian import find, install
from bench.receive import receivers
from bench.receive.database import fresh_database, postgres
from bench.receive.images import prepare
from bench.receive.receivers import Running
from bench.receive.send import send
from bench.report import FOLDER, figure

ASSOCIATIONS = (1, 4, 8)
ROUNDS = 3
Start = Callable[[Path], AbstractContextManager[Running]]
Case = tuple[str, int]  # name of the image set, associations


def run(*, quick: bool = False) -> None:
    """Three rounds (one when `quick`); prints nothing, writes figures."""
    install("orthanc", "dcmtk", "postgresql")
    folder = FOLDER / "bench"
    sets = prepare(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-") as temporary:
        Path(temporary).chmod(0o755)
        with postgres(Path(temporary)) as port:
            starts = _starts(port)
            rates, p99 = _rounds(starts, sets, Path(temporary), 1 if quick else ROUNDS)
    for name in sets:
        for count in ASSOCIATIONS:
            _figures((name, count), rates, p99, starts)


def _starts(postgres_port: int | None) -> dict[str, Start]:
    """Name -> how to start it on an empty folder; only those that are installed."""
    starts: dict[str, Start] = {"SQLite": receivers.ours}
    if postgres_port is not None:

        @contextmanager
        def on_postgres(folder: Path) -> Iterator[Running]:
            url = asyncio.run(fresh_database(postgres_port))
            with receivers.ours(folder, url) as running:
                yield running

        starts["PostgreSQL"] = on_postgres
    if find("Orthanc"):
        starts["Orthanc"] = receivers.orthanc
    if find("storescp"):
        starts["storescp"] = receivers.storescp
    return starts


Table = dict[str, dict[Case, list[float]]]


def _rounds(
    starts: dict[str, Start], sets: dict[str, Path], folder: Path, rounds: int
) -> tuple[Table, Table]:
    rates: Table = defaultdict(lambda: defaultdict(list))
    p99: Table = defaultdict(lambda: defaultdict(list))
    names = list(starts)
    for number in range(rounds):
        for name, images in sets.items():
            for count in ASSOCIATIONS:
                for receiver in names[number % len(names) :] + names[: number % len(names)]:
                    result = _once(starts[receiver], images, count, folder / "store")
                    rates[receiver][name, count].append(result["images_per_s"])
                    p99[receiver][name, count].append(result["p99_ms"])
    return rates, p99


def _once(start: Start, images: Path, count: int, folder: Path) -> dict[str, float]:
    folder.mkdir()
    try:
        with start(folder) as running:
            subprocess.run(["sync"], check=True)  # the run before must not be paid for here
            return send(running, images, count)
    finally:
        shutil.rmtree(folder)


def _figures(case: Case, rates: Table, p99: Table, starts: dict[str, Start]) -> None:
    for database in ("SQLite", "PostgreSQL"):
        title = f"{case[0]}, {case[1]} association{'s' * (case[1] > 1)}, {database}"
        mine = _median(rates, database, case)
        for peer in ("Orthanc", "storescp"):
            theirs = _median(rates, peer, case)
            more: dict[str, object] = {"peer_durable": peer == "Orthanc"}
            if mine is None:
                more["missing"] = "PostgreSQL is not installed"
            elif theirs is None:
                more["missing"] = f"{peer} is not installed"
            else:
                more["p99_ms"] = _median(p99, database, case)
                more["peer_p99_ms"] = _median(p99, peer, case)
                more["runs"] = rates[database][case]
                more["peer_runs"] = rates[peer][case]
            figure("receive", title, "images/s", "higher", mine, peer, theirs, **more)


def _median(table: Table, receiver: str, case: Case) -> float | None:
    values = table[receiver][case] if receiver in table else []
    return round(statistics.median(values), 2) if values else None
