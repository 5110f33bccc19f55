"""Arrays that a thread uses for one frame or tile after the other. A fresh array of a megabyte is
memory that the system has to hand out page by page, which costs as much as a wavelet."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_KEPT = 1 << 23
"""Bytes of one array that a thread keeps."""


class _Kept(threading.local):
    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[np.uint8]] = {}


_kept = _Kept()


def scratch(name: str, count: int, dtype: Any) -> NDArray[Any]:
    """`count` values of any content, until this thread asks for the same name again."""
    size = count * np.dtype(dtype).itemsize
    if size > MOST_KEPT:
        return np.empty(count, dtype)
    array = _kept.arrays.get(name)
    if array is None or array.size < size:
        array = _kept.arrays[name] = np.empty(size, np.uint8)
    found: NDArray[Any] = array[:size].view(dtype)
    return found
