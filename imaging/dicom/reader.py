"""A file becomes meta information and a data set (PS3.10 section 7), whatever its layout.

Inflated size is bounded, and only `ImagingError`s are raised. Meta information is repaired where
that is safe: group lengths are not believed, a missing preamble, prefix or transfer syntax is made
good from the bytes that follow, and a data set that is plainly laid out in another way than the
meta information says is read as it is.
"""

import mmap
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from imaging.dicom.dataset import Dataset, Elements
from imaging.dicom.elements import MAX_ELEMENTS, VR_NAMES, ElementReader
from imaging.dicom.layout import guess_syntax, observed_traits
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE, SyntaxTraits, traits_of
from imaging.errors import FormatError, ImagingError, LimitExceeded

MAX_INFLATED = 1 << 30
FREE_INFLATED = 40 << 20  # a data set may always be as large as this, and
MAX_INFLATE_RATIO = 16  # larger only when it is packed no tighter than images are
_PIECE = 1 << 16
_TRANSFER_SYNTAX = 0x00020010
_HEAD_SIZES = (1 << 14, 1 << 18)  # more than most headers, and than nearly all


@dataclass(slots=True)
class DicomFile:
    """File meta information and data set. `problem` is set when the bytes break off or break the
    standard somewhere although the header could be read. `traits` is how the data set is really
    laid out; `transfer_syntax_uid` is what the file says, or what its bytes are."""

    meta: Dataset
    dataset: Dataset
    transfer_syntax_uid: str
    traits: SyntaxTraits
    problem: ImagingError | None = None


def read_file(
    source: bytes | memoryview | Path,
    *,
    stop_before_pixels: bool = False,
    default_charset: str = "",
) -> DicomFile:
    """Read a Part 10 file, or a bare data set in a native syntax.

    A file whose end is missing still gives its header: `problem` then holds the error.
    """
    if isinstance(source, Path):
        if stop_before_pixels:
            return _read_head(source, default_charset)
        source = source.read_bytes()
    return _read(memoryview(source), stop_before_pixels, default_charset)[0]


def _read(
    data: memoryview, stop_before_pixels: bool, default_charset: str
) -> tuple[DicomFile, bool]:
    """The file, and whether its pixels were reached and left out."""
    if len(data) < 8:
        raise FormatError("too_short", f"{len(data)} bytes are no DICOM object")
    meta, start, syntax = _read_meta(data)
    traits = traits_of(syntax)
    if traits.is_deflated:
        packed_bytes = len(data) - start
        data, start = inflate(data[start:]), 0
    traits = observed_traits(data[start:], traits)
    reader = ElementReader(
        data, traits, stop_before_pixels=stop_before_pixels, default_charset=default_charset
    )
    if traits.is_deflated:  # what a few bytes inflate to may not hold much more than they could
        reader.left = min(reader.left, MAX_ELEMENTS + packed_bytes // 8)
    dataset, problem = reader.read_all(start)
    return DicomFile(meta, dataset, syntax, traits, problem), reader.has_stopped


def _read_head(path: Path, default_charset: str) -> DicomFile:
    """Everything up to the pixels, out of the file's beginning when that is enough. The system's
    own calls: a file object costs as much as thirty elements."""
    place = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        head = b""
        for size in _HEAD_SIZES:
            head += os.read(place, size - len(head))
            if len(head) < size:
                break
            try:
                file, has_stopped = _read(memoryview(head), True, default_charset)
            except ImagingError:
                continue
            if has_stopped:
                return file
    finally:
        os.close(place)
    return _read(memoryview(path.read_bytes()), True, default_charset)[0]


def split_file(data: bytes | memoryview) -> tuple[Dataset, int, str]:
    """The meta information, where the data set begins, and its transfer syntax: for those who
    pass the data set on as it is."""
    return _read_meta(memoryview(data))


def read_dataset(
    data: bytes | memoryview, transfer_syntax_uid: str, *, stop_before_pixels: bool = False
) -> Dataset:
    """A bare data set in a known syntax; raises where it is broken."""
    traits = traits_of(transfer_syntax_uid)
    body = inflate(memoryview(data)) if traits.is_deflated else memoryview(data)
    reader = ElementReader(body, traits, stop_before_pixels=stop_before_pixels)
    dataset, problem = reader.read_all()
    if problem is not None:
        raise problem
    return dataset


def _read_meta(data: memoryview) -> tuple[Dataset, int, str]:
    """The meta information, where the data set begins, and its transfer syntax."""
    start = _meta_start(data)
    if start is None:
        return Dataset(), 0, _guess(data, is_after_meta=False)
    meta = Dataset(elements=Elements(data))
    has_vr = bytes(data[start + 4 : start + 6]) in VR_NAMES
    traits = traits_of(EXPLICIT_LITTLE if has_vr else IMPLICIT_LITTLE)
    end = ElementReader(data, traits).read_group2(meta, start)
    syntax = meta.text(_TRANSFER_SYNTAX)
    return meta, end, syntax or _guess(data[end:], is_after_meta=True)


def _meta_start(data: memoryview) -> int | None:
    """Where group 0002 begins: after preamble and prefix, the prefix alone, or at once. `DICM`
    that happens to stand at byte 128 of a bare data set is no prefix."""
    if bytes(data[128:132]) == b"DICM" and len(data) >= 140:
        if bytes(data[132:134]) == b"\x02\0" or guess_syntax(data) is None:
            return 132
        return None
    if bytes(data[:4]) == b"DICM":
        return 4
    is_meta = bytes(data[:2]) == b"\x02\0" and data[3] == 0
    return 0 if is_meta and guess_syntax(data) is not None else None


def _guess(data: memoryview, *, is_after_meta: bool) -> str:
    syntax = guess_syntax(data, is_after_meta=is_after_meta)
    if syntax is None:
        raise FormatError("not_dicom", "no DICM prefix and no data set at the beginning", offset=0)
    return syntax


def inflate(data: memoryview) -> memoryview:
    """Raw deflate (PS3.5 A.5), bounded; what is cut off gives what came before. Into pages that
    the system gives as they are filled: a buffer that grows would be there twice."""
    limit = min(MAX_INFLATED, max(len(data) * MAX_INFLATE_RATIO, FREE_INFLATED))
    engine = zlib.decompressobj(-15)
    out, filled = mmap.mmap(-1, limit), 0
    for start in range(0, len(data), _PIECE):
        piece: bytes | memoryview = data[start : start + _PIECE]
        while len(piece) and not engine.eof:
            try:
                part = engine.decompress(piece, 16 * _PIECE)
            except zlib.error as error:
                raise FormatError("deflate_broken", str(error), offset=start) from error
            if filled + len(part) > limit:
                raise LimitExceeded("inflated_size", f"the data set inflates beyond {limit} bytes")
            out[filled : filled + len(part)] = part
            filled += len(part)
            piece = engine.unconsumed_tail
        if engine.eof:
            break
    return memoryview(out)[:filled]
