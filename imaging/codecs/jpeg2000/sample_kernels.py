"""Components become samples: the component transforms are undone, the level is shifted back, and
what lies outside the precision is clamped (T.800 annex G)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import Int, inlined, kernel

Ints = NDArray[np.int32]
Reals = NDArray[np.float32]
Samples = NDArray[Any]

_OUTS = ("uint8", "uint16", "uint32")
_INTS, _REALS = "int32[:,::1]", "float32[:,::1]"


@inlined("int64(float32)")
def nearest(value: Int) -> Int:
    """The nearest whole number."""
    return np.int64(np.floor(np.float64(value) + 0.5))


@inlined("int64(int64, int64, int64, int64)")
def bounded(value: Int, shift: Int, low: Int, high: Int) -> Int:
    """Shifted and clamped."""
    return max(low, min(high, value + shift))


@kernel(*(
    f"void({_INTS}, Array({out}, 2, '{layout}'), int64, int64, int64, int64, int64, int64, int64)"
    for out in _OUTS
    for layout in "CA"
))  # fmt: skip
def store_ints(
    plane: Ints, out: Samples, step_x: Int, step_y: Int, phase_x: Int, phase_y: Int, shift: Int,
    low: Int, high: Int,
) -> None:  # fmt: skip
    """Fill `out` (rows, columns): sample (row, column) is plane[(row + phase_y) // step_y, ...],
    which repeats the samples of a component of lower resolution (B.2)."""
    if step_x == 1 and step_y == 1:
        for row in range(out.shape[0]):
            source, target = plane[row], out[row]
            for column in range(target.size):
                target[column] = bounded(np.int64(source[column]), shift, low, high)
        return
    last_row, last_column = plane.shape[0] - 1, plane.shape[1] - 1
    for row in range(out.shape[0]):
        line = plane[max(0, min((row + phase_y) // step_y, last_row))]
        for column in range(out.shape[1]):
            place = max(0, min((column + phase_x) // step_x, last_column))
            out[row, column] = bounded(np.int64(line[place]), shift, low, high)


@kernel(f"void({_REALS}, {_INTS})")
def round_reals(plane: Reals, out: Ints) -> None:
    """Floats as the nearest whole numbers, far outside every precision clamped."""
    for row in range(out.shape[0]):
        source, target = plane[row], out[row]
        for column in range(target.size):
            value = min(np.float32(1e9), max(np.float32(-1e9), source[column]))
            target[column] = nearest(value)


@kernel(f"void({_INTS}, {_INTS}, {_INTS})")
def undo_rct(first: Ints, second: Ints, third: Ints) -> None:
    """The reversible transform (G.2), in place."""
    for row in range(first.shape[0]):
        one, two, three = first[row], second[row], third[row]
        for column in range(one.size):
            y, u, v = one[column], two[column], three[column]
            green = y - ((u + v) >> 2)
            one[column] = v + green
            two[column] = green
            three[column] = u + green


@kernel(f"void({_REALS}, {_REALS}, {_REALS})")
def undo_ict(first: Reals, second: Reals, third: Reals) -> None:
    """The irreversible transform (G.3), in place."""
    for row in range(first.shape[0]):
        one, two, three = first[row], second[row], third[row]
        for column in range(one.size):
            y, b, r = one[column], two[column], three[column]
            one[column] = y + np.float32(1.402) * r
            two[column] = y - np.float32(0.344136) * b - np.float32(0.714136) * r
            three[column] = y + np.float32(1.772) * b
