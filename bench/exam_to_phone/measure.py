"""Journeys on a fresh product each, and the figures."""

import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.debian import install
from bench.phone import POLL_S, Phone
from bench.receive.database import fresh_database, postgres
from bench.report import FOLDER, figure
from demo.dicom_files import files_of
from demo.examples import Example, examples
from demo.front_doors import send_images, send_order, send_report
from dicomnet.services.storage_scu import SendableObject
from tests.support.product import Product, product

ROUNDS = 3
PROMISE_S = 600.0
PROMISE = "clause D5.3 (10 minutes)"
QUIET_S = 2.0  # the product's own default: a study has arrived when nothing more comes for so long
HOST = "127.0.0.1"
Times = dict[str, float]


def run(*, quick: bool = False) -> None:
    """Three journeys on each database (one when `quick`)."""
    install("postgresql")
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    example = next(one for one in examples(f"{now:%Y%m%d}") if one.picture == "chest_ct")
    images = [
        SendableObject(
            file.sop_class_uid, file.sop_instance_uid, file.transfer_syntax_uid,
            memoryview(file.data),
        )
        for file in files_of(example, now - timedelta(hours=1))
    ]  # fmt: skip
    folder = FOLDER / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-") as temporary:
        Path(temporary).chmod(0o755)
        with postgres(Path(temporary)) as port:
            for number in range(1 if quick else ROUNDS):
                for database in ("SQLite", "PostgreSQL"):
                    url = ""
                    if database == "PostgreSQL":
                        if port is None:
                            continue
                        url = asyncio.run(fresh_database(port))
                    data = Path(temporary) / f"{database}{number}"
                    with product(data, database_url=url, settle_quiet_s=QUIET_S) as running:
                        journey = asyncio.run(_journey(running, example, images, now))
                    for mark, seconds in journey.items():
                        times[database][mark].append(round(seconds, 2))
    _figures(times, len(images))


async def _journey(
    running: Product, example: Example, images: Sequence[SendableObject], now: datetime
) -> Times:
    """Mark -> seconds after the last C-STORE response."""
    await send_order(HOST, running.hl7_port, example, now, is_ahead=False)
    code_url = await asyncio.to_thread(running.wait_code, example.accession_number)
    async with Phone(running.base_url) as phone:
        await phone.scan(code_url, example.person.id_card[-6:])
        refused = await send_images(HOST, running.dicom_port, "CLOUDFILM", images, lambda: None)
        start = time.perf_counter()
        if refused:
            raise RuntimeError(f"{refused} images refused")
        times: Times = {}
        await asyncio.gather(
            send_report(HOST, running.hl7_port, example, now),
            _watch_home(phone, times),
            _watch_images(phone, times, len(images)),
        )
    return {mark: at - start for mark, at in times.items()}


async def _watch_home(phone: Phone, times: Times) -> None:
    """Until the home shows report and images and promises that nothing more will change."""
    while "home is complete" not in times:
        home = await phone.home()
        now = time.perf_counter()
        images = home["images"]
        if home["report"] is not None:
            times.setdefault("report on the home page", now)
        if images and all(one["state"] == "ready" for one in images):
            times.setdefault("home says ready", now)
            if home["is_final"] and "report on the home page" in times:
                times["home is complete"] = now
        await asyncio.sleep(POLL_S)


async def _watch_images(phone: Phone, times: Times, count: int) -> None:
    """The first frame, then every frame, preview and thumbnail."""
    (series,) = await phone.ready_series(count)
    base, revision = f"/api/viewing/v1/series/{series['id']}", f"?r={series['revision']}"
    await phone.get(f"{base}/frames/{count // 2}{revision}")
    times["first image retrievable"] = time.perf_counter()
    frames = [f"frames/{index}" for index in range(count)]
    for part in ("preview", "thumbnail.png", *frames):
        await phone.get(f"{base}/{part}{revision}")
    times["every frame fetched"] = time.perf_counter()


def _figures(times: dict[str, dict[str, list[float]]], count: int) -> None:
    for database in ("SQLite", "PostgreSQL"):
        if database not in times:
            figure(
                "exam_to_phone", f"chest CT, {count} slices, {database}", "s", "lower", None,
                PROMISE, None, missing="PostgreSQL is not installed",
            )  # fmt: skip
        for mark, seconds in times[database].items():
            figure(
                "exam_to_phone", f"chest CT, {count} slices, {database}: {mark}", "s", "lower",
                round(statistics.median(seconds), 2), PROMISE, PROMISE_S, runs=seconds,
                settle_quiet_s=QUIET_S,
            )  # fmt: skip
