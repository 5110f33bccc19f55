"""A patient's phone, as far as HTTP goes: the code, the digits, then whatever the pages fetch."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

POLL_S = 0.02


@dataclass(slots=True)
class Phone:
    """`async with Phone(base_url) as phone:`, then `scan`."""

    base_url: str
    _client: httpx.AsyncClient = field(init=False)

    async def __aenter__(self) -> "Phone":
        self._client = httpx.AsyncClient(
            base_url=self.base_url, headers={"Origin": self.base_url}, timeout=30
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    @property
    def cookie(self) -> str:
        """What the browser would send, as one header's value."""
        return "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())

    async def scan(self, code_url: str, digits: str) -> None:
        """Type the digits; from then on the session is open."""
        token = code_url.rsplit("/", 1)[1]
        path = f"/api/patient/v1/codes/{token}/verify"
        (await self._client.post(path, json={"digits": digits})).raise_for_status()

    async def get(self, path: str) -> bytes:
        """The body; raises httpx.HTTPStatusError when it is not there."""
        return (await self._client.get(path)).raise_for_status().content

    async def home(self) -> dict[str, Any]:
        home: dict[str, Any] = json.loads(await self.get("/api/patient/v1/home"))
        return home

    async def series(self) -> list[dict[str, Any]]:
        """The entries of all manifests; none before the first image is known."""
        answer = await self._client.get("/api/viewing/v1/manifest")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        found = answer.raise_for_status().json()
        return [one for study in found["studies"] for one in study["series"]]

    async def ready_series(self, images: int, limit_s: float = 300) -> list[dict[str, Any]]:
        """Wait until the manifest shows that many images."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            series = await self.series()
            if sum(one["count"] for one in series if one["state"] == "ready") >= images:
                return series
            await asyncio.sleep(POLL_S)
        raise TimeoutError(f"not viewable within {limit_s:.0f} s")
