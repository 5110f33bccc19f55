"""The examples go in as a hospital sends them, HL7 and C-STORE, and are looked at as a patient
looks: nothing here knows the inside of the product."""

import asyncio
import http.client
import json
import urllib.parse
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from demo.examples import Example
from demo.hl7_messages import order_message, report_message
from dicomnet.transport.client import contexts_for, open_association
from integrations.his.mllp_client import send_message

CALLING_AE = "DEMO_SCANNER"
STANDSTILL_S = 60.0
POLL_S = 0.4


class NotAccepted(Exception):
    """A door refused an example; the text says which and why."""


class Sendable(Protocol):
    """What the DICOM client needs of an object."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data: memoryview

    @property
    def context(self) -> tuple[str, str]: ...


async def send_order(
    host: str, port: int, example: Example, now: datetime, *, is_ahead: bool
) -> None:
    """`is_ahead`: the examination is still to come."""
    message = order_message(
        example,
        control_id=f"O{example.accession_number}",
        sent_at=now - timedelta(hours=3),
        scheduled_at=now + timedelta(days=1) if is_ahead else now - timedelta(hours=2),
    )
    _check(await send_message(host, port, message), example)


async def send_report(host: str, port: int, example: Example, now: datetime) -> None:
    message = report_message(
        example, control_id=f"R{example.accession_number}", sent_at=now, reported_at=now
    )
    _check(await send_message(host, port, message, timeout_s=60), example)


def _check(answer: bytes, example: Example) -> None:
    if b"|AA|" not in answer:
        words = answer.decode("utf-8", "replace").replace("\r", " ")
        raise NotAccepted(f"HL7 {example.accession_number}: {words}")


async def send_images(
    host: str, port: int, called_ae: str, items: Sequence[Any], sent: Callable[[], None]
) -> int:
    """C-STORE everything on one association; how many the door would not take."""
    refused = 0
    contexts = contexts_for(items)
    for start in range(0, len(contexts), 128):  # PS3.8 9.3.2.2: odd context ids up to 255
        block = contexts[start : start + 128]
        wanted = {(sop_class, syntax) for sop_class, (syntax,) in block}
        async with open_association(
            host, port, contexts=block, called_ae=called_ae, calling_ae=CALLING_AE
        ) as peer:
            for item in items:
                if item.context in wanted:
                    ok = peer.takes(item) and await peer.send_store(item) == 0
                    refused += not ok
                    sent()
    return refused


async def code_of(base_url: str, token: str, accession_number: str) -> dict[str, Any]:
    """What a RIS is told: status and code; empty while the examination is unknown."""
    return await _told(base_url, token, accession_number, "code")


async def images_ready(base_url: str, token: str, accession_number: str, at_least: int) -> bool:
    """Every series can be looked at, or says why not, and no image is missing."""
    told = await _told(base_url, token, accession_number, "images")
    return bool(told and not told["waiting_series"] and told["viewable"] >= max(at_least, 1))


async def _told(base_url: str, token: str, accession_number: str, what: str) -> dict[str, Any]:
    path = f"/api/ris/v1/exams/{urllib.parse.quote(accession_number, safe='')}/{what}"
    headers = {"Authorization": f"Bearer {token}"}
    status, body = await asyncio.to_thread(_get, base_url, path, headers)
    return body if status == 200 else {}


def _get(base_url: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    parts = urllib.parse.urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
