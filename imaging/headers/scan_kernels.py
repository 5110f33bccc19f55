"""One walk over the elements of a data set (PS3.5 section 7) that notes where each begins.

It goes on as long as everything is plain: known VRs, rising into nothing but what is there,
sequences whose items are plain all through. Before anything else it stops, and the careful reader
judges. What it walks over is whole, so that nobody needs to look again before it is asked for.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.kernel import BYTES, Int, inlined, kernel

Bytes = NDArray[np.uint8]
Tags = NDArray[np.int64]

SHORT, LONG, IN_ITEMS, UNKNOWN = 1, 2, 3, 4
"""What a VR's two letters say: a length of two bytes, of four, items, or look at the dictionary."""
SEQUENCE, SIGNED = 1, 2
"""Special tags: items, and a VR that follows Pixel Representation."""
SLOTS = 4096
IMPLICIT, BIG = 1, 2
"""Bits of `layout`."""

_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_DELIMITERS = 0xFFFE0000
_PIXEL_DATA = 0x7FE00010
_PIXEL_REPRESENTATION = 0x00280103
_CURVES = 0x50  # repeating groups 50xx hold a sequence
_MAX_DEPTH = 64
_STOP = -1


def slot_of(tag: int) -> int:
    """Where a special tag is looked for first."""
    return (tag ^ tag >> 9 ^ tag >> 16) & (SLOTS - 1)


@inlined(f"int64({BYTES}, int64, int64)")
def _two(data: Bytes, at: Int, layout: Int) -> Int:
    first, second = np.int64(data[at]), np.int64(data[at + 1])
    return first << 8 | second if layout & BIG else second << 8 | first


@inlined(f"int64({BYTES}, int64, int64)")
def _tag(data: Bytes, at: Int, layout: Int) -> Int:
    return _two(data, at, layout) << 16 | _two(data, at + 2, layout)


@inlined(f"int64({BYTES}, int64, int64)")
def _four(data: Bytes, at: Int, layout: Int) -> Int:
    first, second = _two(data, at, layout), _two(data, at + 2, layout)
    return first << 16 | second if layout & BIG else second << 16 | first


@inlined("int64(int64, int64[::1], uint8[::1])")
def _kind(tag: Int, keys: Tags, kinds: Bytes) -> Int:
    slot = (tag ^ tag >> 9 ^ tag >> 16) & (SLOTS - 1)
    while keys[slot]:
        if keys[slot] == tag:
            return np.int64(kinds[slot])
        slot = (slot + 1) & (SLOTS - 1)
    return np.int64(SEQUENCE if tag >> 24 == _CURVES else 0)


@inlined(
    f"UniTuple(int64, 3)({BYTES}, int64, int64, int64, int64, uint8[::1], int64[::1], uint8[::1])"
)
def _head(
    data: Bytes, position: Int, end: Int, layout: Int, tag: Int, classes: Bytes, keys: Tags,
    kinds: Bytes,
) -> Any:  # fmt: skip
    """Kind, where the value begins, and its length (of a sequence maybe undefined); a kind of
    _STOP when it is not plain. Eight bytes are there."""
    kind = np.int64(0)
    if layout & IMPLICIT:
        start, length = position + 8, _four(data, position + 4, layout)
        kind = _kind(tag, keys, kinds)
    else:
        meaning = classes[np.int64(data[position + 4]) | np.int64(data[position + 5]) << 8]
        if meaning == SHORT:
            start, length = position + 8, _two(data, position + 6, layout)
        elif meaning == 0 or end - position < 12:
            return np.int64(_STOP), position, np.int64(0)
        else:
            start, length = position + 12, _four(data, position + 8, layout)
            if meaning == IN_ITEMS:
                kind = np.int64(SEQUENCE)
            elif meaning == UNKNOWN:
                kind = _kind(tag, keys, kinds)
                if kind == SEQUENCE:
                    return np.int64(_STOP), position, np.int64(0)
    is_endless = length == _UNDEFINED
    if (is_endless and kind != SEQUENCE) or (not is_endless and length > end - start):
        return np.int64(_STOP), position, np.int64(0)
    return kind, start, length


