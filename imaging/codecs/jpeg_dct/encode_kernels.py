"""Baseline JPEG written (T.81 F.1): samples become coefficients, coefficients tokens, tokens bits.

A token is one Huffman code with its extra bits: bits 0-15 the extra bits, 16-23 the symbol, 24-25
the table. How many extra bits there are say the symbol's lowest four bits.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_dct.tables import ZIGZAG
from imaging.codecs.jpeg_dct.transform_kernels import COSINES
from imaging.kernel import Int, kernel

DC_TABLE, AC_TABLE, H, V, FIRST_BLOCK, BLOCKS_ACROSS = range(6)  # columns of the parts
MAX_TOKENS = 64  # of one block


@kernel("void(Array(uint8, 2, 'C', True), int64, int64, int64, float32[::1], int16[::1])")
def forward_plane(
    samples: NDArray[np.uint8], first_block: Int, block_rows: Int, blocks_across: Int,
    steps: NDArray[np.float32], coefficients: NDArray[np.int16],
) -> None:  # fmt: skip
    """The quantised coefficients of one component, in zigzag order (A.3.3, A.3.4); what lies
    outside repeats the edge. `steps` are in zigzag order, times eight."""
    last_row = samples.shape[0] - 1
    last_column = samples.shape[1] - 1
    block = np.zeros(64, np.float32)
    work = np.zeros(64, np.float32)
    for row in range(block_rows):
        for column in range(blocks_across):
            for y in range(8):
                line = min(8 * row + y, last_row)
                for x in range(8):
                    value = samples[line, min(8 * column + x, last_column)]
                    block[8 * y + x] = np.float32(value) - np.float32(128)
            for v in range(8):
                for x in range(8):
                    total = np.float32(0)
                    for y in range(8):
                        total += COSINES[v, y] * block[8 * y + x]
                    work[8 * v + x] = total
            start = 64 * (first_block + row * blocks_across + column)
            for k in range(64):
                v = ZIGZAG[k] >> 3
                u = ZIGZAG[k] & 7
                total = np.float32(0)
                for x in range(8):
                    total += work[8 * v + x] * COSINES[u, x]
                level = np.rint(total / steps[k])
                limit = np.float32(1023 if k else 2047)
                coefficients[start + k] = np.int16(min(max(level, -limit), limit))


@kernel("int64(int64)")
def category_of(value: Int) -> Int:
    """The number of bits of the magnitude (tables F.1, F.2)."""
    magnitude = abs(value)
    category = np.int64(0)
    while magnitude > 0:
        magnitude >>= 1
        category += 1
    return category


@kernel("uint32(int64, int64, int64)")
def token(table: Int, run: Int, value: Int) -> Int:
    """The token of a coefficient after `run` zeros, or of a DC difference."""
    category = category_of(value)
    extra = value if value > 0 else value - 1
    extra &= (np.int64(1) << category) - 1
    return np.uint32((table << 24) | (run << 20) | (category << 16) | extra)


@kernel("int64(int16[::1], int64[:,::1], int64, int64, uint32[::1])")
def tokenise(
    coefficients: NDArray[np.int16], parts: NDArray[np.int64], mcu_rows: Int, mcu_columns: Int,
    out: NDArray[np.uint32],
) -> Int:  # fmt: skip
    """The tokens of an interleaved scan (F.1.2); returns how many. `out` has MAX_TOKENS for each
    block."""
    predictions = np.zeros(parts.shape[0], np.int64)
    at = np.int64(0)
    for mcu in range(mcu_rows * mcu_columns):
        mcu_row = mcu // mcu_columns
        mcu_column = mcu - mcu_row * mcu_columns
        for part in range(parts.shape[0]):
            across = parts[part, H]
            for unit in range(across * parts[part, V]):
                row = mcu_row * parts[part, V] + unit // across
                column = mcu_column * across + unit % across
                block = parts[part, FIRST_BLOCK] + row * parts[part, BLOCKS_ACROSS] + column
                level = np.int64(coefficients[64 * block])
                out[at] = token(parts[part, DC_TABLE], np.int64(0), level - predictions[part])
                at += 1
                predictions[part] = level
                table = parts[part, AC_TABLE]
                run = np.int64(0)
                for k in range(64 * block + 1, 64 * block + 64):
                    value = np.int64(coefficients[k])
                    if value == 0:
                        run += 1
                        continue
                    while run > 15:
                        out[at] = np.uint32((table << 24) | (0xF0 << 16))
                        at += 1
                        run -= 16
                    out[at] = token(table, run, value)
                    at += 1
                    run = np.int64(0)
                if run > 0:
                    out[at] = np.uint32(table << 24)
                    at += 1
    return at


@kernel("int64(uint32[::1], int64[::1], int64[::1], uint8[::1])")
def write_tokens(
    tokens: NDArray[np.uint32], codes: NDArray[np.int64], lengths: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> Int:  # fmt: skip
    """Write the entropy-coded data with stuffing and padding by ones; returns its length. Codes
    by table and symbol, 256 a table. `out` needs 8 bytes a token and 2."""
    buffer = np.int64(0)
    held = np.int64(0)
    at = np.int64(0)
    for n in range(tokens.size):
        symbol = np.int64(tokens[n]) >> 16
        extra_bits = symbol & 15
        buffer = (buffer << lengths[symbol]) | codes[symbol]
        buffer = (buffer << extra_bits) | (np.int64(tokens[n]) & 65535)
        held += lengths[symbol] + extra_bits
        while held >= 8:
            held -= 8
            value = (buffer >> held) & 255
            out[at] = value
            at += 1
            if value == 255:
                out[at] = 0
                at += 1
        buffer &= (np.int64(1) << held) - 1
    if held > 0:
        value = ((buffer << (8 - held)) | ((np.int64(1) << (8 - held)) - 1)) & 255
        out[at] = value
        at += 1
        if value == 255:
            out[at] = 0
            at += 1
    return at
