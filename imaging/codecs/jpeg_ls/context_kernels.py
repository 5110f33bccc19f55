"""The state that JPEG-LS adapts while it codes (T.87 A.2, A.6, A.7), shared by both directions.

`contexts` has a row for each of the 365 contexts of the regular mode: A, B, C, N as in the
standard, and, worked out when they change rather than when they are needed, the Golomb parameter
K and FLIP, -1 where A.5.2 swaps the meaning of the sign. `runs` has a row for each of the two
contexts of run interruptions: A, N, and the count of negative errors (Nn).
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_ls.bit_kernels import leading_zeros
from imaging.kernel import Int, inlined, kernel

CONTEXTS = 365
A, B, C, N, K, FLIP = range(6)
CONTEXT_SIZE = 8
RUN_A, RUN_N, RUN_NEGATIVE = range(3)
MAXIMUM, NEAR, RANGE, VALUE_BITS, LIMIT, RESET = range(6)  # of Coding.numbers()

RUN_BITS = np.array([
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
    4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15,
], np.int64)  # fmt: skip
"""J of A.2.1: a run of 2^J samples costs one bit."""
RUN_BITS.flags.writeable = False

State = NDArray[np.int32]
CONTEXT_ARRAY = "int32[:,::1]"


@inlined("int64(int64, int64)")
def golomb_parameter(a: Int, n: Int) -> Int:
    """The smallest k with n * 2^k >= a (A.5.1)."""
    k = leading_zeros(np.uint64(n)) - leading_zeros(np.uint64(a))
    if k < 0:
        return np.int64(0)
    return k + ((n << k) < a)


@kernel("void(int32[:,::1], int32[:,::1], int64[::1], int64)")
def reset_contexts(contexts: State, runs: State, run_index: NDArray[np.int64], size: Int) -> None:
    """The start of a scan and of each restart interval (A.2.1); `size` is RANGE."""
    start = max(np.int64(2), (size + 32) >> 6)
    for q in range(CONTEXTS):
        contexts[q, A] = start
        contexts[q, B] = 0
        contexts[q, C] = 0
        contexts[q, N] = 1
        contexts[q, K] = golomb_parameter(start, 1)
        contexts[q, FLIP] = 0
    for kind in range(2):
        runs[kind, RUN_A] = start
        runs[kind, RUN_N] = 1
        runs[kind, RUN_NEGATIVE] = 0
    run_index[:] = 0


@inlined("void(int32[:,::1], uint64, int64, int64, int64)")
def adapt(contexts: State, q: Int, error: Int, near: Int, reset: Int) -> None:
    """After each sample of the regular mode (A.6.1, A.6.2)."""
    a = np.int64(contexts[q, A]) + abs(error)
    b = np.int64(contexts[q, B]) + error * (2 * near + 1)
    n = np.int64(contexts[q, N])
    if n == reset:
        a >>= 1
        b = b >> 1 if b >= 0 else -((1 - b) >> 1)
        n >>= 1
    n += 1
    drift = np.int64(b > 0) - np.int64(b <= -n)  # without branches, which nothing could foretell
    b = min(max(b - drift * n, 1 - n), np.int64(0))
    contexts[q, A] = a
    contexts[q, B] = b
    contexts[q, C] = min(max(np.int64(contexts[q, C]) + drift, np.int64(-128)), np.int64(127))
    contexts[q, N] = n
    k = golomb_parameter(a, n)
    contexts[q, K] = k
    contexts[q, FLIP] = -np.int64((k == 0) & (near == 0) & (2 * b <= -n))


@inlined("void(int32[:,::1], int64, int64, int64, int64)")
def adapt_run(runs: State, kind: Int, error: Int, mapped: Int, reset: Int) -> None:
    """After each run interruption sample (A.7.2.2)."""
    if error < 0:
        runs[kind, RUN_NEGATIVE] += 1
    runs[kind, RUN_A] += (mapped + 1 - kind) >> 1
    if runs[kind, RUN_N] == reset:
        runs[kind, RUN_A] >>= 1
        runs[kind, RUN_N] >>= 1
        runs[kind, RUN_NEGATIVE] >>= 1
    runs[kind, RUN_N] += 1


@inlined("int64(int64, int64, int64)")
def predict(left: Int, above: Int, corner: Int) -> Int:
    """The median of left, above and left + above - corner (A.4.1)."""
    low = min(left, above)
    high = max(left, above)
    return max(low, min(high, left + above - corner))


@inlined("int64(int64, int64, int64, int64)")
def reconstruct(value: Int, maximum: Int, near: Int, size: Int) -> Int:
    """A prediction plus its dequantised error, folded back and clamped (A.4.5); `size` is
    RANGE."""
    if value < -near:
        value += size * (2 * near + 1)
    elif value > maximum + near:
        value -= size * (2 * near + 1)
    return max(np.int64(0), min(maximum, value))


@inlined("int64(Array(int8, 1, 'C', True), int64, int64, int64, int64, int64)")
def region_of(
    regions: NDArray[np.int8], middle: Int, left: Int, above: Int, corner: Int, next_above: Int
) -> Int:
    """The three gradients as one number -364..364 (A.3), negative for the mirror image of a
    context; 0 begins a run. `regions` as `gradient_regions` makes it."""
    return (
        81 * np.int64(regions[np.uint64(middle + next_above - above)])
        + 9 * np.int64(regions[np.uint64(middle + above - corner)])
        + np.int64(regions[np.uint64(middle + corner - left)])
    )
