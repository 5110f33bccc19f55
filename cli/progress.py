"""Lines go to stdout while a bar at the foot of the terminal says how many are still to come."""

import sys
import time
from collections.abc import Iterable

_WIDTH = 30
_EVERY_S = 0.1
_ERASE = "\r\x1b[2K"


def write_with_bar(lines: Iterable[tuple[bytes, bool]], total: int) -> bool:
    """Write each line; whether all were said to be whole. A terminal sees the bar move below the
    lines, anything else reads its last state once, on stderr."""
    is_live = sys.stderr.isatty()
    is_whole, is_drawn, drawn_at = True, False, 0.0
    for count, (line, is_answered) in enumerate(lines, 1):
        if is_drawn and sys.stdout.isatty():
            _draw(_ERASE)  # never on the line that is written
            is_drawn = False
        sys.stdout.buffer.write(line)
        is_whole = is_whole and is_answered
        if is_live and time.monotonic() - drawn_at > _EVERY_S:
            sys.stdout.buffer.flush()
            _draw(("\r" if is_drawn else "") + bar(count, total))
            is_drawn, drawn_at = True, time.monotonic()
    sys.stdout.buffer.flush()
    _draw((_ERASE if is_live else "") + bar(total, total) + "\n")
    return is_whole


def bar(count: int, total: int) -> str:
    """`[####----] 12/24 files`"""
    filled = _WIDTH * count // max(total, 1)
    return f"[{'#' * filled}{'-' * (_WIDTH - filled)}] {count}/{total} files"


def _draw(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
