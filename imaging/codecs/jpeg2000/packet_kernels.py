"""Packets become the pieces of each code-block (T.800 B.9, B.10) on plain arrays.

The tables, a row of numbers for each thing:
    slots     one band of one precinct: code-blocks across, down, first block, first tree node
    blocks    one code-block, see the names below
    pieces    one contribution of a packet to a codeword segment: next of the block, offset in the
              data, length, passes
"""

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.block_kernels import HIGH_THROUGHPUT, segment_room
from imaging.kernel import BYTES, Int, inlined, kernel

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Table = NDArray[np.int32]

# columns of `blocks`
BAND, LEFT, TOP, WIDTH, HEIGHT, MISSING, PASSES, LENGTH_BITS, FIRST, LAST, PLACEHOLDERS = range(11)
BLOCK_COLUMNS = 11
# columns of `slots`
ACROSS, DOWN, FIRST_BLOCK, FIRST_NODE, SLOT_BAND = range(5)
SLOT_COLUMNS = 5

TRUNCATED, BAD_HEADER, FULL = -1, -2, -3
MAX_MISSING = 100
_UNKNOWN = 1 << 20


@inlined(f"UniTuple(int64, 4)({BYTES}, int64, int64, int64)")
def header_bit(data: Bytes, position: Int, held: Int, bits: Int) -> tuple[Int, Int, Int, Int]:
    """One bit of a packet header; a byte after FF has seven (B.10.1). A bit beyond the end is 2."""
    if bits == 0:
        if position >= data.size:
            return np.int64(2), position, held, bits
        bits = np.int64(7 if held == 255 else 8)
        held = np.int64(data[position])
        position += 1
    bits -= 1
    return (held >> bits) & 1, position, held, bits


@kernel(f"UniTuple(int64, 4)({BYTES}, int64, int64, int64, int64)")
def header_number(
    data: Bytes, count: Int, position: Int, held: Int, bits: Int
) -> tuple[Int, Int, Int, Int]:
    """`count` bits as a number; -1 beyond the end."""
    number = np.int64(0)
    for _ in range(count):
        bit, position, held, bits = header_bit(data, position, held, bits)
        if bit == 2:
            return np.int64(-1), position, held, bits
        number = 2 * number + bit
    return number, position, held, bits


@kernel(f"UniTuple(int64, 4)({BYTES}, int64, int64, int64)")
def read_pass_count(data: Bytes, position: Int, held: Int, bits: Int) -> tuple[Int, Int, Int, Int]:
    """Table B.4; -1 beyond the end."""
    first = np.int64(1)
    for count, limit in ((1, 1), (1, 1), (2, 3), (5, 31), (7, 128)):
        number, position, held, bits = header_number(data, np.int64(count), position, held, bits)
        if number < 0:
            return number, position, held, bits
        if number < limit:
            return first + number, position, held, bits
        first += limit
    return first, position, held, bits


@kernel(
    f"UniTuple(int64, 4)({BYTES}, int32[::1], int32[::1], int64, int64, int64, int64, int64, "
    "int64, int64, int64, int64)"
)
def read_tag_tree(
    data: Bytes, known: Table, lowest: Table, first: Int, across: Int, down: Int, column: Int,
    row: Int, threshold: Int, position: Int, held: Int, bits: Int,
) -> tuple[Int, Int, Int, Int]:  # fmt: skip
    """Whether leaf (column, row) is below `threshold` (B.10.2); 2 beyond the end.

    Nodes lie level by level from the leaves at `first`; `known` is the value or _UNKNOWN,
    `lowest` what the value is at least.
    """
    depth = 0
    while ((across - 1) >> depth) > 0 or ((down - 1) >> depth) > 0:
        depth += 1
    value = np.int64(0)
    node = first
    for level in range(depth, -1, -1):
        node = first
        for below in range(level):
            node += (((across - 1) >> below) + 1) * (((down - 1) >> below) + 1)
        node += (row >> level) * (((across - 1) >> level) + 1) + (column >> level)
        value = max(value, np.int64(lowest[node]))
        while value < threshold and value < known[node]:
            bit, position, held, bits = header_bit(data, position, held, bits)
            if bit == 2:
                return bit, position, held, bits
            if bit == 1:
                known[node] = value
            else:
                value += 1
        lowest[node] = value
    return np.int64(known[node] < threshold), position, held, bits


@inlined("int64(int64, int64, int64)")
def room_of(style: Int, done: Int, placeholders: Int) -> Int:
    """How many passes the codeword segment of pass `done` still holds. High-throughput blocks:
    the cleanup pass with the placeholders before it, then both refinement passes (T.814 B.3)."""
    if style & HIGH_THROUGHPUT:
        if done <= placeholders:
            return placeholders + 1 - done
        turn = (done - placeholders) % 3
        return np.int64(1) if turn == 0 else 3 - turn
    return segment_room(style, done)


