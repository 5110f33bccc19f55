"""A file becomes the lines of `cloudfilm inspect`: one element a line, items indented."""

from collections.abc import Iterator

from imaging.dicom.dataset import Dataset, Element
from imaging.dicom.dictionary import keyword_for
from imaging.dicom.directory import read_directory
from imaging.dicom.reader import DicomFile
from imaging.dicom.uid import TRANSFER_SYNTAXES
from imaging.errors import FormatError

LONGEST = 64
MOST_BYTES = 16
_BYTES = ("OB", "OW", "OD", "OF", "OL", "OV", "UN")


def dump(file: DicomFile) -> Iterator[str]:
    """Text without control characters, so that no file can drive the terminal."""
    name = TRANSFER_SYNTAXES.get(file.transfer_syntax_uid, "")
    yield f"# transfer syntax {plain(file.transfer_syntax_uid)} {name}".rstrip()
    yield from _lines(file.meta, 0)
    yield from _lines(file.dataset, 0)
    if "DirectoryRecordSequence" in file.dataset:
        yield from _records(file)
    if file.problem is not None:
        yield f"# broken: {plain(str(file.problem))}"


def _records(file: DicomFile) -> Iterator[str]:
    """The tree of a DICOMDIR, with the files that it names."""
    waiting = [(record, 0) for record in reversed(read_directory(file))]
    while waiting:
        record, depth = waiting.pop()
        try:
            path = "/".join(record.file_id)
        except FormatError as error:
            path = f"({error.code})"
        yield f"# {'  ' * depth}{plain(record.kind)} {path}".rstrip()
        waiting += [(child, depth + 1) for child in reversed(record.children)]


def _lines(dataset: Dataset, depth: int) -> Iterator[str]:
    margin = "  " * depth
    for tag in sorted(dataset.elements):
        element = dataset.elements[tag]
        head = f"{margin}({tag >> 16:04X},{tag & 0xFFFF:04X}) {element.vr}"
        yield f"{head} {_value(dataset, tag, element)}  # {_size(element)} {_name(tag)}".rstrip()
        for number, item in enumerate(element.items or []):
            yield f"{margin}  > item {number + 1}"
            yield from _lines(item, depth + 2)


def _name(tag: int) -> str:
    if tag >> 16 & 1:
        return "private creator" if 0x10 <= tag & 0xFFFF <= 0xFF else "private"
    return keyword_for(tag) or "unknown"


def _size(element: Element) -> str:
    if element.items is not None:
        return f"{len(element.items)} items"
    if element.fragments is not None:
        return f"{len(element.fragments)} fragments"
    return f"{element.size} bytes"


def _value(dataset: Dataset, tag: int, element: Element) -> str:
    if element.items is not None or element.fragments is not None:
        return "…"
    if element.vr in _BYTES:
        shown = bytes(element.raw[:MOST_BYTES]).hex(" ")
        return shown + (" …" if element.size > MOST_BYTES else "")
    if element.vr == "AT":
        raw = bytes(element.raw[: 4 * MOST_BYTES]).hex()
        return "\\".join(raw[at : at + 8] for at in range(0, len(raw), 8))
    text = plain("\\".join(dataset.texts(tag)))
    return f"[{text[:LONGEST]}…]" if len(text) > LONGEST else f"[{text}]"


def plain(text: str) -> str:
    """Printable characters only; others as dots."""
    return "".join(c if c.isprintable() else "·" for c in text)
