"""Classes 17, 18, 20 to 22: paths for UIDs and file IDs, directories without end, text of every
wrong kind, values that cannot be drawn, and preambles that are programs."""

import struct

from imaging.dicom.uid import EXPLICIT_LITTLE, is_valid_uid
from imaging.dicom.writer import write_file
from tests.hostile.classes.case import Case, Cases, refused, shown
from tests.hostile.samples import native
from tests.imaging.dicom.test_reader import explicit

PATHS = (
    "../../x", "/etc/passwd", "1.2\0.3", "1." * 40, "1..2", "1.02", "", ".", "..", "١.٢", "1.2 .3",
    "-1.2", "1.2/../3", "C:\\x", "1.2\n3", "1.2;rm", "%2e%2e/x", "1.2.3.",
)  # fmt: skip


RECORD = struct.Struct("<HHIHH2sHIHH2sHIHH2sH8s")


def uids() -> Cases:
    """Class 17: an object is shown whatever its UIDs are; nobody takes them for valid."""
    for text in PATHS:
        assert not is_valid_uid(text)
        uid = text.encode("utf-8")
        uid += b"\0" * (len(uid) & 1)
        whole = native()
        at = whole.index(explicit(0x00080018, "UI", b"1.2.3.4\0"))
        data = whole[:at] + explicit(0x00080018, "UI", uid) + whole[at + 16 :]
        yield shown(f"UID {text[:12]!r}", data)
    for file_id in (
        "..\\X",
        "A\\..\\B",
        "/etc/passwd",
        "C:\\X",
        "A/B",
        "A\\\\B",
        "\\".join("A" * 9),
        "a" * 65,
        "A\0B",
        "*",
        "..",
        "~\\x|y",
    ):
        yield refused(
            f"file ID {file_id[:12]!r}",
            directory([{"ReferencedFileID": file_id.encode()}]),
            "file_id",
        )
    yield refused(
        "file ID in other digits", directory([{"ReferencedFileID": "١".encode()}]), "file_id"
    )


def directory(records: list[dict[str, object]]) -> bytes:
    return write_file(
        {
            "SOPClassUID": "1.2.840.10008.1.3.10", "SOPInstanceUID": "1.2.3",
            "DirectoryRecordSequence": [{"DirectoryRecordType": "IMAGE"} | one for one in records],
        },
        EXPLICIT_LITTLE,
    )  # fmt: skip


def directories() -> Cases:
    """Class 18."""
    for kind in (
        "next in a circle",
        "below in a circle",
        "each its own",
        "chain down",
        "chain along",
        "fan",
        "beyond the file",
    ):
        for count in (2, 20_000 if kind in ("next in a circle", "chain down") else 2_000):
            yield shown(f"{count} {kind}", chained(kind, count))
    yield refused("100,000 chain down", chained("chain down", 100_000), "elements")


def chained(kind: str, count: int) -> bytes:
    start = bytes(128) + b"DICM" + explicit(0x00020010, "UI", b"1.2.840.10008.1.2.1\0")
    first_head = explicit(0x00041200, "UL", bytes(4))
    size = len(record(0, 0, b"PATIENT "))
    first = len(start) + len(first_head) + 12
    last = first + (count - 1) * size
    body = bytearray()
    for n in range(count):
        here = first + n * size
        after = here + size if here < last else 0
        nexts, below, name = 0, 0, b"PATIENT "
        if kind == "next in a circle":
            nexts = after or first
        elif kind == "below in a circle":
            below = after or first
        elif kind == "each its own":
            nexts = below = here
        elif kind == "chain down":
            below = after
        elif kind == "beyond the file":
            nexts = 0xFFFFFFFF
        else:
            nexts, name = after, b"STUDY   " if kind == "fan" else name
        body += record(nexts, below, name)
    head = struct.pack("<HH2sHI", 0x0004, 0x1220, b"SQ", 0, len(body))
    return start + explicit(0x00041200, "UL", struct.pack("<I", first)) + head + bytes(body)


def record(nexts: int, below: int, name: bytes) -> bytes:
    return RECORD.pack(
        0xFFFE, 0xE000, 40, 4, 0x1400, b"UL", 4, nexts, 4, 0x1420, b"UL", 4, below, 4, 0x1430,
        b"CS", 8, name,
    )  # fmt: skip


