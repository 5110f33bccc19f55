"""A file becomes the same file in another transfer syntax (PS3.5 annex A).

Between native syntaxes the bytes are turned, else frames are decoded and encoded one by one. All
but two targets keep every stored value; the lossy ones make an instance of their own.
"""

import numpy as np

from imaging.dicom.dataset import PIXEL_DATA, Dataset, Element
from imaging.dicom.reader import DicomFile
from imaging.dicom.recode import OffsetTable, encapsulate, write_elements
from imaging.dicom.uid import (
    DEFLATED_LITTLE,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_SV1,
    RLE_LOSSLESS,
    is_valid_uid,
    traits_of,
)
from imaging.dicom.writer import file_prefix
from imaging.errors import FormatError, LimitExceeded, UnsupportedFeature
from imaging.pixels.derived import mark_lossy, put_number
from imaging.pixels.encoders import (
    DEFLATED_FRAMES,
    JPEG_BASELINE,
    JPEG_LS_LOSSLESS,
    JPEG_LS_NEAR,
    LITTLE_LOSS,
    LOSSY_METHODS,
    UNCOMPRESSED_FRAMES,
    Loss,
    encoder_for,
)
from imaging.pixels.layout import PixelLayout, pixel_tag
from imaging.pixels.stored import StoredFrames

NAMES = {
    "implicit": IMPLICIT_LITTLE, "explicit": EXPLICIT_LITTLE, "big": EXPLICIT_BIG,
    "deflated": DEFLATED_LITTLE, "rle": RLE_LOSSLESS, "jpeg-lossless": JPEG_LOSSLESS_SV1,
    "jpeg-lossless-14": JPEG_LOSSLESS, "jpeg-ls": JPEG_LS_LOSSLESS,
    "uncompressed-frames": UNCOMPRESSED_FRAMES, "deflated-frames": DEFLATED_FRAMES,
    "jpeg-baseline": JPEG_BASELINE, "jpeg-ls-near": JPEG_LS_NEAR,
}  # fmt: skip
MAX_OUTPUT_BYTES = 4 << 30
# what the samples are once their codec has undone its own colour transform
_DECODED_COLOUR = {"YBR_FULL_422": "YBR_FULL", "YBR_ICT": "RGB", "YBR_RCT": "RGB"}


def transcode_file(
    file: DicomFile, target: str, *, table: OffsetTable = "basic", loss: Loss = LITTLE_LOSS
) -> bytes:
    """A whole Part 10 file in `target`, a UID or one of NAMES. FormatError for a broken file,
    UnsupportedFeature for a target that we cannot write."""
    if file.problem is not None:
        raise file.problem
    syntax = NAMES.get(target, target)
    if syntax not in NAMES.values():
        raise UnsupportedFeature("transcode_target", f"cannot write {target[:64]!r}")
    dataset = _recoded(file, syntax, table, loss)
    return _prefix(file, dataset, syntax) + write_elements(dataset, syntax)


def _prefix(file: DicomFile, dataset: Dataset, syntax: str) -> bytes:
    sop_class, sop_instance = (
        dataset.text(key) or file.meta.text(f"MediaStorage{key}")
        for key in ("SOPClassUID", "SOPInstanceUID")
    )
    if not is_valid_uid(sop_class) or not is_valid_uid(sop_instance):
        raise FormatError("uid_missing", "the object has no SOP Class or Instance UID")
    return file_prefix(
        sop_class_uid=sop_class, sop_instance_uid=sop_instance, transfer_syntax_uid=syntax
    )


def _recoded(file: DicomFile, syntax: str, table: OffsetTable, loss: Loss) -> Dataset:
    pixels = file.dataset.elements.get(PIXEL_DATA)
    if pixels is None or (pixels.fragments is None and not traits_of(syntax).is_encapsulated):
        return file.dataset
    if pixel_tag(file.dataset) == PIXEL_DATA and syntax == file.transfer_syntax_uid:
        return file.dataset
    frames = StoredFrames(file)
    dataset = _copy(file.dataset)
    if traits_of(syntax).is_encapsulated:
        _encapsulate(dataset, frames, syntax, table, loss)
    else:
        dataset.elements[PIXEL_DATA] = _native(frames, is_big_endian=dataset.is_big_endian)
    if frames.layout.samples > 1:
        _set_colour(dataset, frames.layout)
    return dataset


def _encapsulate(
    dataset: Dataset, frames: StoredFrames, syntax: str, table: OffsetTable, loss: Loss
) -> None:
    encode = encoder_for(syntax, frames.layout, loss)
    streams = [encode(frames.decode(n)) for n in range(frames.count)]
    element, extra = encapsulate(streams, table=table)
    dataset.elements.update(extra | {PIXEL_DATA: element})
    if syntax in LOSSY_METHODS:
        ratio = frames.layout.frame_bytes * frames.count / sum(map(len, streams))
        mark_lossy(dataset, LOSSY_METHODS[syntax], ratio, f"{loss}")


def _copy(dataset: Dataset) -> Dataset:
    """The same elements, without what belongs to the old encoding."""
    copy = Dataset(dataset.is_big_endian)
    copy.elements.update(dataset.elements)
    for tag in (0x7FE00001, 0x7FE00002):
        copy.elements.pop(tag, None)
    return copy


def _native(frames: StoredFrames, *, is_big_endian: bool) -> Element:
    layout = frames.layout
    if layout.bits_allocated == 1:
        bits = [frames.decode(n).reshape(-1) for n in range(frames.count)]
        packed = np.packbits(np.concatenate(bits), bitorder="little").tobytes()
        return Element("OB", memoryview(packed))
    if layout.frame_bytes * layout.frames > MAX_OUTPUT_BYTES:
        raise LimitExceeded("file_size", f"more than {MAX_OUTPUT_BYTES} bytes of pixels")
    plain = bytearray()
    for index in range(frames.count):
        frame = frames.decode(index)
        dtype = frame.dtype.newbyteorder(">" if is_big_endian else "<")
        plain += np.ascontiguousarray(frame, dtype).tobytes()
    return Element("OB" if layout.item_bytes == 1 else "OW", memoryview(plain))


def _set_colour(dataset: Dataset, layout: PixelLayout) -> None:
    """Interleaved samples (Planar Configuration 0) in the colour that they now are."""
    colour = _DECODED_COLOUR.get(layout.photometric, layout.photometric)
    dataset.elements[0x00280004] = Element("CS", memoryview(colour.encode()))
    put_number(dataset, "PlanarConfiguration", 0)