@inlined("int64(int64)")
def log2_floor(number: Int) -> Int:
    """The place of the highest bit."""
    place = np.int64(0)
    while number > 1:
        number >>= 1
        place += 1
    return place


@kernel(
    f"UniTuple(int64, 4)({BYTES}, int32[:,::1], int64[:,::1], int64, int64, int64, int64, int64, "
    "int64)"
)
def read_lengths(
    data: Bytes, blocks: Table, pieces: Numbers, used: Int, block: Int, style: Int, position: Int,
    held: Int, bits: Int,
) -> tuple[Int, Int, Int, Int]:  # fmt: skip
    """Number of passes and length of each segment that this packet brings (B.10.6, B.10.7).

    Returns how many pieces are now used, or a negative status, and the reader's state.
    """
    passes, position, held, bits = read_pass_count(data, position, held, bits)
    bit = np.int64(1)
    while passes > 0 and bit == 1:
        bit, position, held, bits = header_bit(data, position, held, bits)
        blocks[block, LENGTH_BITS] += bit
    if passes < 0 or bit == 2:
        return np.int64(TRUNCATED), position, held, bits
    done = np.int64(blocks[block, PASSES])
    if done == 0 and style & HIGH_THROUGHPUT:
        blocks[block, PLACEHOLDERS] = (passes - 1) // 3 * 3
    placeholders = np.int64(blocks[block, PLACEHOLDERS])
    while passes > 0:
        if used >= pieces.shape[0]:
            return np.int64(FULL), position, held, bits
        taken = min(passes, room_of(style, done, placeholders))
        size = np.int64(blocks[block, LENGTH_BITS]) + log2_floor(taken)
        if size > 31:
            return np.int64(BAD_HEADER), position, held, bits
        length, position, held, bits = header_number(data, size, position, held, bits)
        if length < 0:
            return np.int64(TRUNCATED), position, held, bits
        pieces[used, 0] = -1
        pieces[used, 2] = length
        pieces[used, 3] = taken
        if blocks[block, FIRST] < 0:
            blocks[block, FIRST] = used
        else:
            pieces[blocks[block, LAST], 0] = used
        blocks[block, LAST] = used
        used += 1
        done += taken
        passes -= taken
    if done > 3 * MAX_MISSING:
        return np.int64(BAD_HEADER), position, held, bits
    blocks[block, PASSES] = done
    return used, position, held, bits


@kernel(
    f"UniTuple(int64, 4)({BYTES}, int32[:,::1], int32[:,::1], int64[:,::1], int32[:,::1], "
    "int32[:,::1], int64, int64, int64, int64, int64, int64, int64)"
)
def read_slot(
    data: Bytes, slots: Table, blocks: Table, pieces: Numbers, known: Table, lowest: Table,
    used: Int, slot: Int, layer: Int, style: Int, position: Int, held: Int, bits: Int,
) -> tuple[Int, Int, Int, Int]:  # fmt: skip
    """One band's part of a packet header (B.10.3 to B.10.7). Returns as `read_lengths`."""
    across, down = np.int64(slots[slot, ACROSS]), np.int64(slots[slot, DOWN])
    node = np.int64(slots[slot, FIRST_NODE])
    block = np.int64(slots[slot, FIRST_BLOCK]) - 1
    for row in range(down):
        for column in range(across):
            block += 1
            if blocks[block, LENGTH_BITS] > 0:
                bit, position, held, bits = header_bit(data, position, held, bits)
            else:
                bit, position, held, bits = read_tag_tree(
                    data, known[0], lowest[0], node, across, down, column, row, layer + 1,
                    position, held, bits,
                )  # fmt: skip
            if bit == 2:
                return np.int64(TRUNCATED), position, held, bits
            if bit == 0:
                continue
            if blocks[block, LENGTH_BITS] == 0:
                missing = np.int64(0)
                bit = np.int64(0)
                while bit == 0:
                    missing += 1
                    if missing > MAX_MISSING:
                        return np.int64(BAD_HEADER), position, held, bits
                    bit, position, held, bits = read_tag_tree(
                        data, known[1], lowest[1], node, across, down, column, row, missing,
                        position, held, bits,
                    )  # fmt: skip
                if bit == 2:
                    return np.int64(TRUNCATED), position, held, bits
                blocks[block, MISSING] = missing - 1
                blocks[block, LENGTH_BITS] = 3
            used, position, held, bits = read_lengths(
                data, blocks, pieces, used, block, style, position, held, bits
            )
            if used < 0:
                return used, position, held, bits
    return used, position, held, bits


@inlined(f"boolean({BYTES}, int64, int64)")
def is_marker(data: Bytes, position: Int, low: Int) -> bool:
    """Whether marker FF `low` is at `position`."""
    return bool(
        position + 1 < data.size and data[position] == 255 and np.int64(data[position + 1]) == low
    )


