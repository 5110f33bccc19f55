"""From the scanner to the patient's phone: real senders, real processes, a real browser, and the
pixels that the browser holds are the scanner's."""

import base64
import hashlib
import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hl7.client
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page

from demo.examples import Example
from demo.hl7_messages import order_message, report_message
from demo.people import person
from dicomnet.services.storage_scu import sendable
from dicomnet.transport.client import contexts_for, open_association
from tests.flows.conftest import StartProduct
from tests.support.browser import PHONE, new_context, run_beside, wait_until
from tests.support.product import Product
from tests.support.servers import need

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

ACCESSION = "2819497684894126"
SLICES = 275
SAMPLED = (0, 1, 68, 137, 206, 274)
PATIENT = person(0)
EXAM = Example(
    ACCESSION, PATIENT, "东院区", "I", "CT", "胸部CT", "CHEST", "", "GB18030",
    findings="两肺纹理清晰。", impression="未见明显异常。",
)  # fmt: skip


@pytest.fixture(scope="module")
def chest(shared_dicom: Path) -> dict[str, Any]:
    """`folder` of 275 files and `sha256` of the stored pixels by SOP Instance UID."""
    manifest = json.loads((shared_dicom / "manifest.json").read_text("utf-8"))
    files = [f for f in manifest["files"] if "ct_chest_lidc0314_jpll/" in f["path"]]
    assert len(files) == SLICES
    return {
        "folder": shared_dicom / "series" / "ct_chest_lidc0314_jpll",
        "sha256": {f["sop_instance"]: f["pixel_sha256"] for f in files},
    }


def send_hl7(running: Product, message: bytes) -> None:
    """By the MLLP client of python-hl7, which is not ours."""
    with hl7.client.MLLPClient("127.0.0.1", running.hl7_port) as client:
        assert b"|AA|" in client.send(b"\x0b" + message + b"\x1c\r")


def order_and_report() -> tuple[bytes, bytes]:
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    patient_number = {"sent_at": now}
    order = order_message(EXAM, control_id="O1", scheduled_at=now, **patient_number)
    report = report_message(EXAM, control_id="R1", reported_at=now, **patient_number)
    theirs = PATIENT.patient_number.encode()
    return order.replace(theirs, b"LIDC-IDRI-0314"), report.replace(theirs, b"LIDC-IDRI-0314")


def send_by_storescu(running: Product, source: Path, work: Path) -> None:
    """DCMTK cannot send elements of VR UN as they are: copies go through `dcmconv +uc`."""
    converter, sender = need("dcmconv"), need("storescu")
    work.mkdir()
    for path in sorted(source.iterdir()):
        subprocess.run([converter, "+uc", path, work / path.name], check=True, timeout=30)
    subprocess.run(
        [sender, "-xs", "-aec", "CLOUDFILM", "+sd", "127.0.0.1", str(running.dicom_port), work],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    shutil.rmtree(work)


def send_untouched(running: Product, source: Path, _: Path) -> None:
    """Byte for byte, by our own sender."""

    async def send() -> None:
        items = [sendable(path) for path in sorted(source.iterdir())]
        async with open_association(
            "127.0.0.1", running.dicom_port, contexts=contexts_for(items)
        ) as peer:
            for item in items:
                assert await peer.send_store(item) == 0

    run_beside(send())


def scan(running: Product, accession_number: str) -> str:
    """What a phone's camera reads from the picture that the RIS prints."""
    status, png = running.get(f"/api/ris/v1/exams/{accession_number}/code.png")
    assert status == 200
    picture = running.environment["CLOUDFILM_DATA_DIR"] + "/code.png"
    Path(picture).write_bytes(png)
    (found,) = zxingcpp.read_barcodes(Image.open(picture))
    return str(found.text)


def prove(page: Page, url: str, digits: str) -> None:
    page.goto(url)
    box = page.locator('input[name="digits"]')
    box.wait_for()
    assert page.evaluate("document.activeElement?.getAttribute('name')") == "digits"
    box.fill(digits)
    page.locator("button[type=submit]").click()
    page.get_by_test_id("open-images").wait_for()


STORED = """async (index) => {
  const held = await window.__viewer.stored(index);
  const bytes = new Uint8Array(held.pixels.buffer, held.pixels.byteOffset, held.pixels.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [held.sop_instance_uid, held.rows, held.cols, held.signed, btoa(text)];
}"""


def check_pixels(page: Page, expected: dict[str, str]) -> None:
    """The typed arrays in the browser hash to the manifest's pixel hashes."""
    wait_until(page, "window.__perf?.marks?.allLoaded > 0", 90)
    assert page.evaluate("window.__viewer.count") == SLICES
    seen = set()
    for index in SAMPLED:
        uid, rows, columns, is_signed, packed = page.evaluate(STORED, index)
        pixels = base64.b64decode(packed)
        assert (rows, columns, is_signed, len(pixels)) == (512, 512, False, 512 * 512 * 2)
        assert hashlib.sha256(pixels).hexdigest() == expected[uid]
        seen.add(uid)
    assert len(seen) == len(SAMPLED)


@pytest.mark.parametrize(
    ("order", "start_product"),
    [("order first, storescu", "servers"), ("images first, untouched files", "embedded")],
    indirect=["start_product"],
)
def test_from_the_scanner_to_the_phone(
    start_product: StartProduct, chest: dict[str, Any], browser: Browser, tmp_path: Path, order: str
) -> None:
    order_text, report_text = order_and_report()
    with start_product(tmp_path / "var") as running:
        if order.startswith("order"):
            send_hl7(running, order_text)
            early = running.wait_code(ACCESSION, "scheduled")
            send_by_storescu(running, chest["folder"], tmp_path / "uc")
            assert running.wait_code(ACCESSION, "awaiting_report") == early
            send_hl7(running, report_text)
        else:
            send_untouched(running, chest["folder"], tmp_path)
            send_hl7(running, report_text)
            send_hl7(running, order_text)
        address = running.wait_code(ACCESSION, "completed")
        assert scan(running, ACCESSION) == address
        context = new_context(browser, PHONE)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        prove(page, address, PATIENT.id_card[-6:])
        home = page.locator("body").inner_text()
        assert PATIENT.name in home and "已完成" in home
        page.get_by_test_id("open-report").click()
        page.get_by_text("未见明显异常。").wait_for()
        page.go_back()
        page.get_by_text(f"{SLICES} 幅影像").wait_for(timeout=120_000)
        page.get_by_test_id("open-images").click()
        check_pixels(page, chest["sha256"])
        context.close()
        assert problems == []