@kernel(
    f"UniTuple(int64, 2)({BYTES}, int64, int64, int64, int64, int64,"
    " uint8[::1], int64[::1], uint8[::1])"
)
def skip_items(
    data: Bytes, position: Int, length: Int, end: Int, layout: Int, most: Int,
    classes: Bytes, keys: Tags, kinds: Bytes,
) -> Any:  # fmt: skip
    """Where the sequence whose value begins at `position` ends, and the items and elements in it;
    _STOP when something in it is not plain, or there are more than `most`."""
    stop = np.int64(_STOP), np.int64(0)
    limits = np.empty(2 * _MAX_DEPTH + 2, np.int64)  # of a sequence, an item of it, and so on
    is_endless = np.empty(2 * _MAX_DEPTH + 2, np.bool_)
    level, count = np.int64(0), np.int64(0)
    is_endless[0] = length == _UNDEFINED
    limits[0] = end if is_endless[0] else position + length
    while level >= 0:
        limit = limits[level]
        if position == limit:
            if is_endless[level]:
                return stop
            level -= 1
            continue
        if limit - position < 8:
            return stop
        tag = _tag(data, position, layout)
        is_item = level & 1
        if tag >= _DELIMITERS:
            if tag == _ITEM and not is_item:
                size = _four(data, position + 4, layout)
                position += 8
                if size != _UNDEFINED and size > limit - position:
                    return stop
                level += 1
                is_endless[level] = size == _UNDEFINED
                limits[level] = limit if size == _UNDEFINED else position + size
            elif is_endless[level] and tag == (_ITEM_END if is_item else _SEQUENCE_END):
                position += 8
                level -= 1
                continue
            else:
                return stop
        elif not is_item or tag == 0 or tag >= _PIXEL_DATA:
            return stop
        else:
            kind, start, size = _head(data, position, limit, layout, tag, classes, keys, kinds)
            if kind == _STOP:
                return stop
            position = start
            if kind != SEQUENCE:
                position += size
            elif level // 2 + 1 >= _MAX_DEPTH:
                return stop
            else:
                level += 1
                is_endless[level] = size == _UNDEFINED
                limits[level] = limit if size == _UNDEFINED else position + size
        count += 1
        if count > most:
            return stop
    return position, count


@kernel(
    f"UniTuple(int64, 3)({BYTES}, int64, int64, int64, int64, int64, int64,"
    " uint8[::1], int64[::1], uint8[::1], int64[:, ::1])"
)
def scan_elements(
    data: Bytes, position: Int, end: Int, most: Int, layout: Int, first: Int, beyond: Int,
    classes: Bytes, keys: Tags, kinds: Bytes, rows: Tags,
) -> Any:  # fmt: skip
    """Tags and places (where the element begins) of a run; the place of what needs the data set
    to be understood is given as its complement. Returns where the run ends, how many places there
    are, and how many elements and items there were in all."""
    found, count, last = np.int64(0), np.int64(0), np.int64(-1)
    while end - position >= 8 and found < rows.shape[1] and count < most:
        tag = _tag(data, position, layout)
        if tag < first or tag >= beyond or tag == 0:
            break
        kind, start, length = _head(data, position, end, layout, tag, classes, keys, kinds)
        if kind == _STOP:
            break
        place, after, inside = position, start + length, np.int64(0)
        if kind == SEQUENCE:
            after, inside = skip_items(
                data, start, length, end, layout, most - count - 1, classes, keys, kinds
            )
            if after == _STOP:
                break
            place = ~position
        elif kind == SIGNED:
            if tag <= last or tag < _PIXEL_REPRESENTATION:
                break  # what its sign follows may come later
            place = ~position
        rows[0, found], rows[1, found] = tag, place
        last = max(tag, last)
        found += 1
        count += 1 + inside
        position = after
    return position, found, count
