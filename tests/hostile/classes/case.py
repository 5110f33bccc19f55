"""One hostile object, and what must come of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from imaging.dicom.dataset import PIXEL_DATA
from imaging.dicom.reader import read_file
from imaging.dicom.recode import encapsulate, write_elements
from imaging.dicom.writer import file_prefix
from tests.hostile.samples import native


@dataclass(frozen=True)
class Case:
    """`codes`: one of these must be among the errors. None: its first frame is shown, or for what
    is no image the header is read, and nothing is reported."""

    name: str
    data: bytes
    codes: tuple[str, ...] | None


Cases = Iterator[Case]


def refused(name: str, data: bytes, *codes: str) -> Case:
    assert codes
    return Case(name, data, codes)


def shown(name: str, data: bytes) -> Case:
    return Case(name, data, None)


def wrapped(stream: bytes, syntax: str, template: bytes) -> bytes:
    """The stream as the only frame of `template`."""
    dataset = read_file(template).dataset
    dataset.elements[PIXEL_DATA] = encapsulate([stream])[0]
    dataset.elements.pop(0x00280008, None)
    prefix = file_prefix(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.7",
        sop_instance_uid="1.2.3",
        transfer_syntax_uid=syntax,
    )
    return prefix + write_elements(dataset, syntax)


def image(
    stream: bytes, syntax: str, shape: tuple[int, int, int], bits: int = 8, **more: Any
) -> bytes:
    """The stream in an object whose header says this size."""
    rows, columns, samples = shape
    allocated = 8 if bits <= 8 else 16
    header: dict[str, Any] = {
        "Rows": rows, "Columns": columns, "SamplesPerPixel": samples, "BitsAllocated": allocated,
        "BitsStored": bits, "HighBit": bits - 1, "PixelData": b"\0\0",
        "PhotometricInterpretation": "RGB" if samples == 3 else "MONOCHROME2",
    }  # fmt: skip
    if samples == 3:
        header["PlanarConfiguration"] = 0
    return wrapped(stream, syntax, native(**(header | more)))
