"""Class 2: file meta information with wrong VRs, lying lengths, nothing in it, or cut off."""

import struct

from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from tests.hostile.classes.case import Case, Cases, refused, shown
from tests.hostile.samples import native, values
from tests.imaging.dicom.test_reader import explicit, item

START = bytes(128) + b"DICM"
SYNTAX = explicit(0x00020010, "UI", b"1.2.840.10008.1.2.1\0")
BODY = write_dataset(values(), EXPLICIT_LITTLE)
# (meta information, what comes of it before a healthy data set, what comes of it alone)
LIES: dict[str, tuple[bytes, str, str]] = {
    "group length of 4 GB": (explicit(0x00020000, "UL", b"\xff" * 4) + SYNTAX, "", ""),
    "group length 0": (explicit(0x00020000, "UL", bytes(4)) + SYNTAX, "", ""),
    "group length of an unknown VR": (explicit(0x00020000, "XX", b"\1\0") + SYNTAX, "*", "*"),
    "group length of no VR": (b"\2\0\0\0\0\0\4\0\1\0\0\0" + SYNTAX, "*", "*"),
    "no syntax": (explicit(0x00020002, "UI", b"1.2\0"), "", "not_dicom"),
    "an empty syntax": (explicit(0x00020010, "UI", b""), "", "not_dicom"),
    "a syntax unknown": (explicit(0x00020010, "UI", b"1.2.3.4.5\0"), "*", "*"),
    "a syntax of noise": (explicit(0x00020010, "UI", b"\xff" * 64), "*", "*"),
    "a syntax that is a sequence": (explicit(0x00020010, "SQ", item(b"x" * 9)), "*", "*"),
    "a syntax as bytes": (explicit(0x00020010, "OB", b"1.2.840.10008.1.2.1\0"), "", "*"),
    "a syntax as UN": (explicit(0x00020010, "UN", b"1.2.840.10008.1.2.1\0"), "", "*"),
    "a syntax of 64 KB": (struct.pack("<HH2sH", 2, 0x10, b"UI", 0xFFFF), "*", "*"),
    "half a header": (b"\2\0", "*", "*"),
    "a header without length": (b"\2\0\x10\0UI", "*", "*"),
    "the syntax twice": (SYNTAX * 2, "", "*"),
    "one syntax a hundred thousand times": (SYNTAX * 100_000, "*", "*"),
}


def cases() -> Cases:
    for name, (meta, before, alone) in LIES.items():
        yield of(f"{name}, before a data set", START + meta + BODY, before)
        yield of(f"{name}, alone", START + meta, alone)
    whole = native()
    for end in range(132, len(whole) - len(BODY), 7):
        yield of(f"cut at {end}", whole[:end], "*")


def of(name: str, data: bytes, code: str) -> Case:
    """ "*" is anything typed, or nothing said at all."""
    if code == "*":
        return Case(name, data, ())
    return refused(name, data, code) if code else shown(name, data)
