"""JPEG-LS scans (T.87 annexes A, F): bits become samples.

A line is kept with one sample before and one behind it, so that the neighbours of the first and
the last sample (A.2.1) are read like those of all others.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_ls.bit_kernels import BITS, WORD, WORDS
from imaging.codecs.jpeg_ls.context_kernels import (
    CONTEXT_SIZE,
    CONTEXTS,
    MAXIMUM,
    NEAR,
    RANGE,
    predict,
    region_of,
    reset_contexts,
)
from imaging.codecs.jpeg_ls.sample_kernels import decode_interruption, decode_regular, decode_run
from imaging.codecs.jpeg_ls.stretch_kernels import decode_sample_stretch, decode_stretch
from imaging.kernel import Int, kernel

Words = NDArray[np.uint32]
DONE, BAD = -1, 1
_SCAN = (
    f"int64({WORDS}, int64[:,::1], int64, Array(int8, 1, 'C', True), int64[::1], int64[::1], "
    "{out}[:,:,::1])"
)


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
            while True:
                x, buffer, held, word = decode_stretch(
                    words, buffer, held, word, contexts, before, now, x, columns, regions, coding
                )
                if x > columns:
                    break
                left = np.int64(now[x - 1])
                above = np.int64(before[x])
                corner = np.int64(before[x - 1])
                region = region_of(regions, middle, left, above, corner, np.int64(before[x + 1]))
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
                now[x : x + length] = left
                x += length
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
        while True:
            place, buffer, held, word = decode_sample_stretch(
                words, buffer, held, word, contexts, before, now, x, columns, regions, coding, found
            )
            x = place // count
            first = place - x * count
            if x > columns:
                break
            is_run = first == 0
            for part in range(count):
                found[part] = region_of(
                    regions, middle, np.int64(now[part, x - 1]), np.int64(before[part, x]),
                    np.int64(before[part, x - 1]), np.int64(before[part, x + 1]),
                )  # fmt: skip
                is_run = is_run and found[part] == 0
            if not is_run:
                for part in range(first, count):
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
