"""What a piece of work costs: processor time of the thread that does it, and how far the process
grew beyond what it held before, in resident bytes (numpy's and the kernels' memory included)."""

import ctypes
import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FREE_BYTES = 64 << 20
YARD_S = 0.012
_STATUS, _REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_trim = ctypes.CDLL(None).malloc_trim


@dataclass
class Cost:
    cpu_s: float = 0.0
    grown_bytes: int = 0


def measured(work: Callable[[], Any]) -> tuple[Any, Cost]:
    """Do it in a thread of its own, so that nothing kept from the last time helps; what it raises
    is raised here."""
    cost = Cost()
    told: list[Any] = []

    def run() -> None:
        start = time.thread_time()
        try:
            told.extend((work(), None))
        except BaseException as error:
            told.extend((None, error))
        cost.cpu_s = time.thread_time() - start

    gc.collect(0)
    _trim(0)  # what is free and still ours would hide growth
    before = _kilobytes("VmRSS")
    _REFS.write_text("5")  # forget the peak so far
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    cost.grown_bytes = max(_kilobytes("VmHWM") - before, 0) << 10
    if told[1] is not None:
        raise told[1]
    return told[0], cost


def slowness() -> float:
    """How much longer this processor takes just now than an idle one of 2024 (1.0 or more)."""
    start = time.thread_time()
    made = {number: [number] for number in range(100_000)}
    assert len(made) == 100_000
    return max((time.thread_time() - start) / YARD_S, 1.0)


def allowed_bytes(data: bytes) -> int:
    return 4 * len(data) + FREE_BYTES


def _kilobytes(name: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise AssertionError(f"no {name} in {_STATUS}")
