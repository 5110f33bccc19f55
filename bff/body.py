"""JSON bodies and their fields, with a clear answer for what is wrong."""

from datetime import datetime
from typing import Any

import orjson
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request

from domain.errors import Invalid


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Invalid says what is wrong."""
    return object_in(request.body)


HEARD_OUT = 4  # times the limit


async def large_body_of(request: Request, limit: int) -> bytes:
    """The body of a `stream=True` route, which Sanic's own limit does not bound. Never more than
    `limit` is in memory; an honest sender of too much is heard out, so that it reads the answer
    (PayloadTooLarge) instead of a broken line."""
    parts: list[bytes] = []
    size = 0
    stream: Any = request.stream
    while (part := await stream.read()) and size <= HEARD_OUT * limit:
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
    if size > limit:
        raise PayloadTooLarge("the body is too large")
    return b"".join(parts)


def object_in(raw: bytes) -> dict[str, Any]:
    """A JSON object. Invalid says what is wrong."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid("body_malformed", detail="the body is no JSON") from error
    if not isinstance(body, dict):
        raise Invalid("body_malformed", detail="the body is no JSON object")
    return body


def text_in(body: dict[str, Any], name: str, *, longest: int = 64) -> str:
    """A text field; "" when it is absent."""
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise Invalid("body_malformed", detail=f"{name} must be a text of at most {longest}")
    return value.strip()


def number_in(body: dict[str, Any], name: str) -> int | None:
    """A whole number, or None when it is absent or null."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid("body_malformed", detail=f"{name} must be a whole number")
    return value


def time_in(body: dict[str, Any], name: str) -> datetime | None:
    """An ISO 8601 time with its zone, or None when it is absent or null."""
    value = body.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Invalid("body_malformed", detail=f"{name} must be an ISO 8601 time") from error
    if moment.tzinfo is None:
        raise Invalid("body_malformed", detail=f"{name} must name its time zone")
    return moment
