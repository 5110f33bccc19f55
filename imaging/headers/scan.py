"""The compiled scan as `PlainRuns` calls it, with the dictionary's special tags as tables."""

import threading
from functools import cache

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import PIXEL_DATA
from imaging.dicom.dictionary import special_tags
from imaging.dicom.plain_runs import PLAIN_LONG_VRS, PLAIN_SHORT_VRS, ScannedRun
from imaging.headers.scan_kernels import (
    IN_ITEMS,
    LONG,
    SEQUENCE,
    SHORT,
    SIGNED,
    SLOTS,
    UNKNOWN,
    scan_elements,
    slot_of,
)

MOST_ROWS = 1024
"""Of one run; a longer one goes on with the next."""


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8]]:
    """What a VR's two letters mean, and the special tags in an open-addressed hash table."""
    classes = np.zeros(1 << 16, np.uint8)
    for names, meaning in ((PLAIN_SHORT_VRS, SHORT), (PLAIN_LONG_VRS, LONG),
                           (("SQ",), IN_ITEMS), (("UN",), UNKNOWN)):  # fmt: skip
        for name in names:
            classes[int.from_bytes(name.encode(), "little")] = meaning
    keys, kinds = np.zeros(SLOTS, np.int64), np.zeros(SLOTS, np.uint8)
    for tag, is_sequence in special_tags().items():
        slot = slot_of(tag)
        while keys[slot]:
            slot = (slot + 1) % SLOTS
        keys[slot], kinds[slot] = tag, SEQUENCE if is_sequence else SIGNED
    return classes, keys, kinds


class _Scratch(threading.local):
    """Room for the rows of one run, and the tables, as a thread's own."""

    def __init__(self) -> None:
        self.rows = np.empty((2, MOST_ROWS), np.int64)
        self.tables = _tables()


_scratch = _Scratch()


def scan_run(
    data: memoryview, position: int, end: int, most: int, layout: int, first: int, beyond: int
) -> ScannedRun:
    """As far as elements are plain; what begins with a tag below `first` or from `beyond` on is
    not, nor are pixels."""
    rows = _scratch.rows
    stop, found, count = scan_elements(
        np.frombuffer(data, np.uint8), position, end, most, layout, first,
        min(beyond, PIXEL_DATA), *_scratch.tables, rows,
    )  # fmt: skip
    return stop, count, rows[:, :found].copy()
