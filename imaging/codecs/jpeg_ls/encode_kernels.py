"""JPEG-LS scans (T.87 annexes A and E): samples become bits, packed into words first and stuffed
afterwards."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    region_of,
    reset_contexts,
)
from imaging.kernel import Int, inlined, kernel

Words = NDArray[np.uint32]
State = NDArray[np.int32]
_STATE = "uint64, int64, int64"  # buffer, bits in it, words written
_WORDS = "uint32[::1]"
_REGIONS = "Array(int8, 1, 'C', True)"


@inlined(f"Tuple(({_STATE}))({_WORDS}, {_STATE}, int64, int64)")
def write_bits(words: Words, buffer: Int, held: Int, at: Int, value: Int, count: Int) -> Any:
    """At most 32 bits."""
    buffer = (buffer << np.uint64(count)) | np.uint64(value)
    held += count
    if held >= 32:
        held -= 32
        words[np.uint64(at)] = np.uint32((buffer >> np.uint64(held)) & np.uint64(0xFFFFFFFF))
        at += 1
    return buffer, held, at


@kernel(f"Tuple(({_STATE}))({_WORDS}, {_STATE}, int64, int64, int64, int64)")
def write_golomb(
    words: Words, buffer: Int, held: Int, at: Int, mapped: Int, k: Int, longest: Int,
    value_bits: Int,
) -> Any:  # fmt: skip
    """A limited-length Golomb code of any length (A.5.3)."""
    zeros = min(mapped >> k, longest)
    is_plain = zeros == longest
    while zeros > 31:
        buffer, held, at = write_bits(words, buffer, held, at, np.int64(0), np.int64(31))
        zeros -= 31
    buffer, held, at = write_bits(words, buffer, held, at, np.int64(1), zeros + 1)
    if is_plain:
        return write_bits(words, buffer, held, at, mapped - 1, value_bits)
    return write_bits(words, buffer, held, at, mapped & ((np.int64(1) << k) - 1), k)


@inlined("int64(int64, int64, int64)")
def quantise(error: Int, near: Int, size: Int) -> Int:
    """The error in steps, folded into the range (A.4.4, A.4.5)."""
    if near > 0:
        step = 2 * near + 1
        error = (error + near) // step if error > 0 else -((near - error) // step)
    if error < 0:
        error += size
    return error - size if error >= (size + 1) >> 1 else error


@kernel(
    f"Tuple((int64, {_STATE}))({_WORDS}, {_STATE}, int32[:,::1], int32[::1], int32[::1], "
    f"int64, int64, {_REGIONS}, int64[::1])"
)
def encode_stretch(
    words: Words, buffer: Int, held: Int, at: Int, contexts: State, before: State, now: State,
    x: Int, columns: Int, regions: NDArray[np.int8], coding: NDArray[np.int64],
) -> Any:  # fmt: skip
    """Write the samples of the regular mode from `x` of `now` on, which become what the decoder
    will see; returns the first sample that begins a run, or columns + 1."""
    middle = coding[MAXIMUM]
    near = coding[NEAR]
    size = coding[RANGE]
    longest = coding[LIMIT] - coding[VALUE_BITS] - 1
    value_bits = coding[VALUE_BITS]
    reset = coding[RESET]
    place = np.uint64(x)
    end = np.uint64(columns)
    left = np.int64(now[place - np.uint64(1)])
    above = np.int64(before[place - np.uint64(1)])
    next_above = np.int64(before[place])
    while place <= end:
        corner = above
        above = next_above
        next_above = np.int64(before[place + np.uint64(1)])
        region = region_of(regions, middle, left, above, corner, next_above)
        if region == 0:
            break
        sign = region >> 63
        q = np.uint64((region ^ sign) - sign)
        bias = (np.int64(contexts[q, C]) ^ sign) - sign
        predicted = predict(left, above, corner) + bias
        predicted = max(np.int64(0), min(middle, predicted))
        left = np.int64(now[place])
        error = quantise(((left - predicted) ^ sign) - sign, near, size)
        if near > 0:
            step = ((error ^ sign) - sign) * (2 * near + 1)
            left = reconstruct(predicted + step, middle, near, size)
            now[place] = left
        folded = error ^ np.int64(contexts[q, FLIP])
        mapped = (folded << 1) ^ (folded >> 63)
        k = np.int64(contexts[q, K])
        zeros = mapped >> k
        if zeros + k < 32 and zeros < longest:
            low = mapped & ((np.int64(1) << k) - 1)
            buffer, held, at = write_bits(
                words, buffer, held, at, (np.int64(1) << k) | low, zeros + k + 1
            )
        else:
            buffer, held, at = write_golomb(words, buffer, held, at, mapped, k, longest, value_bits)
        adapt(contexts, q, error, near, reset)
        place += np.uint64(1)
    return np.int64(place), buffer, held, at


@kernel(
    f"Tuple((int64, {_STATE}))({_WORDS}, {_STATE}, int32[:,::1], int64, int64, int64, int64, "
    "int64[::1])"
)
def encode_interruption(
    words: Words, buffer: Int, held: Int, at: Int, runs: State, index: Int, value: Int, left: Int,
    above: Int, coding: NDArray[np.int64],
) -> Any:  # fmt: skip
    """The sample that ends a run (A.7.2); returns it as the decoder will see it."""
    near = coding[NEAR]
    size = coding[RANGE]
    kind = np.int64(abs(left - above) <= near)
    predicted = left if kind == 1 else above
    is_mirrored = kind == 0 and left > above
    error = predicted - value if is_mirrored else value - predicted
    error = quantise(error, near, size)
    step = (-error if is_mirrored else error) * (2 * near + 1)
    n = np.int64(runs[kind, RUN_N])
    total = np.int64(runs[kind, RUN_A])
    if kind == 1:
        total += n >> 1
    k = golomb_parameter(total, n)
    is_mostly_negative = k != 0 or 2 * np.int64(runs[kind, RUN_NEGATIVE]) >= n
    flag = np.int64(error != 0 and (error < 0) == is_mostly_negative)
    mapped = 2 * abs(error) - kind - flag
    longest = coding[LIMIT] - RUN_BITS[index] - 1 - coding[VALUE_BITS] - 1
    buffer, held, at = write_golomb(words, buffer, held, at, mapped, k, longest, coding[VALUE_BITS])
    adapt_run(runs, kind, error, mapped, coding[RESET])
    return reconstruct(predicted + step, coding[MAXIMUM], near, size), buffer, held, at


@kernel(f"int64(Array(uint16, 3, 'C', True), {_REGIONS}, int64[::1], {_WORDS})")
def encode_lines(
    pixels: NDArray[np.uint16], regions: NDArray[np.int8], coding: NDArray[np.int64], words: Words
) -> Int:
    """One scan, its components interleaved by line; returns the number of bits. `words` needs
    room for twice LIMIT bits a sample."""
    rows, columns, parts = pixels.shape
    lines = np.zeros((2, parts, columns + 2), np.int32)
    contexts = np.zeros((CONTEXTS, CONTEXT_SIZE), np.int32)
    runs = np.zeros((2, 3), np.int32)
    run_index = np.zeros(parts, np.int64)
    reset_contexts(contexts, runs, run_index, coding[RANGE])
    near = coding[NEAR]
    buffer = np.uint64(0)
    held = np.int64(0)
    at = np.int64(0)
    for row in range(rows):
        for part in range(parts):
            now = lines[row & 1, part]
            before = lines[1 - (row & 1), part]
            for column in range(columns):
                now[column + 1] = pixels[row, column, part]
            before[columns + 1] = before[columns]
            now[0] = before[1]
            x: Int = np.int64(1)
            while True:
                x, buffer, held, at = encode_stretch(
                    words, buffer, held, at, contexts, before, now, x, columns, regions, coding
                )
                if x > columns:
                    break
                left = np.int64(now[x - 1])
                index = run_index[part]
                length = np.int64(0)
                while x <= columns and abs(np.int64(now[x]) - left) <= near:
                    now[x] = left
                    length += 1
                    x += 1
                while length >= np.int64(1) << RUN_BITS[index]:
                    buffer, held, at = write_bits(words, buffer, held, at, np.int64(1), np.int64(1))
                    length -= np.int64(1) << RUN_BITS[index]
                    index = min(index + 1, np.int64(31))
                if x > columns:
                    if length > 0:
                        buffer, held, at = write_bits(
                            words, buffer, held, at, np.int64(1), np.int64(1)
                        )
                else:
                    buffer, held, at = write_bits(
                        words, buffer, held, at, length, RUN_BITS[index] + 1
                    )
                    value, buffer, held, at = encode_interruption(
                        words, buffer, held, at, runs, index, np.int64(now[x]), left,
                        np.int64(before[x]), coding,
                    )  # fmt: skip
                    now[x] = value
                    x += 1
                    index = max(index - 1, np.int64(0))
                run_index[part] = index
    words[at] = np.uint32((buffer << np.uint64(32 - held)) & np.uint64(0xFFFFFFFF))
    words[at + 1] = np.uint32(0)  # the last byte may reach into it
    return 32 * at + held


@kernel(f"int64({_WORDS}, int64, uint8[::1])")
def stuff(words: Words, bits: Int, out: NDArray[np.uint8]) -> Int:
    """Write the bits as bytes, a 0 bit after each FF (A.1), zeros at the end; returns how many
    bytes. `out` needs 15 % more than the bits."""
    written = np.int64(0)
    position = np.int64(0)
    count = np.int64(8)
    while position < bits:
        index = position >> 5
        pair = np.uint64(words[index]) << np.uint64(32)
        if index + 1 < words.size:
            pair |= np.uint64(words[index + 1])
        value = (pair << np.uint64(position & 31)) >> np.uint64(64 - count)
        out[written] = value
        written += 1
        position += count
        count = np.int64(7) if value == 255 else np.int64(8)
    if count == 7:  # FF must not be the last byte
        out[written] = 0
        written += 1
    return written
