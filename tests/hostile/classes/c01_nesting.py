"""Class 1: sequences in sequences, counted and open, by every way a sequence can be written."""

import struct

from imaging.dicom.uid import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, traits_of
from imaging.dicom.writer import file_prefix
from tests.hostile.classes.case import Cases, refused, shown

OPEN = 0xFFFFFFFF


def prefix(syntax: str) -> bytes:
    return file_prefix(sop_class_uid="1.2.3", sop_instance_uid="1.2.4", transfer_syntax_uid=syntax)


def tower(depth: int, syntax: str, *, is_open: bool, tag: tuple[int, int], vr: bytes) -> bytes:
    """An empty data set inside `depth` sequences."""
    traits = traits_of(syntax)
    order = ">" if traits.is_big_endian else "<"
    head = struct.pack(order + "HH", *tag) + (b"" if traits.is_implicit else vr + b"\0\0")
    item = struct.pack(order + "HH", 0xFFFE, 0xE000)
    if is_open:
        ends = struct.pack(order + "HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
        step = head + struct.pack(order + "I", OPEN) + item + struct.pack(order + "I", OPEN)
        return step * depth + ends * depth
    size = len(head) + 12
    return b"".join(
        head + struct.pack(order + "I", n * size + 8) + item + struct.pack(order + "I", n * size)
        for n in reversed(range(depth))
    )


def cases() -> Cases:
    study = (0x0008, 0x1115)
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG):
        for depth in (65, 249, 5_000, 100_000 if syntax == EXPLICIT_LITTLE else 10_000):
            for is_open in (True, False):
                body = tower(depth, syntax, is_open=is_open, tag=study, vr=b"SQ")
                name = f"{depth} {'open' if is_open else 'counted'} in {syntax[-3:]}"
                yield refused(name, prefix(syntax) + body, "nesting")
    for depth in (65, 100_000):
        unknown = tower(depth, EXPLICIT_LITTLE, is_open=True, tag=study, vr=b"UN")
        yield refused(
            f"{depth} of VR UN", prefix(EXPLICIT_LITTLE) + unknown, "nesting", "item_expected"
        )
        private = tower(depth, EXPLICIT_LITTLE, is_open=False, tag=(0x0029, 0x1010), vr=b"SQ")
        yield refused(f"{depth} private", prefix(EXPLICIT_LITTLE) + private, "nesting")
        hidden = tower(depth, IMPLICIT_LITTLE, is_open=True, tag=(0x0029, 0x1010), vr=b"")
        yield refused(f"{depth} private, implicit", prefix(IMPLICIT_LITTLE) + hidden, "nesting")
    allowed = tower(60, EXPLICIT_LITTLE, is_open=True, tag=study, vr=b"SQ")
    yield shown("60 are read", prefix(EXPLICIT_LITTLE) + allowed)
    yield from crowds()


def crowds() -> Cases:
    """More elements, sequences and items than anybody means."""
    count = 250_000
    whole = prefix(EXPLICIT_LITTLE)
    tags = [struct.pack("<HH", 9 + 2 * (n >> 16), n & 0xFFFF) for n in range(count)]
    yield refused("elements", whole + b"".join(tag + b"UN\0\0\0\0\0\0" for tag in tags), "elements")
    yield refused(
        "sequences", whole + b"".join(tag + b"SQ\0\0\0\0\0\0" for tag in tags), "elements"
    )
    items = b"\xfe\xff\x00\xe0\0\0\0\0" * count
    head = struct.pack("<HH2sHI", 8, 0x1115, b"SQ", 0, len(items))
    yield refused("items", whole + head + items, "elements")
    fragments = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, OPEN) + items
    yield refused("fragments", whole + fragments, "elements")
