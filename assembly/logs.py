"""Logs: one JSON object a line, in English, without ID numbers, phones, names or tokens."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# an 18-character ID card, an 11-digit phone, a code's or session's 22 characters in a path
_SECRET = re.compile(r"(?<!\d)(\d{17}[\dXx]|1\d{10})(?!\d)|(?<=/q/)[\w-]{22}|(?<=/s/)[\w-]{22}")


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what must not be in a log, wherever a text value holds it."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRET.sub("***", value)
    return event


def configure_logging(level: str, *, process: str) -> None:
    """Once a process, before anything logs."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
