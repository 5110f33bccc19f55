"""Objects of a folder become a DICOMDIR (PS3.3 annex F, PS3.10 section 8): a tree of patients,
studies, series and instances whose records point to each other by byte offset."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from imaging.dicom.dataset import Dataset
from imaging.dicom.directory import MEDIA_STORAGE_DIRECTORY, check_file_id
from imaging.dicom.reader import DicomFile
from imaging.dicom.uid import EXPLICIT_LITTLE, STORAGE_ROOT, derived_uid, is_valid_uid
from imaging.dicom.writer import file_prefix, write_dataset
from imaging.errors import FormatError

_CHARSET = "ISO_IR 192"
_ITEM = bytes.fromhex("feff00e0")
_SEQUENCE = bytes.fromhex("04002012") + b"SQ\0\0"
_FIRST, _LAST = (
    f"OffsetOfThe{which}DirectoryRecordOfTheRootDirectoryEntity" for which in ("First", "Last")
)
_NEXT, _BELOW = "OffsetOfTheNextDirectoryRecord", "OffsetOfReferencedLowerLevelDirectoryEntity"
# level, the key that makes a record one, and what else it tells (F.5)
_LEVELS = (
    ("PATIENT", "PatientID", ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")),
    ("STUDY", "StudyInstanceUID", (
        "StudyDate", "StudyTime", "StudyDescription", "StudyInstanceUID", "StudyID",
        "AccessionNumber")),
    ("SERIES", "SeriesInstanceUID", (
        "Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription")),
)  # fmt: skip
_LEAF = ("InstanceNumber", "ContentDate", "ContentTime", "CompletionFlag", "VerificationFlag",
         "MIMETypeOfEncapsulatedDocument", "ContentLabel", "DocumentTitle")  # fmt: skip
# record types by the SOP class's leaf (table F.4-1); the rest are images
_KINDS = {"88": "SR DOCUMENT", "104": "ENCAP DOC", "11": "PRESENTATION", "9": "WAVEFORM",
          "481.2": "RT DOSE", "481.3": "RT STRUCTURE SET", "481.5": "RT PLAN",
          "66": "RAW DATA"}  # fmt: skip


@dataclass(slots=True)
class _Record:
    values: dict[str, Any]
    children: "list[_Record]" = field(default_factory=list)
    known: "dict[str, _Record]" = field(default_factory=dict)
    at: int = 0


def write_directory(
    files: Iterable[tuple[Sequence[str], DicomFile]], *, file_set_id: str = ""
) -> bytes:
    """The DICOMDIR of these files, each with the components of its path below the directory.
    FormatError for a path that no file ID can be, and for an object without its UIDs."""
    root = _Record({})
    for parts, file in files:
        _add(root, tuple(parts), file)
    records = list(_walk(root))
    head = _head(root, file_set_id)
    position = len(head) + 12
    for record in records:
        record.at = position
        position += 8 + len(_body(record, 0, 0))
    items = b"".join(_item(record, after) for record, after in _with_next(root))
    size = len(items).to_bytes(4, "little")
    return _head(root, file_set_id) + _SEQUENCE + size + items


def _add(root: _Record, parts: tuple[str, ...], file: DicomFile) -> None:
    check_file_id(parts)
    dataset, place = file.dataset, root
    for kind, key, names in _LEVELS:
        name = dataset.text(key)
        if name not in place.known:
            record = _Record(_told(dataset, kind, names))
            place.known[name] = record
            place.children.append(record)
        place = place.known[name]
    sop_class, instance = dataset.text("SOPClassUID"), dataset.text("SOPInstanceUID")
    if not is_valid_uid(sop_class) or not is_valid_uid(instance):
        raise FormatError("uid_missing", "the object has no SOP Class or Instance UID")
    place.children.append(_Record(_told(dataset, _kind(sop_class), _LEAF) | {
        "ReferencedFileID": "\\".join(parts),
        "ReferencedSOPClassUIDInFile": sop_class,
        "ReferencedSOPInstanceUIDInFile": instance,
        "ReferencedTransferSyntaxUIDInFile": file.transfer_syntax_uid,
    }))  # fmt: skip


def _kind(sop_class: str) -> str:
    leaf = sop_class.removeprefix(STORAGE_ROOT)
    pair = ".".join(leaf.split(".")[:2])
    return _KINDS.get(pair) or _KINDS.get(leaf.split(".")[0], "IMAGE")


def _told(dataset: Dataset, kind: str, names: Iterable[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"DirectoryRecordType": kind, "SpecificCharacterSet": _CHARSET}
    told |= {name: "\\".join(dataset.texts(name)) for name in names if name in dataset}
    return told


def _walk(record: _Record) -> Iterable[_Record]:
    for child in record.children:
        yield child
        yield from _walk(child)


def _with_next(record: _Record) -> Iterable[tuple[_Record, int]]:
    """Each with the offset of its next sibling, in the order of `_walk`."""
    for number, child in enumerate(record.children, 1):
        yield child, record.children[number].at if number < len(record.children) else 0
        yield from _with_next(child)


def _item(record: _Record, after: int) -> bytes:
    body = _body(record, after, record.children[0].at if record.children else 0)
    return _ITEM + len(body).to_bytes(4, "little") + body


def _body(record: _Record, after: int, below: int) -> bytes:
    links: dict[str, Any] = {_NEXT: after, "RecordInUseFlag": 0xFFFF, _BELOW: below}
    return write_dataset(record.values | links, EXPLICIT_LITTLE)


def _head(root: _Record, file_set_id: str) -> bytes:
    """Everything before the sequence; offsets are 0 until the records have theirs."""
    ends = (root.children[0].at, root.children[-1].at) if root.children else (0, 0)
    uids = [child.values.get("PatientID", "") for child in root.children]
    prefix = file_prefix(
        sop_class_uid=MEDIA_STORAGE_DIRECTORY,
        sop_instance_uid=derived_uid("DICOMDIR", file_set_id, *uids),
        transfer_syntax_uid=EXPLICIT_LITTLE,
    )
    values: dict[str, Any] = {
        "FileSetID": file_set_id, _FIRST: ends[0], _LAST: ends[1], "FileSetConsistencyFlag": 0,
    }  # fmt: skip
    return prefix + write_dataset(values, EXPLICIT_LITTLE)
