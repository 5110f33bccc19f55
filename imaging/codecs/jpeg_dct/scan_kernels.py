"""What every scan needs before its bits are decoded: restart intervals, without stuffing."""

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import BYTES, Int, kernel

Bytes = NDArray[np.uint8]

WORD, BITS, OFFSET = 0, 1, 2  # columns of the intervals
ROOM = 512  # bytes behind the last interval: more than the longest block takes


@kernel(f"UniTuple(int64, 2)({BYTES}, int64, uint8[::1], int64[:,::1])")
def split_scan(
    data: Bytes, position: Int, out: Bytes, intervals: NDArray[np.int64]
) -> tuple[Int, Int]:
    """Copy the entropy-coded bytes from `position` without stuffing (T.81 B.1.1.5), each restart
    interval from a multiple of four bytes on.

    For each interval: the index of its first word, its number of bits, where it is in `data`. At
    most as many intervals are read as there are rows. Returns how many, and where the next marker
    is (or the end of `data`). `out` needs the rest of `data`, 4 bytes an interval, and ROOM.
    """
    end = data.size
    at = np.int64(0)
    count = np.int64(0)
    while True:
        start = at
        intervals[count, WORD] = at >> 2
        intervals[count, OFFSET] = position
        while position < end:
            value = data[position]
            out[at] = value
            if value == 255:
                if position + 1 >= end:
                    break
                follower = data[position + 1]
                if follower == 255:  # fill before a marker
                    position += 1
                    continue
                if follower != 0:
                    break
                position += 1
            at += 1
            position += 1
        intervals[count, BITS] = 8 * (at - start)
        count += 1
        is_restart = position + 1 < end and data[position + 1] == 208 + ((count - 1) & 7)
        if not is_restart or count == intervals.shape[0]:
            break
        position += 2
        while at & 3:
            out[at] = 0
            at += 1
    out[at : at + ROOM] = 0
    return count, position
