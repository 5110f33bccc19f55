"""`domain.wechat.TextMessages` by HTTP: POST JSON `{"id", "phone", "params"}`, signed with
HMAC-SHA256 over timestamp and body (`X-Timestamp`, `X-Signature`). 200 with `{"code": "OK"}` means
taken; 4xx means never; everything else means later. `id` is the same when it is sent again.
"""

import asyncio
import hmac
import json
import time
from collections.abc import Mapping

import requests

from domain.errors import Refused, Unavailable

LIMIT_S = (3.05, 5.0)


class HttpTextMessages:
    """The gateway holds the text; we send what goes into it: the kind of examination and when."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret.encode()

    async def send(self, phone: str, *, params: Mapping[str, str], message_id: str) -> None:
        body = json.dumps(
            {"id": message_id, "phone": phone, "params": dict(params)}, ensure_ascii=False
        ).encode()
        status = await asyncio.to_thread(self._post, body)
        if status == 0 or status >= 500 or status == 429:
            raise Unavailable("sms_unavailable", retry_after_s=30)
        if status != 200:
            raise Refused("sms_refused", detail=f"the gateway said {status}")

    def _post(self, body: bytes) -> int:
        """The HTTP status; 0 when none came. The exceptions would hold the address."""
        stamp = str(int(time.time()))
        signature = hmac.digest(self._secret, stamp.encode() + b"\n" + body, "sha256").hex()
        headers = {
            "Content-Type": "application/json",
            "X-Timestamp": stamp,
            "X-Signature": signature,
        }
        try:
            answer = requests.post(
                self._url, body, headers=headers, timeout=LIMIT_S, allow_redirects=False
            )
            is_taken = answer.status_code == 200 and answer.json().get("code") == "OK"
        except (requests.RequestException, ValueError, AttributeError):
            return 0
        return 200 if is_taken else answer.status_code if answer.status_code != 200 else 0
