"""Rounds of both servers on all cases, and the figures."""

import asyncio
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from bench.debian import install
from bench.dicomweb.client import Asked, fetch
from bench.dicomweb.servers import Serving, orthanc, ours
from bench.receive.images import prepare
from bench.report import FOLDER, figure

CONNECTIONS = (1, 4)
ROUNDS = 3
ANY = 'multipart/related; type="application/dicom"; transfer-syntax=*'
FRAME = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
# what is asked for -> (path below an instance, Accept)
CASES = {"instances": ("", ANY), "frames": ("/frames/1", FRAME), "metadata": ("/metadata", "")}
Rates = dict[tuple[str, str, int, str], list[float]]


def run(*, quick: bool = False) -> None:
    """Three rounds (one when `quick`); prints nothing, writes figures."""
    install("orthanc", "orthanc-dicomweb", "dcmtk")
    sets = prepare(FOLDER / "bench")
    rates: Rates = defaultdict(list)
    missing = ""
    for name, images in sets.items():
        with tempfile.TemporaryDirectory(dir=FOLDER / "bench", prefix="web-") as folder:
            missing = _measure(name, images, Path(folder), 1 if quick else ROUNDS, rates)
    for name in sets:
        for case in CASES:
            for count in CONNECTIONS:
                _figure(name, case, count, rates, missing)


def _measure(name: str, images: Path, folder: Path, rounds: int, rates: Rates) -> str:
    with ours(folder / "ours", images) as mine, orthanc(folder / "peer", images) as peer:
        servers = [mine] if peer is None else [mine, peer]
        for number in range(rounds):
            for case, (path, accept) in CASES.items():
                for count in CONNECTIONS:
                    for server in servers if number % 2 == 0 else servers[::-1]:
                        rate = asyncio.run(fetch(_asked(server, path, accept), count))
                        rates[name, case, count, server.name].append(rate)
    return "" if peer is not None else "orthanc-dicomweb is not installed"


def _asked(server: Serving, path: str, accept: str) -> Asked:
    return Asked(server.port, [one + path for one in server.instances], accept, server.token)


def _figure(name: str, case: str, count: int, rates: Rates, missing: str) -> None:
    mine = rates[name, case, count, "ours"]
    theirs = rates[name, case, count, "Orthanc"]
    title = f"{name}, {case}, {count} connection{'s' * (count > 1)}"
    more: dict[str, object] = {"runs": mine, "peer_runs": theirs}
    if missing:
        more["missing"] = missing
    figure(
        "dicomweb", title, f"{case}/s", "higher", round(statistics.median(mine), 1), "Orthanc",
        round(statistics.median(theirs), 1) if theirs else None, **more,
    )  # fmt: skip
