"""Classes 3 to 5: Rows, Columns, frames and bits that cannot be, and pixel data of another length."""

import struct
from collections.abc import Callable

from imaging.codecs.rle.encoder import encode as encode_rle
from imaging.dicom.uid import RLE_LOSSLESS
from imaging.dicom.writer import write_file
from tests.hostile.classes.case import Cases, refused, shown
from tests.hostile.samples import PIXELS, native, rle, values
from tests.imaging.dicom.test_reader import explicit

ROWS = explicit(0x00280010, "US", b"\x10\0")
MAKERS: dict[str, Callable[..., bytes]] = {"native": native, "RLE": rle}


def sizes() -> Cases:
    """Class 3."""
    for kind, make in MAKERS.items():
        for rows, columns in ((0, 12), (16, 0), (0, 0)):
            yield refused(
                f"{kind} {rows}x{columns}", make(Rows=rows, Columns=columns), "pixels_size"
            )
        for rows, columns in ((65535, 65535), (46341, 46341), (65535, 12), (16, 65535)):
            yield refused(
                f"{kind} {rows}x{columns}", make(Rows=rows, Columns=columns),
                "frame_size", "pixels_size", "pixels_truncated", "rle_truncated",
            )  # fmt: skip
        huge = make(
            Rows=65535, Columns=65535, SamplesPerPixel=3, PhotometricInterpretation="RGB",
            NumberOfFrames=2147483647,
        )  # fmt: skip
        yield refused(f"{kind} product beyond 2^64", huge, "frame_size", "frames")
        whole = make()
        for vr, value in (
            ("UL", b"\xff" * 4), ("UL", struct.pack("<I", 65552)), ("SS", b"\xff\xff"),
            ("DS", b"1e400 "), ("IS", b"-16 "), ("SQ", b""), ("FD", b"\xff" * 8), ("UN", b"\xff"),
            ("LO", b"sixteen "), ("US", b""), ("AT", b"\xff" * 4), ("SV", b"\xff" * 8),
        ):  # fmt: skip
            data = whole.replace(ROWS, explicit(0x00280010, vr, value))
            assert data != whole
            yield refused(
                f"{kind} rows as {vr} of {len(value)}", data, "pixels_size", "truncated",
                "item_expected", "rle_truncated", "pixels_truncated",
            )  # fmt: skip
        yield shown(
            f"{kind} rows as UL", whole.replace(ROWS, explicit(0x00280010, "UL", b"\x10\0\0\0"))
        )
        yield refused(f"{kind} without rows", make(Rows=None), "pixels_size")


def frames() -> Cases:
    """Class 4."""
    for kind, make in MAKERS.items():
        for count in (2, 65535, 10**9, 2**31 - 1):
            yield refused(
                f"{kind} {count} frames of one", make(NumberOfFrames=count),
                "frames_missing", "frames", "pixels_truncated",
            )  # fmt: skip
        for text in ("1e9", "1A", "9" * 400, "\\".join("9" * 50), "0x10", "1,5"):
            yield refused(
                f"{kind} {text[:4]!r} frames", make(NumberOfFrames=text),
                "frames_number", "frames", "frames_missing", "pixels_truncated",
            )  # fmt: skip
        for count in (-1, 0, "", "-2147483648"):
            yield shown(f"{kind} {count!r} frames are one", make(NumberOfFrames=count))
        yield shown(
            f"{kind} groups for 100,000",
            make(NumberOfFrames=1, PerFrameFunctionalGroupsSequence=[{}] * 20_000),
        )


def bits() -> Cases:
    """Class 5, the numbers."""
    wrong = {
        "BitsStored 17 of 16": ({"BitsStored": 17}, "pixels_bits"),
        "BitsStored 65535": ({"BitsStored": 65535}, "pixels_bits"),
        "BitsAllocated 0": ({"BitsAllocated": 0}, "bits_allocated"),
        "BitsAllocated 12": ({"BitsAllocated": 12}, "bits_allocated"),
        "BitsAllocated 65535": ({"BitsAllocated": 65535}, "bits_allocated"),
        "SamplesPerPixel 0": ({"SamplesPerPixel": 0}, "pixels_samples"),
        "SamplesPerPixel 2": ({"SamplesPerPixel": 2}, "pixels_samples"),
        "SamplesPerPixel 65535": ({"SamplesPerPixel": 65535}, "pixels_samples"),
        "three samples of grey": ({"SamplesPerPixel": 3}, "pixels_samples"),
        "one sample of colour": ({"PhotometricInterpretation": "YBR_FULL"}, "pixels_samples"),
        "a palette that is not there":
            ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette_missing"),
        "a colour unknown": ({"PhotometricInterpretation": "X" * 16}, "photometric"),
    }  # fmt: skip
    for kind, make in MAKERS.items():
        for name, (more, code) in wrong.items():
            yield refused(f"{kind} {name}", make(**more), code)
        yield shown(f"{kind} HighBit 99", make(HighBit=99))
        yield shown(f"{kind} HighBit below BitsStored", make(HighBit=3))
        yield shown(f"{kind} no Bits Stored", make(BitsStored=None, HighBit=None))
    for bits_allocated in (1, 32):
        data = rle(BitsAllocated=bits_allocated, BitsStored=1, HighBit=0)
        yield refused(f"RLE of {bits_allocated} bits", data, "rle_segments")
    yield refused("32 bits", native(BitsAllocated=32), "pixels_truncated")


def lengths() -> Cases:
    """Class 5, the bytes."""
    whole = PIXELS.tobytes()
    for missing in (2, 12, len(whole) - 2):
        yield refused(
            f"{missing} bytes short",
            native(PixelData=whole[:-missing]),
            "pixels_truncated",
            "pixels_size",
        )
    yield refused("empty", native(PixelData=b""), "pixels_missing")
    yield shown("long", native(PixelData=whole + b"\xaa" * 100_000))
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "Rows": 5, "Columns": 5}
    yield shown("odd", native(**eight, PixelData=bytes(25)))
    yield shown("odd, and padded twice", native(**eight, PixelData=bytes(27)))
    sent = native(**eight, PixelData=bytes(25))[:-1]
    yield refused("odd, without the byte that was counted", sent, "truncated")
    for cut in (1, 7, 100):
        packed = encode_rle(PIXELS)[:-cut]
        data = write_file(values(PixelData=[packed]), RLE_LOSSLESS)
        codes = ("rle_truncated", "rle_offset")
        yield (
            refused(f"RLE {cut} bytes short", data, *codes)
            if cut > 1
            else shown("RLE padded", data)
        )


def cases() -> Cases:
    yield from sizes()
    yield from frames()
    yield from bits()
    yield from lengths()
