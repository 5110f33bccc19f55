"""The patients: scans at moments drawn beforehand (an open loop: a slow server does not slow them
down), each with a phone of its own. `python -m bench.patient_path.driver` takes a plan as JSON on
its standard input and gives the times of each step as JSON; `busy` is its own share of a core and
`late_ms` how late it was itself, so that a driver that is the bottleneck shows."""

import asyncio
import gzip
import json
import random
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from bench.patient_path.connection import Answer, Connection

ASSET = re.compile(rb'(?:src|href)="(/assets/[^"]+)"')
TYPING_S = (3.0, 8.0)
FRAME_EVERY_S = 0.8  # 1.27 frames a second and patient (docs/benchmarks.md)
POLL_EVERY_S = 15.0
STATIC_EVERY_S = 0.2


@dataclass(slots=True)
class Driver:
    """`codes`: (token, digits) of each patient. Times count from `warm_s` on."""

    host: str
    port: int
    codes: list[tuple[str, str]]
    patients: int
    stay_s: float
    warm_s: float
    measured_s: float
    times: dict[str, list[float]] = field(default_factory=dict)
    late_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    started: float = 0.0
    there: int = 0
    most: int = 0

    async def run(self) -> dict[str, Any]:
        draw = random.Random(7)
        rate, at, arrivals = self.patients / self.stay_s, 0.0, []
        while at < self.warm_s + self.measured_s:
            arrivals.append(at)
            at += draw.expovariate(rate)
        self.started = time.perf_counter()
        cpu = time.process_time()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._static())
            for number, moment in enumerate(arrivals):
                await self._until(moment)
                self.late_ms.append(1000 * (self._now() - moment))
                token, digits = self.codes[number % len(self.codes)]
                group.create_task(self._patient(token, digits, draw.random()))
        busy = (time.process_time() - cpu) / (time.perf_counter() - self.started)
        return {
            "times": self.times, "busy": busy, "late_ms": self.late_ms, "errors": self.errors,
            "most": self.most, "seconds": self.measured_s,
        }  # fmt: skip

    def _now(self) -> float:
        return time.perf_counter() - self.started

    async def _until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - self._now()))

    @property
    def _end(self) -> float:
        return self.warm_s + self.measured_s

    def _keep(self, step: str, ms: float) -> None:
        if self.warm_s <= self._now() < self._end:
            self.times.setdefault(step, []).append(ms)

    async def _ask(
        self, phone: Connection, step: str, path: str, body: bytes | None = None
    ) -> Answer:
        answer = await phone.ask(path, body)
        self._keep(step, answer.ms)
        return answer

    async def _static(self) -> None:
        """The floor: a route that reads nothing, on the same server at the same time."""
        phone = await Connection.open(self.host, self.port)
        while self._now() < self._end:
            await self._ask(phone, "static", "/favicon.svg")
            await asyncio.sleep(STATIC_EVERY_S)
        phone.close()

    async def _patient(self, token: str, digits: str, chance: float) -> None:
        phone = await Connection.open(self.host, self.port)
        self.there += 1
        self.most = max(self.most, self.there)
        try:
            await self._walk(phone, token, digits, chance)
        except (RuntimeError, OSError, asyncio.IncompleteReadError) as error:
            self.errors.append(str(error))
        finally:
            self.there -= 1
            phone.close()

    async def _walk(self, phone: Connection, token: str, digits: str, chance: float) -> None:
        leave = min(self._now() + self.stay_s, self._end)
        page = await self._ask(phone, "page", f"/q/{token}")
        phone.cookie = page.headers.get(b"set-cookie", b"").partition(b";")[0].decode()
        for asset in dict.fromkeys(ASSET.findall(page.body)):
            await self._ask(phone, "asset", asset.decode())
        await asyncio.sleep(TYPING_S[0] + chance * (TYPING_S[1] - TYPING_S[0]))
        body = json.dumps({"digits": digits}).encode()
        path = f"/api/patient/v1/codes/{token}/verify"
        verified = await self._ask(phone, "verify", path, body)
        phone.cookie += "; " + verified.headers[b"set-cookie"].partition(b";")[0].decode()
        opened = json.loads(_plain(verified))
        (series,) = opened["home"]["images"]
        await self._ask(phone, "pixels", series["thumbnail_url"])
        await self._ask(phone, "report", opened["home"]["report"]["thumbnail_url"])
        await asyncio.sleep(2)
        exam = opened["home"]["exam"]["id"]
        await self._ask(phone, "viewer", f"/viewer?exam={exam}")
        listed = opened["studies"][0]["series"][0]
        revision = listed.get("revision", opened["studies"][0]["revision"])
        base = f"/api/viewing/v1/series/{listed['id']}"
        await self._ask(phone, "preview", f"{base}/preview?r={revision}")
        polled, index = self._now(), 0
        while (due := self._now() + FRAME_EVERY_S) < leave:
            index = (index + 1) % int(listed["count"])
            await self._ask(phone, "frame", f"{base}/frames/{index}?r={revision}")
            if self._now() - polled > POLL_EVERY_S:
                polled = self._now()
                await self._ask(phone, "home", f"/api/patient/v1/home?exam={exam}")
            await self._until(due)


def _plain(answer: Answer) -> bytes:
    is_packed = answer.headers.get(b"content-encoding") == b"gzip"
    return gzip.decompress(answer.body) if is_packed else answer.body


if __name__ == "__main__":
    plan = json.load(sys.stdin)
    print(json.dumps(asyncio.run(Driver(**plan).run())))
