"""Python peers in environments of their own under var/, never in the product's.

Ours and the peer take turns, a round each, and every piece of work (a file, a frame) counts with
its best time of all rounds: a machine that others use as well slows single pieces, not all of them.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bench.report import FOLDER

T = TypeVar("T")

_LOOP = """
import json, sys, time
{begin}
def once():
    times = []
    for piece in pieces:
        start = time.perf_counter()
        work(piece)
        times.append(time.perf_counter() - start)
    return times
once()
for _ in sys.stdin:
    print(json.dumps(once()), flush=True)
"""


def environment(name: str, *packages: str) -> Path | None:
    """An interpreter with the packages, made once; None when they cannot be installed."""
    folder = FOLDER / name
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", *packages],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return python


def in_turn(
    work: Callable[[T], object], pieces: Sequence[T], python: Path | None, begin: str,
    arguments: Sequence[str | Path], rounds: int,
) -> tuple[float, float | None]:  # fmt: skip
    """Seconds for all pieces of ours and of the peer (None when it cannot). `begin` is a program
    that leaves `pieces` and `work` behind, as ours are."""
    mine, theirs = [_once(work, pieces)], []
    if python is None:
        mine = [_once(work, pieces) for _ in range(rounds)]
        return _best(mine), None
    command = [python, "-W", "ignore", "-c", _LOOP.format(begin=begin), *arguments]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-3, text=True) as peer:
        assert peer.stdin is not None and peer.stdout is not None
        try:
            for _ in range(rounds):
                peer.stdin.write("\n")
                peer.stdin.flush()
                theirs.append(json.loads(peer.stdout.readline()))
                mine.append(_once(work, pieces))
            peer.stdin.close()
        except (OSError, ValueError):
            peer.kill()  # it cannot do this
    mine = mine if len(mine) == 1 else mine[1:]
    return _best(mine), _best(theirs) if theirs else None


def _once(work: Callable[[T], object], pieces: Sequence[T]) -> list[float]:
    times = []
    for piece in pieces:
        start = time.perf_counter()
        work(piece)
        times.append(time.perf_counter() - start)
    return times


def _best(rounds: list[list[float]]) -> float:
    return float(sum(min(times) for times in zip(*rounds, strict=True)))