@kernel(
    f"UniTuple(int64, 2)({BYTES}, {BYTES}, boolean, int64[::1], int64[::1], int64[:,::1], "
    "int32[:,::1], int32[:,::1], int64[:,::1], int32[:,::1], int32[:,::1], int64[::1])"
)
def read_packets(
    data: Bytes, headers: Bytes, is_packed: bool, order: Numbers, layers: Numbers,
    precincts: Numbers, slots: Table, blocks: Table, pieces: Numbers, known: Table, lowest: Table,
    styles: Numbers,
) -> tuple[Int, Int]:  # fmt: skip
    """All packets of a tile in their order: packet n is layer `layers[n]` of precinct `order[n]`,
    whose slots are `precincts[p]` (first, end). With packed headers (A.7.4, A.7.5) those are in
    `headers`, else in `data`. `styles` has the code-block style of each band.

    Returns (pieces used, or a negative status; position in `data`).
    """
    known[:] = _UNKNOWN
    lowest[:] = 0
    used = np.int64(0)
    body = np.int64(0)
    at = np.int64(0)
    for number in range(order.size):
        if is_marker(data, body, 0x91):  # SOP (A.8.1)
            body += 6
        source = headers if is_packed else data
        if not is_packed:
            at = body
        first_piece = used
        bit, at, held, bits = header_bit(source, at, np.int64(0), np.int64(0))
        if bit == 2:
            return np.int64(TRUNCATED), body
        if bit == 1:
            for slot in range(precincts[order[number], 0], precincts[order[number], 1]):
                used, at, held, bits = read_slot(
                    source, slots, blocks, pieces, known, lowest, used, np.int64(slot),
                    layers[number], styles[slots[slot, SLOT_BAND]], at, held, bits,
                )  # fmt: skip
                if used < 0:
                    return used, body
        if held == 255:  # a stuffed bit ends the header (B.10.1)
            at += 1
        if is_marker(source, at, 0x92):  # EPH (A.8.2)
            at += 2
        if not is_packed:
            body = at
        for piece in range(first_piece, used):
            pieces[piece, 1] = body
            body += pieces[piece, 2]
            if body > data.size:
                return np.int64(TRUNCATED), body
    return used, body


@kernel("int64(int64[:,::1], int64[:,::1], int64[:,::1], int32[:,::1], int32[:,::1])")
def lay_out(
    resolutions: Numbers, bands: Numbers, precincts: Numbers, slots: Table, blocks: Table
) -> Int:
    """Fill the tables of one tile (B.6, B.7, B.9); returns how many tree nodes there are.

    resolutions: precincts across, down; first column and row of the precinct grid; first band,
        end; log2 of precinct width and height in the bands.
    bands: x0, y0, x1, y1; log2 of the code-block's width and height.
    """
    precinct = np.int64(0)
    slot = np.int64(0)
    block = np.int64(0)
    node = np.int64(0)
    for resolution in range(resolutions.shape[0]):
        across, down, grid_x, grid_y, first, end, log_x, log_y = resolutions[resolution]
        for index in range(across * down):
            precincts[precinct, 0] = slot
            for band in range(first, end):
                x0, y0, x1, y1, log_width, log_height = bands[band]
                left = max(x0, (grid_x + index % across) << log_x)
                right = min(x1, (grid_x + index % across + 1) << log_x)
                top = max(y0, (grid_y + index // across) << log_y)
                bottom = min(y1, (grid_y + index // across + 1) << log_y)
                wide = np.int64(0)
                high = np.int64(0)
                if right > left and bottom > top:
                    wide = ((right - 1) >> log_width) - (left >> log_width) + 1
                    high = ((bottom - 1) >> log_height) - (top >> log_height) + 1
                slots[slot, ACROSS] = wide
                slots[slot, DOWN] = high
                slots[slot, FIRST_BLOCK] = block
                slots[slot, FIRST_NODE] = node
                slots[slot, SLOT_BAND] = band
                slot += 1
                for number in range(wide * high):
                    column = (left >> log_width) + number % wide
                    row = (top >> log_height) + number // wide
                    block_left = max(left, column << log_width)
                    block_top = max(top, row << log_height)
                    blocks[block, :] = 0
                    blocks[block, BAND] = band
                    blocks[block, LEFT] = block_left - x0
                    blocks[block, TOP] = block_top - y0
                    blocks[block, WIDTH] = min(right, (column + 1) << log_width) - block_left
                    blocks[block, HEIGHT] = min(bottom, (row + 1) << log_height) - block_top
                    blocks[block, FIRST] = -1
                    block += 1
                while wide * high > 0:
                    node += wide * high
                    if wide * high == 1:
                        break
                    wide = (wide + 1) >> 1
                    high = (high + 1) >> 1
            precincts[precinct, 1] = slot
            precinct += 1
    return node
