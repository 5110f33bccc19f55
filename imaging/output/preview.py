"""The reduced frames of a series become the preview pack of docs/web-format.md: 8 bits, ready to
show, coarse to fine, so that the whole series can be scrolled within a second or two."""

import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.output.reduce import nearest
from imaging.output.web_frame import GZIP_WINDOW, MEMORY_LEVEL, write_residuals

MAGIC = b"CFP1"
MAX_FRAMES = 65535


def longest_side(frames: int) -> int:
    """Of a preview frame, by how many there are."""
    if frames <= 4:
        return 512
    return 256 if frames <= 40 else 128


def coarse_to_fine(count: int) -> list[int]:
    """The middle, then every 16th, 8th, 4th, 2nd, then the rest."""
    order = [count // 2] if count else []
    seen = set(order)
    for step in (16, 8, 4, 2, 1):
        for index in range(0, count, step):
            if index not in seen:
                seen.add(index)
                order.append(index)
    return order


def pack_preview(frames: Sequence[NDArray[np.uint8] | None]) -> tuple[bytes, int, int]:
    """Frames in display order, grey (rows, columns) or RGB, None where one cannot be shown.

    Returns the gzip member, rows and columns. Frames of another size are stretched to the size
    of the most; grey frames among colour ones become RGB. The first record is flushed by itself,
    so that it can be shown before the second has come.
    """
    shown = [frame for frame in frames[:MAX_FRAMES] if frame is not None]
    if not shown:
        return b"", 0, 0
    sizes = [frame.shape[:2] for frame in shown]
    rows, columns = max(set(sizes), key=sizes.count)
    samples = 3 if any(frame.ndim == 3 for frame in shown) else 1
    engine = zlib.compressobj(6, zlib.DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, zlib.Z_RLE)
    head = struct.pack("<4sHHHB5x", MAGIC, len(shown), rows, columns, samples)
    pieces = [engine.compress(head)]
    record = np.empty(2 + rows * columns * samples, np.uint8)
    is_first = True
    for index in coarse_to_fine(min(len(frames), MAX_FRAMES)):
        frame = frames[index]
        if frame is None:
            continue
        record[:2] = np.frombuffer(struct.pack("<H", index), np.uint8)
        write_residuals(_as(frame, rows, columns, samples), record, 2)
        pieces.append(engine.compress(record.tobytes()))
        if is_first:
            pieces.append(engine.flush(zlib.Z_SYNC_FLUSH))
            is_first = False
    pieces.append(engine.flush())
    return b"".join(pieces), rows, columns


def _as(frame: NDArray[Any], rows: int, columns: int, samples: int) -> NDArray[Any]:
    if frame.shape[:2] != (rows, columns):
        frame = nearest(frame, rows, columns)
    if samples == 3 and frame.ndim == 2:
        frame = np.repeat(frame[:, :, None], 3, axis=2)
    return frame
