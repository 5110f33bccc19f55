"""A DICOMDIR becomes a tree of records (PS3.3 annex F, PS3.10 section 8).

Records point to each other by byte offset. Where the offsets lie (or were never written), the
order of the records and their types make the tree. File IDs are checked before anybody opens one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import DicomFile
from imaging.errors import FormatError

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
_LEVEL = {"PATIENT": 0, "STUDY": 1, "SERIES": 2}
_LEAF = 3
MAX_PARTS = 8


@dataclass(slots=True)
class DirectoryRecord:
    """One record; `file_id` is empty when it refers to no file."""

    kind: str
    dataset: Dataset
    children: "list[DirectoryRecord]" = field(default_factory=list)

    @property
    def file_id(self) -> tuple[str, ...]:
        """Components of Referenced File ID (PS3.10 8.2); FormatError for one that leaves its
        folder or is no name."""
        parts = tuple(self.dataset.texts("ReferencedFileID"))
        if parts:
            check_file_id(parts)
        return parts

    def referenced_path(self, folder: Path) -> Path | None:
        """Where the file is, below `folder`; None when the record refers to none."""
        return folder.joinpath(*self.file_id) if self.file_id else None

    def walk(self) -> "Iterator[DirectoryRecord]":
        """This record and all below, in order."""
        waiting = [self]
        while waiting:
            record = waiting.pop()
            yield record
            waiting += reversed(record.children)


def read_directory(file: DicomFile) -> list[DirectoryRecord]:
    """The root records. FormatError when the file is no DICOMDIR."""
    if "DirectoryRecordSequence" not in file.dataset:
        raise FormatError("not_dicomdir", "the file has no directory records")
    items = file.dataset.sequence("DirectoryRecordSequence")
    by_offset = {item.offset: DirectoryRecord(_kind(item), item) for item in items}
    first = file.dataset.integer("OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity", 0)
    linked = _link(by_offset, first or 0)
    if linked is not None:
        return linked
    return _by_order([DirectoryRecord(_kind(item), item) for item in items])


def _kind(item: Dataset) -> str:
    return item.text("DirectoryRecordType").upper()


def _link(records: dict[int, DirectoryRecord], first: int) -> list[DirectoryRecord] | None:
    """The tree by offsets; None unless every record in use is reached exactly once."""
    roots: list[DirectoryRecord] = []
    seen: set[int] = set()
    waiting = [(first, roots)]
    while waiting:
        offset, siblings = waiting.pop()
        while offset:
            record = records.get(offset)
            if record is None or offset in seen:
                return None
            seen.add(offset)
            siblings.append(record)
            below = record.dataset.integer("OffsetOfReferencedLowerLevelDirectoryEntity", 0) or 0
            waiting.append((below, record.children))
            offset = record.dataset.integer("OffsetOfTheNextDirectoryRecord", 0) or 0
    in_use = {at for at, record in records.items() if _is_in_use(record)}
    return roots if in_use <= seen else None


def _is_in_use(record: DirectoryRecord) -> bool:
    return record.dataset.integer("RecordInUseFlag", 0xFFFF) != 0


def _by_order(records: list[DirectoryRecord]) -> list[DirectoryRecord]:
    """Each record below the last one of a higher level."""
    roots: list[DirectoryRecord] = []
    path: list[tuple[int, DirectoryRecord]] = []
    for record in records:
        level = _LEVEL.get(record.kind, _LEAF)
        while path and path[-1][0] >= level:
            path.pop()
        (path[-1][1].children if path else roots).append(record)
        path.append((level, record))
    return roots


def check_file_id(parts: tuple[str, ...]) -> None:
    """FormatError for components that leave their folder or are no names."""
    if not 0 < len(parts) <= MAX_PARTS or not all(map(_is_name, parts)):
        raise FormatError("file_id", "the referenced file ID is no path below the directory")


def _is_name(part: str) -> bool:
    """More than PS3.10 8.5 allows (lower case, longer names), but never a way out."""
    plain = part.isascii() and part.isprintable() and 0 < len(part) <= 64
    return plain and part not in (".", "..") and not set(part) & set('/\\:*?"<>|')