def texts() -> Cases:
    """Class 20: nothing that a label or bytes say keeps an image from being shown."""
    hard = {
        "5C as second byte": "诚\\诚".encode("gbk"), "5E as second byte": "玗^玘".encode("gbk"),
        "cut in half": "王小明".encode("gbk")[:-1], "three groups": "Wang^Xiaoming=王^小明=ワン".encode("gb18030"),
        "four groups": b"A=B=C=D", "only delimiters": b"^^^^^====\\\\", "escape alone": b"\x1b",
        "escapes without end": b"\x1b$)A" * 5000, "escape unknown": b"\x1b$)Zab", "escape cut": b"Wang\x1b$)",
        "IR 58": b"Zhang=\x1b$)A\xd5\xc5^\x1b$)A\xc8\xfd", "four-byte": "𠮷野".encode("gb18030"),
        "utf-8 cut": "王".encode()[:2], "overlong": b"\xc0\xaf\xc0\xaf", "surrogates": b"\xed\xa0\x80",
        "nothing but high bytes": bytes(range(128, 256)), "a long text": "王".encode("gbk") * 20_000,
        "controls": bytes(range(32)), "only blanks": b" " * 60, "only zeros": bytes(64),
    }  # fmt: skip
    labels = (
        None,
        "ISO_IR 100",
        "ISO_IR 192",
        "GB18030",
        "GBK",
        "\\ISO 2022 IR 58",
        "\\ISO 2022 IR 149",
        "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
        "ISO_IR 166",
        "nonsense",
        "\\" * 500,
        "ISO_IR 100\\" * 90,
    )
    for label in labels:
        for name, raw in hard.items():
            data = native(SpecificCharacterSet=label, PatientName=raw[:30_000], TextValue=raw)
            yield shown(f"{name} under {label!r:.20}", data)

    yield shown(
        "a megabyte",
        native(SpecificCharacterSet=None, PatientName=b"", TextValue="王".encode("gbk") * 500_000),
    )


def values() -> Cases:
    """Class 21: drawn without a warning, or refused for what is missing."""
    one: dict[str, object] = {"FrameVOILUTSequence": [{}]}
    odd: dict[str, dict[str, object]] = {
        **{f"width {w}": {"WindowWidth": w} for w in (0, -5, "nan", "1e400", "-inf", "x\\y", "", "1e-300")},
        **{f"centre {c}": {"WindowCenter": c} for c in ("1e400", "", "nan", "-1e308")},
        **{f"slope {s}": {"RescaleSlope": s} for s in (0, "inf", "nan", "1e400", "-1e308", "", "1e-320")},
        **{f"intercept {i}": {"RescaleIntercept": i} for i in ("-1e308", "inf", "abc")},
        "a function unknown": {"VOILUTFunction": "NONSENSE"}, "spacing": {"PixelSpacing": [0, -1]},
        "aspect": {"PixelAspectRatio": [0, 0]}, "no direction": {"ImageOrientationPatient": [0] * 6},
        "a direction of words": {"ImageOrientationPatient": "a\\b\\c\\d\\e\\f"},
        "a position of words": {"ImagePositionPatient": "a\\b\\c"},
        "a position at infinity": {"ImagePositionPatient": "1e400\\1e400\\1e400"},
        "groups empty": {"PerFrameFunctionalGroupsSequence": [], "SharedFunctionalGroupsSequence": [{}]},
        "groups hollow": {"PerFrameFunctionalGroupsSequence": [one], "SharedFunctionalGroupsSequence": []},
        "transformations hollow": {"SharedFunctionalGroupsSequence": [{"PixelValueTransformationSequence": [{}]}]},
        "padding": {"PixelPaddingValue": 65535, "PixelPaddingRangeLimit": 0},
        "a shutter of words": {"ShutterShape": "CIRCULAR\\X", "RadiusOfCircularShutter": "x"},
        "an overlay of 4 GB": {"OverlayRows": 65535, "OverlayColumns": 65535, "OverlayData": b"\0\0"},
        "regions": {"SequenceOfUltrasoundRegions": [{}] * 5000},
    }  # fmt: skip
    for name, more in odd.items():
        yield shown(name, native(**more))
    bit = {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}
    yield shown("one bit a pixel", native(**bit, PixelData=bytes(24)))
    yield refused(
        "one bit a pixel, short",
        native(**bit, PixelData=bytes(22)),
        "pixels_truncated",
        "pixels_size",
    )
    odd_size = bit | {"Rows": 5, "Columns": 5, "NumberOfFrames": 3}
    yield shown("frames of 25 bits", native(**odd_size, PixelData=bytes(10)))
    floats = {"PixelData": None, "BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}
    for value in (b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff\xff\x7f\x7f", b"\1\0\0\0"):
        yield Case(f"floats {value.hex()}", native(**floats, FloatPixelData=value * 192), ())


def preambles() -> Cases:
    """Class 22: only a preamble; what is served says its own type (tests/bff)."""
    for start in (
        b"MZ\x90\0",
        b"\x7fELF",
        b"<html><script>",
        b"#!/bin/sh\n",
        b"II*\0",
        b"%PDF-1.4",
        b"PK\3\4",
    ):
        yield shown(f"{start[:6]!r}", start.ljust(128, b"\0") + native()[128:])


def cases() -> Cases:
    yield from uids()
    yield from directories()
    yield from texts()
    yield from values()
    yield from preambles()
