"""Which transfer syntax an object is sent in (PS3.18 8.7.3), and what stored frames are called."""

from dataclasses import dataclass

from bff.dicomweb.accept import MediaRange, not_acceptable
from imaging.dicom.uid import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE

DICOM, OCTETS = "application/dicom", "application/octet-stream"
# stored in these, an object is not sent as it is (8.7.3.5.2 forbids both over the web)
UNFIT = frozenset((IMPLICIT_LITTLE, EXPLICIT_BIG))
_JPEG = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 53, 55, 57, 70)}
_FRAME_TYPES = {
    "image/jpeg": _JPEG,
    "image/jls": {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"},
    "image/jp2": {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"},
    "image/jpx": {"1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"},
    "image/jphc": {f"1.2.840.10008.1.2.4.{n}" for n in (201, 202, 203)},
    "image/jxl": {f"1.2.840.10008.1.2.4.{n}" for n in (110, 111, 112)},
    "image/dicom-rle": {"1.2.840.10008.1.2.5"},
    "video/mpeg": {"1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101"},
    "video/mp4": {f"1.2.840.10008.1.2.4.{n}" for n in range(102, 109)},
}
FRAME_TYPE_OF = {uid: name for name, uids in _FRAME_TYPES.items() for uid in uids}
# what our decoders read, packed in any way; all else is sent as it is or not at all
DECODABLE = (
    frozenset(_JPEG)
    | _FRAME_TYPES["image/jls"]
    | _FRAME_TYPES["image/jp2"]
    | _FRAME_TYPES["image/jphc"]
    | _FRAME_TYPES["image/dicom-rle"]
    | {"1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1"}
)
NATIVE = UNFIT | {EXPLICIT_LITTLE, "1.2.840.10008.1.2.1.99"}
# our transcoder writes these
WRITABLE = frozenset(
    (EXPLICIT_LITTLE, "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70",
     "1.2.840.10008.1.2.4.80")
)  # fmt: skip


def object_syntax(ranges: list[MediaRange], stored: str) -> str:
    """ "" to send it as it is, else the syntax to turn it into. NotAcceptable.

    A range without transfer syntax means Explicit VR Little Endian (8.7.3.5.2).
    """
    fitting = [one for one in ranges if one.takes(DICOM)]
    for one in fitting:
        wanted = one.transfer_syntax or EXPLICIT_LITTLE
        if wanted == stored or (wanted == "*" and stored not in UNFIT):
            return ""
    for one in fitting if stored in DECODABLE | NATIVE else ():
        wanted = one.transfer_syntax or EXPLICIT_LITTLE
        if wanted == "*":
            wanted = EXPLICIT_LITTLE
        if wanted in WRITABLE:
            return wanted
    raise not_acceptable(f"{DICOM}; transfer-syntax={stored}", *sorted(WRITABLE))


@dataclass(frozen=True, slots=True)
class FrameForm:
    """How a frame is sent: its stored bytes or its samples, and what they are called."""

    is_stored: bool
    content_type: str


def frame_form(ranges: list[MediaRange], stored: str, *, is_encapsulated: bool) -> FrameForm:
    """NotAcceptable when the caller takes neither the stored codestream nor plain samples."""
    if not is_encapsulated:
        if any(one.takes(OCTETS) and _plain(one) for one in ranges):
            return FrameForm(True, f"{OCTETS}; transfer-syntax={EXPLICIT_LITTLE}")
        raise not_acceptable(OCTETS)
    own = FRAME_TYPE_OF.get(stored, OCTETS)
    for one in ranges:
        if own != OCTETS and one.type == own and one.transfer_syntax in ("", "*", stored):
            return FrameForm(True, f"{own}; transfer-syntax={stored}")
        if one.takes(OCTETS) and one.transfer_syntax in ("*", stored):
            named = own if one.takes(own) else OCTETS
            return FrameForm(True, f"{named}; transfer-syntax={stored}")
        is_plain = one.takes(OCTETS) and one.transfer_syntax in ("", EXPLICIT_LITTLE)
        if is_plain and stored in DECODABLE:
            return FrameForm(False, f"{OCTETS}; transfer-syntax={EXPLICIT_LITTLE}")
    raise not_acceptable(own, OCTETS)


def _plain(one: MediaRange) -> bool:
    return one.transfer_syntax in ("", "*", EXPLICIT_LITTLE)
