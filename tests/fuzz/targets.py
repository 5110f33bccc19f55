"""What the fuzzer gives bytes to: each target takes any bytes and may raise an ImagingError, nothing
else. A codestream is decoded at the size that its own header says, as far as that is small."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import deflate, jpeg, jpeg2000, jpeg_any, jpeg_dct, jpeg_ls, rle
from imaging.dicom import plain_runs
from imaging.dicom.json_model import from_json, to_json
from imaging.dicom.reader import read_dataset
from imaging.dicom.recode import Form, write_elements
from imaging.dicom.uid import DEFLATED_LITTLE, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from imaging.errors import ImagingError
from imaging.headers.scan import scan_run
from tests.hostile.answer import answer
from tests.imaging.dicom.test_plain_runs import outcome

Shape = tuple[int, int, int]
MOST_SAMPLES = 1 << 18
PLAIN_SHAPE = (16, 12, 1)
_RLE_FORMS = {1: (1, 1), 2: (1, 2), 3: (3, 1), 4: (1, 4), 6: (3, 2)}  # segments -> samples, bytes


def data_set(data: bytes) -> None:
    """Read, asked for everything, decoded; then JSON and back, and written in other syntaxes. The
    compiled scan finds what the loops in Python find."""
    if data[:1] == b"{":
        return _json(data)
    found = answer(data)
    slow = outcome(data)
    plain_runs.compiled_scan = scan_run
    try:
        assert outcome(data) == slow
    finally:
        plain_runs.compiled_scan = None
    if found.file is not None:
        dataset = found.file.dataset
        with suppress(ImagingError):
            from_json(json.loads(json.dumps(to_json(dataset))))
        for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG):
            with suppress(ImagingError):
                write_elements(dataset, syntax, Form(has_undefined_lengths=len(data) % 2 == 0))
    if found.errors:
        raise found.errors[-1]


def _json(data: bytes) -> None:
    try:
        model = json.loads(data)
    except (ValueError, RecursionError):
        return  # not ours to judge
    dataset = from_json(model)
    to_json(dataset)
    read_dataset(write_elements(dataset, EXPLICIT_LITTLE), EXPLICIT_LITTLE)


def rle_frames(data: bytes) -> None:
    samples, item = _RLE_FORMS.get(len(rle.read_header(data).segments), (1, 1))
    rle.decode(data, np.zeros((16, 12, samples), f"u{item}"))


def jpeg_lossless(data: bytes) -> None:
    out = _room(lambda: _jpeg_facts(jpeg.read_header(data)))
    jpeg.decode(data, out)
    jpeg_any.settle(data, out, 8 * out.itemsize - 1, is_signed=True)


def jpeg_dct_frames(data: bytes) -> None:
    out = _room(lambda: _jpeg_facts(jpeg_dct.read_header(data)))
    jpeg_any.coded_colour(data)
    jpeg_any.decode(data, out)
    jpeg_any.settle(data, out, 8 * out.itemsize - 1, is_signed=False)


def jpeg_ls_frames(data: bytes) -> None:
    out = _room(lambda: _jpeg_facts(jpeg_ls.read_header(data)))
    jpeg_ls.decode(data, out)
    jpeg_ls.settle(data, out, 8 * out.itemsize - 1, is_signed=True)


def jpeg2000_frames(data: bytes) -> None:
    def facts() -> tuple[Shape, int]:
        size = jpeg2000.read_header(data).size
        precision = max(component.precision for component in size.components)
        return (size.rows, size.columns, len(size.components)), precision

    out = _room(facts)
    jpeg2000.decode(data, out)
    jpeg2000.settle(data, out, 8 * out.itemsize - 1, is_signed=len(data) % 2 == 0)


def deflate_frames(data: bytes) -> None:
    """One frame of samples, one of bits, and a deflated data set, from the same bytes."""
    with suppress(ImagingError):
        deflate.decode(data, np.zeros(PLAIN_SHAPE, np.uint16))
    with suppress(ImagingError):
        deflate.decode_bits(data, np.zeros(PLAIN_SHAPE, np.uint8))
    read_dataset(data, DEFLATED_LITTLE)


def _jpeg_facts(header: Any) -> tuple[Shape, int]:
    return (header.rows, header.columns, len(header.components)), header.precision


def _room(facts: Callable[[], tuple[Shape, int]]) -> NDArray[Any]:
    """The array that a data set of the stream's own size would ask for; a small one otherwise."""
    try:
        shape, precision = facts()
    except ImagingError:
        return np.zeros(PLAIN_SHAPE, np.uint16)
    if shape[0] * shape[1] * shape[2] > MOST_SAMPLES:
        shape = PLAIN_SHAPE
    item = 1 if precision <= 8 else 2 if precision <= 16 else 4
    return np.zeros(shape, f"u{item}")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "data_set": data_set,
    "rle": rle_frames,
    "jpeg_lossless": jpeg_lossless,
    "jpeg_dct": jpeg_dct_frames,
    "jpeg_ls": jpeg_ls_frames,
    "jpeg2000": jpeg2000_frames,
    "htj2k": jpeg2000_frames,
    "deflate": deflate_frames,
}
