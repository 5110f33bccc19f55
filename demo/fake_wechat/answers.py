"""What a handler gets and gives."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from demo.fake_wechat.world import Refuse


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: query and JSON body apart, as WeChat has them."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    user_agent: str = ""
    base_url: str = ""

    def json(self) -> dict[str, Any]:
        """47001 for what is no JSON object."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refuse(47001, "data format error") from error
        if not isinstance(found, dict):
            raise Refuse(47001, "data format error")
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP as it goes out."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json; encoding=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def as_json(value: Any) -> Answer:
    return Answer(body=json.dumps(value, ensure_ascii=False).encode())


def as_error(errcode: int, errmsg: str) -> Answer:
    """Errors are HTTP 200 with a `rid`."""
    rid = "-".join(secrets.token_hex(4) for _ in range(3))
    return as_json({"errcode": errcode, "errmsg": f"{errmsg} rid: {rid}"})


OK = {"errcode": 0, "errmsg": "ok"}
