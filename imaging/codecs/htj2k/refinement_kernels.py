"""The refinement passes of a high-throughput code-block (T.814 7.4, 7.5) on plain arrays."""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.htj2k.bit_kernels import refill, unstuff_backward, unstuff_forward
from imaging.kernel import BYTES, Int, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]


@kernel("void(uint32[:,::1], int64, int64, uint8[:,::1])")
def mark_significant(values: Words, width: Int, height: Int, marks: Bytes) -> None:
    """`marks` (rows + 2, columns + 2) becomes 1 where a sample is significant, 0 elsewhere."""
    marks[: height + 2, : width + 2] = 0
    for row in range(height):
        for column in range(width):
            if values[row, column] != 0:
                marks[row + 1, column + 1] = 1


@kernel(
    f"void({BYTES}, int64, int64, int64, int64, int64, int64, uint32[::1], uint32[:,::1], "
    "uint8[:,::1])"
)
def propagate_significance(
    data: Bytes, start: Int, end: Int, width: Int, height: Int, is_causal: Int, plane: Int,
    words: Words, values: Words, marks: Bytes,
) -> None:  # fmt: skip
    """The SigProp pass (7.4): insignificant samples beside significant ones, in groups of four
    columns of a stripe, whose signs follow. New ones get 2 in `marks`."""
    limit = unstuff_forward(data, start, end, words, np.int64(0))
    held = np.int64(0)
    bits = np.int64(0)
    word = np.int64(0)
    for top in range(0, height, 4):
        bottom = min(top + 4, height)
        for left in range(0, width, 4):
            right = min(left + 4, width)
            for column in range(left, right):
                for row in range(top, bottom):
                    if marks[row + 1, column + 1] != 0:
                        continue
                    near = marks[row, column] | marks[row, column + 1] | marks[row, column + 2]
                    near |= marks[row + 1, column] | marks[row + 1, column + 2]
                    if not (is_causal and row == top + 3):
                        near |= marks[row + 2, column] | marks[row + 2, column + 1]
                        near |= marks[row + 2, column + 2]
                    if near == 0:
                        continue
                    held, bits, word = refill(words, limit, np.int64(0), held, bits, word)
                    if held & 1:
                        marks[row + 1, column + 1] = 2
                    held >>= 1
                    bits -= 1
            for column in range(left, right):
                for row in range(top, bottom):
                    if marks[row + 1, column + 1] == 2:
                        held, bits, word = refill(words, limit, np.int64(0), held, bits, word)
                        values[row, column] = np.uint32((np.int64(3) << plane) | (held & 1) << 31)
                        held >>= 1
                        bits -= 1


@kernel(
    f"void({BYTES}, int64, int64, int64, int64, int64, uint32[::1], uint32[:,::1], uint8[:,::1])"
)
def refine_magnitudes(
    data: Bytes, start: Int, end: Int, width: Int, height: Int, plane: Int, words: Words,
    values: Words, marks: Bytes,
) -> None:  # fmt: skip
    """The MagRef pass (7.5): one more bit of the samples that the cleanup pass found."""
    none = np.int64(0)
    total = unstuff_backward(data, start, end, np.int64(255), none, none, words)
    limit = (total + 31) >> 5
    half = np.int64(1) << plane
    held = np.int64(0)
    bits = np.int64(0)
    word = np.int64(0)
    for top in range(0, height, 4):
        for column in range(width):
            for row in range(top, min(top + 4, height)):
                if marks[row + 1, column + 1] == 1:
                    held, bits, word = refill(words, limit, np.int64(0), held, bits, word)
                    values[row, column] = np.uint32(
                        np.int64(values[row, column]) + (2 * (held & 1) - 1) * half
                    )
                    held >>= 1
                    bits -= 1
