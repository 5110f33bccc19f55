"""The ordinary samples of a JPEG-LS line, nine out of ten, in a loop so small that it stays in
registers. Whatever is out of the ordinary (a run, a long code, damage) is left to the caller, who
can do everything, only slower."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_ls.bit_kernels import WORDS, leading_zeros
from imaging.codecs.jpeg_ls.context_kernels import (
    FLIP,
    LIMIT,
    MAXIMUM,
    NEAR,
    RANGE,
    RESET,
    VALUE_BITS,
    C,
    K,
    adapt,
    predict,
    reconstruct,
    region_of,
)
from imaging.kernel import Int, kernel

_STATE = "uint64, int64, int64"


@kernel(
    f"Tuple((int64, {_STATE}))({WORDS}, {_STATE}, int32[:,::1], int32[::1], int32[::1], "
    "int64, int64, Array(int8, 1, 'C', True), int64[::1])"
)
def decode_stretch(
    words: NDArray[np.uint32], buffer: Int, held: Int, word: Int, contexts: NDArray[np.int32],
    before: NDArray[np.int32], now: NDArray[np.int32], x: Int, columns: Int,
    regions: NDArray[np.int8], coding: NDArray[np.int64],
) -> Any:  # fmt: skip
    """Decode from sample `x` of `now` on; returns the first one that was not decoded, and the
    bit buffer."""
    middle = coding[MAXIMUM]
    near = coding[NEAR]
    size = coding[RANGE]
    longest = coding[LIMIT] - coding[VALUE_BITS] - 1
    reset = coding[RESET]
    step = 2 * near + 1
    at = np.uint64(x)
    end = np.uint64(columns)
    left = np.int64(now[at - np.uint64(1)])
    above = np.int64(before[at - np.uint64(1)])
    next_above = np.int64(before[at])
    while at <= end:
        corner = above
        above = next_above
        next_above = np.int64(before[at + np.uint64(1)])
        region = region_of(regions, middle, left, above, corner, next_above)
        if region == 0:
            break
        sign = region >> 63  # -1 for a negative region, whose mirror image is coded (A.3.4)
        q = np.uint64((region ^ sign) - sign)
        bias = (np.int64(contexts[q, C]) ^ sign) - sign
        predicted = predict(left, above, corner) + bias
        predicted = max(np.int64(0), min(middle, predicted))
        if held < 32:
            buffer |= np.uint64(words[np.uint64(word)]) << np.uint64(32 - held)
            word += 1
            held += 32
        k = np.int64(contexts[q, K])
        zeros = leading_zeros(buffer)
        if zeros + k >= 32 or zeros >= longest:
            break
        rest = buffer << np.uint64(zeros) << np.uint64(1)
        mapped = (zeros << k) | np.int64(rest >> np.uint64(1) >> np.uint64(63 - k))
        if mapped > 2 * size:
            break
        buffer = rest << np.uint64(k)
        held -= zeros + k + 1
        error = (mapped >> 1) ^ -(mapped & 1) ^ np.int64(contexts[q, FLIP])
        adapt(contexts, q, error, near, reset)
        left = reconstruct(predicted + ((error ^ sign) - sign) * step, middle, near, size)
        now[at] = left
        at += np.uint64(1)
    return np.int64(at), buffer, held, word


@kernel(
    f"Tuple((int64, {_STATE}))({WORDS}, {_STATE}, int32[:,::1], int32[:,::1], int32[:,::1], "
    "int64, int64, Array(int8, 1, 'C', True), int64[::1], int64[::1])"
)
def decode_sample_stretch(
    words: NDArray[np.uint32], buffer: Int, held: Int, word: Int, contexts: NDArray[np.int32],
    before: NDArray[np.int32], now: NDArray[np.int32], x: Int, columns: Int,
    regions: NDArray[np.int8], coding: NDArray[np.int64], found: NDArray[np.int64],
) -> Any:  # fmt: skip
    """The same for components that take turns; returns components * x + component of the first
    value that was not decoded. `found` is room for the regions of one pixel."""
    middle = coding[MAXIMUM]
    near = coding[NEAR]
    size = coding[RANGE]
    longest = coding[LIMIT] - coding[VALUE_BITS] - 1
    reset = coding[RESET]
    step = 2 * near + 1
    count = np.uint64(found.size)
    at = np.uint64(x)
    while at <= np.uint64(columns):
        is_run = True
        for part in range(count):
            region = region_of(
                regions, middle, np.int64(now[part, at - np.uint64(1)]),
                np.int64(before[part, at]), np.int64(before[part, at - np.uint64(1)]),
                np.int64(before[part, at + np.uint64(1)]),
            )  # fmt: skip
            found[part] = region
            is_run = is_run and region == 0
        if is_run:
            return np.int64(at * count), buffer, held, word
        for part in range(count):
            sign = found[part] >> 63
            q = np.uint64((found[part] ^ sign) - sign)
            predicted = predict(
                np.int64(now[part, at - np.uint64(1)]),
                np.int64(before[part, at]),
                np.int64(before[part, at - np.uint64(1)]),
            )
            predicted += (np.int64(contexts[q, C]) ^ sign) - sign
            predicted = max(np.int64(0), min(middle, predicted))
            if held < 32:
                buffer |= np.uint64(words[np.uint64(word)]) << np.uint64(32 - held)
                word += 1
                held += 32
            k = np.int64(contexts[q, K])
            zeros = leading_zeros(buffer)
            if zeros + k >= 32 or zeros >= longest:
                return np.int64(at * count + part), buffer, held, word
            rest = buffer << np.uint64(zeros) << np.uint64(1)
            mapped = (zeros << k) | np.int64(rest >> np.uint64(1) >> np.uint64(63 - k))
            if mapped > 2 * size:
                return np.int64(at * count + part), buffer, held, word
            buffer = rest << np.uint64(k)
            held -= zeros + k + 1
            error = (mapped >> 1) ^ -(mapped & 1) ^ np.int64(contexts[q, FLIP])
            adapt(contexts, q, error, near, reset)
            value = predicted + ((error ^ sign) - sign) * step
            now[part, at] = reconstruct(value, middle, near, size)
        at += np.uint64(1)
    return np.int64(at * count), buffer, held, word
