"""A file becomes what a C-STORE sender needs: its UIDs, and the data set byte for byte as it is
in the file (PS3.4 annex B, PS3.10 section 7)."""

from dataclasses import dataclass
from pathlib import Path

from dicomnet.dimse.command import (
    C_ECHO_RQ,
    C_STORE_RQ,
    DATA_SET_FOLLOWS,
    MEDIUM_PRIORITY,
    NO_DATA_SET,
    Command,
)
from dicomnet.dimse.fragment import Streamed
from imaging.dicom.reader import read_file, split_file
from imaging.dicom.uid import VERIFICATION


@dataclass(frozen=True, slots=True)
class SendableObject:
    """One composite object to send; `data` is the data set without preamble and group 0002."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data: memoryview | Streamed

    @property
    def context(self) -> tuple[str, str]:
        return self.sop_class_uid, self.transfer_syntax_uid


def sendable(source: Path | bytes) -> SendableObject:
    """Read a Part 10 file, or a bare data set, for sending. Raises ImagingError."""
    raw = source.read_bytes() if isinstance(source, Path) else source
    meta, start, syntax = split_file(raw)
    sop_class = meta.text("MediaStorageSOPClassUID")
    sop_instance = meta.text("MediaStorageSOPInstanceUID")
    if not (sop_class and sop_instance):
        dataset = read_file(raw, stop_before_pixels=True).dataset
        sop_class = sop_class or dataset.text("SOPClassUID")
        sop_instance = sop_instance or dataset.text("SOPInstanceUID")
    return SendableObject(sop_class, sop_instance, syntax, memoryview(raw)[start:])


@dataclass(frozen=True, slots=True)
class MoveOriginator:
    """Whose C-MOVE a C-STORE is part of (PS3.7 9.1.1.1)."""

    ae_title: str
    message_id: int


def store_command(
    item: SendableObject, message_id: int, originator: MoveOriginator | None = None
) -> Command:
    values: dict[int, int | str] = {
        0x0002: item.sop_class_uid,
        0x0100: C_STORE_RQ,
        0x0110: message_id,
        0x0700: MEDIUM_PRIORITY,
        0x0800: DATA_SET_FOLLOWS,
        0x1000: item.sop_instance_uid,
    }
    if originator is not None:
        values |= {0x1030: originator.ae_title, 0x1031: originator.message_id}
    return Command(values)


def echo_command(message_id: int) -> Command:
    return Command(
        {0x0002: VERIFICATION, 0x0100: C_ECHO_RQ, 0x0110: message_id, 0x0800: NO_DATA_SET}
    )
