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
    path = f"/api/ris/v1/exams/{urllib.parse.quote(accession_number, safe='')}/code"
    headers = {"Authorization": f"Bearer {token}"}
    status, body, _ = await asyncio.to_thread(_ask, base_url, "GET", path, headers, None)
    return body if status == 200 else {}


class PatientPhone:
    """A patient who has scanned the code and typed the digits."""

    def __init__(self, base_url: str, code_url: str, digits: str) -> None:
        self._base_url = base_url
        self._token = code_url.rstrip("/").rsplit("/", 1)[1]
        self._digits = digits
        self._cookie = ""

    async def home(self) -> dict[str, Any]:
        """The home page's facts."""
        if not self._cookie:
            path = f"/api/patient/v1/codes/{self._token}/verify"
            body = json.dumps({"digits": self._digits}).encode()
            headers = {"Content-Type": "application/json"}
            status, answer, cookie = await asyncio.to_thread(
                _ask, self._base_url, "POST", path, headers, body
            )
            if status != 200:
                raise NotAccepted(f"verify: {status} {answer}")
            self._cookie = cookie.split(";", 1)[0]
            home: dict[str, Any] = answer["home"]
            return home
        status, answer, _ = await asyncio.to_thread(
            _ask, self._base_url, "GET", "/api/patient/v1/home", {"Cookie": self._cookie}, None
        )
        if status != 200:
            raise NotAccepted(f"home: {status} {answer}")
        return answer

    async def images_ready(self, at_least: int) -> bool:
        """Every series can be looked at, or says why not, and no image is missing."""
        series = (await self.home())["images"]
        settled = bool(series) and all(one["state"] != "waiting" for one in series)
        return settled and sum(one["count"] for one in series) >= at_least

    async def leave(self) -> None:
        path = "/api/patient/v1/sign-out"
        await asyncio.to_thread(_ask, self._base_url, "POST", path, {"Cookie": self._cookie}, b"")


def _ask(
    base_url: str, method: str, path: str, headers: dict[str, str], body: bytes | None
) -> tuple[int, dict[str, Any], str]:
    parts = urllib.parse.urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
    try:
        origin = {"Origin": base_url} if method == "POST" else {}
        connection.request(method, path, body, headers | origin)
        answer = connection.getresponse()
        text = answer.read()
        cookie = answer.getheader("Set-Cookie") or ""
        return answer.status, json.loads(text) if text else {}, cookie
    finally:
        connection.close()
