"""Unique identifiers of PS3.6 annex A that the product must know: transfer syntaxes, the storage
SOP classes of PS3.4 B.5, and the syntax of a UID (PS3.5 section 9)."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED_LITTLE = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.57"
JPEG_LOSSLESS_SV1 = "1.2.840.10008.1.2.4.70"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
VERIFICATION = "1.2.840.10008.1.1"
STORAGE_ROOT = "1.2.840.10008.5.1.4.1.1."
IMPLEMENTATION_CLASS_UID = "2.25.208740512985310442607192663528431876221"
IMPLEMENTATION_VERSION = "CLOUDFILM_1"

# every transfer syntax of PS3.6 table A-1 that carries stored objects
TRANSFER_SYNTAXES = {
    IMPLICIT_LITTLE: "Implicit VR Little Endian",
    EXPLICIT_LITTLE: "Explicit VR Little Endian",
    "1.2.840.10008.1.2.1.98": "Encapsulated Uncompressed Explicit VR Little Endian",
    DEFLATED_LITTLE: "Deflated Explicit VR Little Endian",
    EXPLICIT_BIG: "Explicit VR Big Endian",
    "1.2.840.10008.1.2.4.50": "JPEG Baseline (Process 1)",
    "1.2.840.10008.1.2.4.51": "JPEG Extended (Process 2 & 4)",
    "1.2.840.10008.1.2.4.52": "JPEG Extended (Process 3 & 5)",
    "1.2.840.10008.1.2.4.53": "JPEG Spectral Selection (Process 6 & 8)",
    "1.2.840.10008.1.2.4.54": "JPEG Spectral Selection (Process 7 & 9)",
    "1.2.840.10008.1.2.4.55": "JPEG Full Progression (Process 10 & 12)",
    "1.2.840.10008.1.2.4.56": "JPEG Full Progression (Process 11 & 13)",
    JPEG_LOSSLESS: "JPEG Lossless (Process 14)",
    "1.2.840.10008.1.2.4.58": "JPEG Lossless (Process 15)",
    JPEG_LOSSLESS_SV1: "JPEG Lossless (Process 14, SV1)",
    "1.2.840.10008.1.2.4.80": "JPEG-LS Lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS Near-Lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.92": "JPEG 2000 Part 2 Lossless",
    "1.2.840.10008.1.2.4.93": "JPEG 2000 Part 2",
    "1.2.840.10008.1.2.4.100": "MPEG2 MP@ML",
    "1.2.840.10008.1.2.4.101": "MPEG2 MP@HL",
    "1.2.840.10008.1.2.4.102": "MPEG-4 HP@4.1",
    "1.2.840.10008.1.2.4.103": "MPEG-4 HP@4.1 BD",
    "1.2.840.10008.1.2.4.104": "MPEG-4 HP@4.2 2D",
    "1.2.840.10008.1.2.4.105": "MPEG-4 HP@4.2 3D",
    "1.2.840.10008.1.2.4.106": "MPEG-4 Stereo",
    "1.2.840.10008.1.2.4.107": "HEVC Main",
    "1.2.840.10008.1.2.4.108": "HEVC Main 10",
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.4.201": "HTJ2K Lossless",
    "1.2.840.10008.1.2.4.202": "HTJ2K Lossless RPCL",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
    RLE_LOSSLESS: "RLE Lossless",
    "1.2.840.10008.1.2.8.1": "Deflated Image Frame Compression",
}
_NATIVE = {IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED_LITTLE, EXPLICIT_BIG}

# PS3.4 B.5: the last components below 1.2.840.10008.5.1.4.1.1
_STORAGE = """1 1.1 1.1.1 1.2 1.2.1 1.3 1.3.1 2 2.1 2.2 3 3.1 4 4.1 4.2 4.3 4.4 5 6 6.1 6.2 6.3 7
7.1 7.2 7.3 7.4 8 9 9.1 9.1.1 9.1.2 9.1.3 9.2.1 9.3.1 9.4.1 9.4.2 9.5.1 9.6.1 9.6.2 9.7.1 9.7.2
9.8.1 9.100.1 9.100.2 10 11 11.1 11.2 11.3 11.4 11.5 11.6 11.7 11.8 11.9 11.10 11.11 11.12
12.1 12.1.1 12.2 12.2.1 12.3 12.77 13.1.1 13.1.2 13.1.3 13.1.4 13.1.5 14.1 14.2 20 30 40
66 66.1 66.2 66.3 66.4 66.5 66.6 66.7 66.8 67 68.1 68.2 77.1 77.1.1 77.1.1.1 77.1.2 77.1.2.1
77.1.3 77.1.4 77.1.4.1 77.1.5.1 77.1.5.2 77.1.5.3 77.1.5.4 77.1.5.5 77.1.5.6 77.1.5.7 77.1.5.8
77.1.6 77.1.7 77.2 78.1 78.2 78.3 78.4 78.5 78.6 78.7 78.8 79.1 80.1 81.1 82.1
88.1 88.2 88.3 88.4 88.11 88.22 88.33 88.34 88.35 88.40 88.50 88.59 88.65 88.67 88.68 88.69 88.70
88.71 88.72 88.73 88.74 88.75 88.76 90.1 91.1 104.1 104.2 104.3 104.4 104.5 128 128.1 129 130 131
200.1 200.2 200.3 200.7 200.8 201.1 481.1 481.2 481.3 481.4 481.5 481.6 481.7 481.8 481.9 481.10
481.11 481.12 481.13 481.14 481.15 481.16 481.17 481.18 481.19 481.20 481.21 481.22 481.23 481.24
481.25 501.1 501.2.1 501.2.2 501.3 501.4 501.5 501.6 601.1 601.2"""
STORAGE_SOP_CLASSES = frozenset(STORAGE_ROOT + leaf for leaf in _STORAGE.split()) | {
    "1.2.840.10008.5.1.4.34.7",  # RT Beams Delivery Instruction
    "1.2.840.10008.5.1.4.34.10",  # RT Brachy Application Setup Delivery Instruction
    "1.2.840.10008.5.1.4.38.1",  # Hanging Protocol
    "1.2.840.10008.5.1.4.39.1",  # Color Palette
    "1.2.840.10008.5.1.4.43.1",  # Generic Implant Template
    "1.2.840.10008.5.1.4.44.1",
    "1.2.840.10008.5.1.4.45.1",
}


@dataclass(frozen=True, slots=True)
class SyntaxTraits:
    """How a data set in this transfer syntax is laid out."""

    is_implicit: bool
    is_big_endian: bool
    is_deflated: bool
    is_encapsulated: bool


@lru_cache(64)
def traits_of(transfer_syntax_uid: str) -> SyntaxTraits:
    """Anything unknown is explicit little endian and encapsulated (PS3.5 A.4)."""
    return SyntaxTraits(
        is_implicit=transfer_syntax_uid == IMPLICIT_LITTLE,
        is_big_endian=transfer_syntax_uid == EXPLICIT_BIG,
        is_deflated=transfer_syntax_uid == DEFLATED_LITTLE,
        is_encapsulated=transfer_syntax_uid not in _NATIVE,
    )


_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*", re.ASCII)


def is_valid_uid(text: str) -> bool:
    """PS3.5 9.1: digits and dots, no leading zeros, 64 characters at most."""
    return 0 < len(text) <= 64 and _UID.fullmatch(text) is not None


def new_uid() -> str:
    """A fresh UID under 2.25 (PS3.5 B.2)."""
    return f"2.25.{secrets.randbits(127)}"


def derived_uid(*parts: str) -> str:
    """The same UID for the same parts."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:15], 'big')}"
