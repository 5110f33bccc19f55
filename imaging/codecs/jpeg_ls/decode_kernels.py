"""JPEG-LS scans (T.87 annexes A, F): bits become samples.

A line is kept with one sample before and one behind it, so that the neighbours of the first and
the last sample (A.2.1) are read like those of all others.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_ls.bit_kernels import (
    BAD_CODE,
    BITS,
    WORD,
    WORDS,
    read_golomb,
    refill,
)
from imaging.codecs.jpeg_ls.context_kernels import (
    CONTEXT_SIZE,
    CONTEXTS,
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
    predict,
    reconstruct,
    reset_contexts,
)
from imaging.kernel import Int, inlined, kernel

Words = NDArray[np.uint32]
State = NDArray[np.int32]
DONE, BAD = -1, 1
_BITS = "uint64, int64, int64"
_SCAN = (
    f"int64({WORDS}, int64[:,::1], int64, Array(int8, 1, 'C', True), int64[::1], int64[::1], "
    "{out}[:,:,::1])"
)


@inlined(f"Tuple((int64, {_BITS}))({WORDS}, {_BITS}, int32[:,::1], int64, int64, int64[::1])")
def decode_regular(
    words: Words, buffer: Int, held: Int, word: Int, contexts: State, region: Int, predicted: Int,
    coding: NDArray[np.int64],
) -> Any:  # fmt: skip
    """A sample of the regular mode (A.4 to A.6); BAD_CODE where no code begins so."""
    sign = region >> 63  # -1 for a negative region, whose mirror image is coded (A.3.4)
    q = (region ^ sign) - sign
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


@kernel(*(_SCAN.format(out=out) for out in ("uint8", "uint16")))
def decode_lines(
    words: Words, intervals: NDArray[np.int64], rows_per_interval: Int,
    regions: NDArray[np.int8], coding: NDArray[np.int64], parts: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> Int:  # fmt: skip
    """A scan of one component, or of several interleaved by line, into the `parts` of `out`.

    `regions` as in `gradient_regions`, `coding` as in `Coding.numbers`. `words` has three words
    for each sample of a line more than the data. Returns DONE, or 2 * row + BAD where no code
    fits, 2 * row where the bits have run out.
    """
    rows, columns, _ = out.shape
    lines = np.zeros((2, parts.size, columns + 2), np.int32)
    contexts = np.zeros((CONTEXTS, CONTEXT_SIZE), np.int32)
    runs = np.zeros((2, 3), np.int32)
    run_index = np.zeros(parts.size, np.int64)
    middle = coding[MAXIMUM]
    near = coding[NEAR]
    buffer = np.uint64(0)
    held = np.int64(0)
    word = np.int64(0)
    end = np.int64(0)
    for row in range(rows):
        if row % rows_per_interval == 0:
            interval = row // rows_per_interval
            if interval >= intervals.shape[0]:
                return 2 * row
            reset_contexts(contexts, runs, run_index, coding[RANGE])
            lines[:] = 0
            buffer = np.uint64(0)
            held = np.int64(0)
            word = np.int64(intervals[interval, WORD])
            end = word * 32 + intervals[interval, BITS]
        for part in range(parts.size):
            now = lines[row & 1, part]
            before = lines[1 - (row & 1), part]
            before[columns + 1] = before[columns]
            now[0] = before[1]
            x: Int = np.int64(1)
            left = np.int64(now[0])
            above = np.int64(before[0])
            next_above = np.int64(before[1])
            while x <= columns:
                corner = above
                above = next_above
                next_above = np.int64(before[x + 1])
                region = (
                    81 * np.int64(regions[middle + next_above - above])
                    + 9 * np.int64(regions[middle + above - corner])
                    + np.int64(regions[middle + corner - left])
                )
                if region != 0:
                    left, buffer, held, word = decode_regular(
                        words, buffer, held, word, contexts, region,
                        predict(left, above, corner), coding,
                    )  # fmt: skip
                    if left < 0:
                        return 2 * row + (BAD if word * 32 - held <= end else 0)
                    now[x] = left
                    x += 1
                    continue
                index = run_index[part]
                length, index, buffer, held, word = decode_run(
                    words, buffer, held, word, index, columns + 1 - x
                )
                if length < 0:
                    return 2 * row + (BAD if word * 32 - held <= end else 0)
                for _ in range(length):
                    now[x] = left
                    x += 1
                if x <= columns:
                    above = np.int64(before[x])
                    kind = np.int64(abs(left - above) <= near)
                    left, buffer, held, word = decode_interruption(
                        words, buffer, held, word, runs, kind, index, left, above, coding
                    )
                    if left < 0:
                        return 2 * row + (BAD if word * 32 - held <= end else 0)
                    now[x] = left
                    x += 1
                    next_above = np.int64(before[x])
                    index = max(index - 1, np.int64(0))
                run_index[part] = index
            target = parts[part]
            for x in range(columns):
                out[row, x, target] = now[x + 1]
        if word * 32 - held > end:
            return 2 * row
    return DONE


@kernel(*(_SCAN.format(out=out) for out in ("uint8", "uint16")))
def decode_samples(
    words: Words, intervals: NDArray[np.int64], rows_per_interval: Int,
    regions: NDArray[np.int8], coding: NDArray[np.int64], parts: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> Int:  # fmt: skip
    """A scan interleaved by sample: as `decode_lines`, but a run is one of all components, and
    they share the context of its end."""
    rows, columns, _ = out.shape
    count = parts.size
    lines = np.zeros((2, count, columns + 2), np.int32)
    contexts = np.zeros((CONTEXTS, CONTEXT_SIZE), np.int32)
    runs = np.zeros((2, 3), np.int32)
    run_index = np.zeros(1, np.int64)
    found = np.zeros(count, np.int64)
    middle = coding[MAXIMUM]
    buffer = np.uint64(0)
    held = np.int64(0)
    word = np.int64(0)
    end = np.int64(0)
    for row in range(rows):
        if row % rows_per_interval == 0:
            interval = row // rows_per_interval
            if interval >= intervals.shape[0]:
                return 2 * row
            reset_contexts(contexts, runs, run_index, coding[RANGE])
            lines[:] = 0
            buffer = np.uint64(0)
            held = np.int64(0)
            word = np.int64(intervals[interval, WORD])
            end = word * 32 + intervals[interval, BITS]
        now = lines[row & 1]
        before = lines[1 - (row & 1)]
        for part in range(count):
            before[part, columns + 1] = before[part, columns]
            now[part, 0] = before[part, 1]
        x: Int = np.int64(1)
        while x <= columns:
            is_run = True
            for part in range(count):
                above = np.int64(before[part, x])
                corner = np.int64(before[part, x - 1])
                found[part] = (
                    81 * np.int64(regions[middle + np.int64(before[part, x + 1]) - above])
                    + 9 * np.int64(regions[middle + above - corner])
                    + np.int64(regions[middle + corner - np.int64(now[part, x - 1])])
                )
                is_run = is_run and found[part] == 0
            if not is_run:
                for part in range(count):
                    predicted = predict(
                        np.int64(now[part, x - 1]),
                        np.int64(before[part, x]),
                        np.int64(before[part, x - 1]),
                    )
                    value, buffer, held, word = decode_regular(
                        words, buffer, held, word, contexts, found[part], predicted, coding
                    )
                    if value < 0:
                        return 2 * row + (BAD if word * 32 - held <= end else 0)
                    now[part, x] = value
                x += 1
                continue
            length, index, buffer, held, word = decode_run(
                words, buffer, held, word, run_index[0], columns + 1 - x
            )
            if length < 0:
                return 2 * row + (BAD if word * 32 - held <= end else 0)
            for part in range(count):
                now[part, x : x + length] = now[part, x - 1]
            x += length
            if x <= columns:
                for part in range(count):
                    value, buffer, held, word = decode_interruption(
                        words, buffer, held, word, runs, np.int64(0), index,
                        np.int64(now[part, x - 1]), np.int64(before[part, x]), coding,
                    )  # fmt: skip
                    if value < 0:
                        return 2 * row + (BAD if word * 32 - held <= end else 0)
                    now[part, x] = value
                x += 1
                index = max(index - 1, np.int64(0))
            run_index[0] = index
        for part in range(count):
            for x in range(columns):
                out[row, x, parts[part]] = now[part, x + 1]
        if word * 32 - held > end:
            return 2 * row
    return DONE
