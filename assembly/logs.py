"""Logs: one JSON object a line, in English, without ID numbers, phones, names or tokens."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

# an 18-character ID card, an 11-digit phone, a code's or session's 22 characters in a path
_SECRET = re.compile(
    r"(?<!\d)(\d{17}[\dXx]|1\d{10})(?!\d)|(?<=/q/)[\w-]{22}|(?<=/s/)[\w-]{22}"
    r"|(?<=/open/)[\w-]{43}|(?<=/tickets/)[\w-]{43}"
)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what must not be in a log, wherever a value holds it."""
    for key, value in event.items():
        event[key] = _blanked(value)
    return event


def _blanked(value: Any) -> Any:
    match value:
        case str():
            return _SECRET.sub("***", value)
        case int() if not isinstance(value, bool):
            return "***" if _SECRET.fullmatch(str(value)) else value
        case dict():
            return {_blanked(key): _blanked(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_blanked(one) for one in value]
        case None | bool() | float():
            return value
        case _:  # the renderer would write its repr
            return _blanked(repr(value))


def configure_logging(level: str, *, process: str) -> None:
    """Once a process, before anything logs. Libraries that use the standard `logging` (our
    protocol code, arq) come out in the same form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: list[Processor] = [redact, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
