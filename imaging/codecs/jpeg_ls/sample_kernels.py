"""One sample or one run of JPEG-LS at a time, whatever it is (T.87 A.4 to A.7)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_ls.bit_kernels import BAD_CODE, WORDS, read_golomb, refill
from imaging.codecs.jpeg_ls.context_kernels import (
    FLIP,
    LIMIT,
    MAXIMUM,
    NEAR,
    RANGE,
    RESET,
    RUN_A,
    RUN_BITS,
    RUN_N,
    RUN_NEGATIVE,
    VALUE_BITS,
    C,
    K,
    adapt,
    adapt_run,
    golomb_parameter,
    reconstruct,
)
from imaging.kernel import Int, inlined

Words = NDArray[np.uint32]
State = NDArray[np.int32]
_BITS = "uint64, int64, int64"


@inlined(f"Tuple((int64, {_BITS}))({WORDS}, {_BITS}, int32[:,::1], int64, int64, int64[::1])")
def decode_regular(
    words: Words, buffer: Int, held: Int, word: Int, contexts: State, region: Int, predicted: Int,
    coding: NDArray[np.int64],
) -> Any:  # fmt: skip
    """A sample of the regular mode (A.4 to A.6); BAD_CODE where no code begins so."""
    sign = region >> 63  # -1 for a negative region, whose mirror image is coded (A.3.4)
    q = np.uint64((region ^ sign) - sign)
    maximum = coding[MAXIMUM]
    near = coding[NEAR]
    bias = (np.int64(contexts[q, C]) ^ sign) - sign
    predicted = max(np.int64(0), min(maximum, predicted + bias))
    mapped, buffer, held, word = read_golomb(
        words, buffer, held, word, np.int64(contexts[q, K]),
        coding[LIMIT] - coding[VALUE_BITS] - 1, coding[VALUE_BITS],
    )  # fmt: skip
    if mapped < 0 or mapped > 2 * coding[RANGE]:
        return np.int64(BAD_CODE), buffer, held, word
    error: Any = (mapped >> 1) ^ -(mapped & 1) ^ np.int64(contexts[q, FLIP])
    adapt(contexts, q, error, near, coding[RESET])
    step = ((error ^ sign) - sign) * (2 * near + 1)
    value = reconstruct(predicted + step, maximum, near, coding[RANGE])
    return value, buffer, held, word


@inlined(f"Tuple((int64, int64, {_BITS}))({WORDS}, {_BITS}, int64, int64)")
def decode_run(words: Words, buffer: Int, held: Int, word: Int, index: Int, remaining: Int) -> Any:
    """The length of a run (A.7.1) and the new run index; BAD_CODE where it passes the line's
    end."""
    length: Any = np.int64(0)
    while True:
        buffer, held, word = refill(words, buffer, held, word)
        is_whole = buffer >> np.uint64(63) != 0
        buffer <<= np.uint64(1)
        held -= 1
        if not is_whole:
            break
        whole = np.int64(1) << RUN_BITS[index]
        if whole <= remaining - length:
            length += whole
            if index < 31:
                index += 1
        else:
            length = remaining
        if length == remaining:
            return length, index, buffer, held, word
    count = RUN_BITS[index]
    length += np.int64(buffer >> np.uint64(1) >> np.uint64(63 - count))
    buffer <<= np.uint64(count)
    held -= count
    if length >= remaining:
        length = np.int64(BAD_CODE)
    return length, index, buffer, held, word


@inlined(
    f"Tuple((int64, {_BITS}))({WORDS}, {_BITS}, int32[:,::1], int64, int64, int64, int64, "
    "int64[::1])"
)
def decode_interruption(
    words: Words, buffer: Int, held: Int, word: Int, runs: State, kind: Int, index: Int,
    left: Int, above: Int, coding: NDArray[np.int64],
) -> Any:  # fmt: skip
    """The sample that ends a run (A.7.2); `kind` is RItype."""
    n = np.int64(runs[kind, RUN_N])
    total = np.int64(runs[kind, RUN_A])
    if kind == 1:
        total += n >> 1
    k = golomb_parameter(total, n)
    longest = coding[LIMIT] - RUN_BITS[index] - 1 - coding[VALUE_BITS] - 1
    mapped, buffer, held, word = read_golomb(
        words, buffer, held, word, k, longest, coding[VALUE_BITS]
    )
    if mapped < 0 or mapped > 2 * coding[RANGE]:
        return np.int64(BAD_CODE), buffer, held, word
    folded = mapped + kind
    error: Int = (folded + 1) >> 1
    is_odd = folded & 1 != 0
    if is_odd == (k != 0 or 2 * np.int64(runs[kind, RUN_NEGATIVE]) >= n):
        error = -error
    adapt_run(runs, kind, error, mapped, coding[RESET])
    near = coding[NEAR]
    if kind == 0 and left > above:
        error = -error
    predicted = left if kind == 1 else above
    value = reconstruct(predicted + error * (2 * near + 1), coding[MAXIMUM], near, coding[RANGE])
    return value, buffer, held, word
