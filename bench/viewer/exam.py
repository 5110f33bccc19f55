"""The harness's series as an examination of a running product, and an address that opens it."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.phone import Phone
from bench.receive.receivers import free_port, process
from demo.examples import Example
from demo.front_doors import send_images, send_order
from demo.people import person
from dicomnet.services.storage_scu import sendable
from tests.support.product import Product, product

HOST = "127.0.0.1"
# the series is of a made-up patient SYN001 under accession number A001
EXAM = Example(
    "A001", replace(person(0), patient_number="SYN001", name="张三"), "东院区", "O", "CT",
    "胸部CT平扫", "CHEST", "", "UTF-8",
)  # fmt: skip


@contextmanager
def viewable(folder: Path, files: list[Path]) -> Iterator[str]:
    """Yields the viewer's address, with a session, once every image is rendered."""
    with product(folder) as running:
        cookie = asyncio.run(_send(running, files))
        port, target = free_port(), running.base_url.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "bench.viewer.cookie_proxy", str(port), target]
        with process(command, port, COOKIE=cookie):
            yield f"http://{HOST}:{port}/viewer"


async def _send(running: Product, files: list[Path]) -> str:
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    await send_order(HOST, running.hl7_port, EXAM, now, is_ahead=False)
    code_url = await asyncio.to_thread(running.wait_code, EXAM.accession_number)
    images = [sendable(file) for file in files]
    refused = await send_images(HOST, running.dicom_port, "CLOUDFILM", images, lambda: None)
    if refused:
        raise RuntimeError(f"{refused} images refused")
    async with Phone(running.base_url) as phone:
        await phone.scan(code_url, EXAM.person.id_card[-6:])
        await phone.ready_series(len(files))
        return phone.cookie
