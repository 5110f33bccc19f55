"""The product is filled through its front doors, then the same patients walk alone and beside
ingest, and the figures."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bench.debian import install
from bench.patient_path.exams import exam, slices
from bench.phone import Phone
from bench.receive.database import fresh_database, postgres
from bench.receive.receivers import REPOSITORY
from bench.report import FOLDER, figure
from demo.front_doors import send_images, send_order, send_report
from tests.support.product import Product, product

BENCH = "patient_path"
PATIENTS = 200
SLICES = 8
STAY_S = 60.0
WARM_S, MEASURED_S = 60.0, 90.0
QUICK_WARM_S, QUICK_MEASURED_S = 20.0, 40.0
IMAGES_PER_S = 40.0  # the peak hour of 3,000 examinations a day
PROMISE_MS = 300.0
PROMISED = ("page", "verify", "pixels")
SHOWN = (*PROMISED, "report", "viewer", "preview", "frame", "home", "asset")
Result = dict[str, Any]


def run(*, quick: bool = False) -> None:
    """One round alone and one beside ingest on PostgreSQL (shorter when `quick`)."""
    install("postgresql")
    folder = FOLDER / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    warm, measured = (QUICK_WARM_S, QUICK_MEASURED_S) if quick else (WARM_S, MEASURED_S)
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-") as temporary:
        Path(temporary).chmod(0o755)
        with postgres(Path(temporary)) as port:
            url = "" if port is None else asyncio.run(fresh_database(port))
            with product(Path(temporary) / "data", database_url=url) as running:
                codes = asyncio.run(_fill(running))
                results = {}
                for case, beside in (("alone", nullcontext()), ("beside ingest", _ingest(running))):
                    with beside:
                        results[case] = _drive(running, codes, warm, measured)
    _figures(results, "PostgreSQL" if url else "SQLite")


async def _fill(running: Product) -> list[tuple[str, str]]:
    """(token, digits) of each patient, once all can see everything."""
    now, codes = datetime.now(ZoneInfo("Asia/Shanghai")), []
    for number in range(PATIENTS):
        example = exam(number)
        await send_order("127.0.0.1", running.hl7_port, example, now, is_ahead=False)
        items = list(slices(example.accession_number, example.person.patient_number, SLICES))
        await send_images("127.0.0.1", running.dicom_port, "CLOUDFILM", items, lambda: None)
        await send_report("127.0.0.1", running.hl7_port, example, now)
    for number in range(PATIENTS):
        example = exam(number)
        url = await asyncio.to_thread(running.wait_code, example.accession_number, "completed")
        digits = example.person.id_card[-6:]
        codes.append((url.rsplit("/", 1)[1], digits))
        async with Phone(running.base_url) as phone:
            await phone.scan(url, digits)
            await phone.ready_series(SLICES)
    return codes


@contextmanager
def _ingest(running: Product) -> Iterator[None]:
    sender = subprocess.Popen(
        [sys.executable, "-m", "bench.patient_path.ingest", str(running.dicom_port),
         str(IMAGES_PER_S)],
        cwd=REPOSITORY,
    )  # fmt: skip
    try:
        time.sleep(3)
        yield
        if sender.poll() is not None:
            raise RuntimeError("the scanner gave up")
    finally:
        sender.terminate()
        sender.wait(20)


def _drive(running: Product, codes: list[tuple[str, str]], warm: float, measured: float) -> Result:
    address = urlsplit(running.base_url)
    plan = {
        "host": address.hostname, "port": address.port, "codes": codes, "patients": PATIENTS,
        "stay_s": STAY_S, "warm_s": warm, "measured_s": measured,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bench.patient_path.driver"],
        input=json.dumps(plan), capture_output=True, text=True, check=False, cwd=REPOSITORY,
        timeout=warm + measured + 120,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"driver: {done.stderr[-2000:]}")
    result: Result = json.loads(done.stdout)
    if result["errors"]:
        raise RuntimeError(f"{len(result['errors'])} refused: {result['errors'][0]}")
    return result


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 2)


def _figures(results: dict[str, Result], database: str) -> None:
    spread: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for case, result in results.items():
        for step, times in result["times"].items():
            spread[case][step] = {
                f"p{n}": percentile(times, n / 100) for n in (50, 95, 99)
            } | {"count": len(times)}  # fmt: skip
    for case, result in results.items():
        floor = spread[case]["static"]["p95"]
        driver = {
            "driver_busy": round(result["busy"], 2), "at_once": result["most"],
            "driver_late_p95_ms": percentile(result["late_ms"], 0.95),
        }  # fmt: skip
        for step in SHOWN:
            found = spread[case][step]
            title = f"{step}, {case}, {database}: p95 (p50 {found['p50']:g}, p99 {found['p99']:g})"
            peer, value = ("promise", PROMISE_MS) if step in PROMISED else ("static route", floor)
            figure(BENCH, title, "ms", "lower", found["p95"], peer, value, **found, **driver)
        rate = round(sum(len(one) for one in result["times"].values()) / result["seconds"], 1)
        figure(
            BENCH, f"answers, {case}, {database}", "1/s", "higher", rate, "the plan",
            rate, **driver, mean_frame_ms=round(statistics.mean(result["times"]["frame"]), 2),
        )  # fmt: skip
    for step in PROMISED:
        figure(
            BENCH, f"{step} beside ingest, {database}: p95", "ms", "lower",
            spread["beside ingest"][step]["p95"], "alone", spread["alone"][step]["p95"],
        )  # fmt: skip
