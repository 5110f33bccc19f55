"""Validators and ranges of HTTP (RFC 9110 13, 14), written once for whoever sends stored bytes."""

import re

from sanic.request import Request

_ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this tag, weakly compared."""
    given = request.headers.get("if-none-match", "")
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    return etag in tags or "*" in tags


class Unsatisfiable(Exception):
    """416."""


def range_of(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """(first, length) of the one range that is asked for; None for the whole. Several ranges, or
    a form that we do not know, mean the whole (14.2). Raises Unsatisfiable."""
    given = request.headers.get("range", "")
    match = _ONE_RANGE.fullmatch(given.replace(" ", ""))
    condition = request.headers.get("if-range", etag)
    if match is None or condition != etag or request.method not in ("GET", "HEAD"):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size)
        if not length:
            raise Unsatisfiable
        return size - length, length
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return None
    if begin >= size:
        raise Unsatisfiable
    return begin, end - begin + 1
