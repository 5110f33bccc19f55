"""A stored object as metadata (PS3.18 10.4.1.1.2): its header in the DICOM JSON model, the pixels
and everything long as a bulk data URI; and the bytes that such a URI names."""

from dataclasses import dataclass

import orjson

from domain.errors import NotFound
from domain.ports import ObjectStore
from imaging.dicom.dataset import PIXEL_DATA, Dataset, Element
from imaging.dicom.json_model import Path, to_json
from imaging.dicom.reader import DicomFile, read_file
from imaging.dicom.recode import swap
from imaging.errors import ImagingError

HEAD_BYTES = 64 << 10
AVAILABLE_TRANSFER_SYNTAX = "00083002"


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """An object in the store."""

    key: str
    sha256: str
    size: int


async def describe_instance(objects: ObjectStore, place: ObjectPlace, address: str) -> bytes:
    """One JSON object; `address` is the instance's own URL. Raises ImagingErrors."""
    head = await objects.get_range(place.key, 0, HEAD_BYTES)
    file = _parsed(head, is_whole=len(head) >= place.size)
    if file is None:
        file = read_file(await objects.get(place.key), stop_before_pixels=True)
    model = to_json(file.dataset, bulk_uri=lambda path: f"{address}/bulkdata/{path_text(path)}")
    if "Rows" in file.dataset:
        allocated = file.dataset.integer("BitsAllocated", 16) or 16
        is_words = not file.traits.is_encapsulated and allocated > 8
        model[f"{PIXEL_DATA:08X}"] = {
            "vr": "OW" if is_words else "OB",
            "BulkDataURI": f"{address}/bulkdata/{PIXEL_DATA:08X}",
        }
    model[AVAILABLE_TRANSFER_SYNTAX] = {"vr": "UI", "Value": [file.transfer_syntax_uid]}
    return orjson.dumps(model, option=orjson.OPT_SORT_KEYS)


def _parsed(head: bytes, *, is_whole: bool) -> DicomFile | None:
    """None when the piece ended before the header did."""
    try:
        file = read_file(head, stop_before_pixels=True)
    except ImagingError:
        if is_whole:
            raise
        return None
    return None if file.problem is not None and not is_whole else file


def path_text(path: Path) -> str:
    """`00880200/0/00880201`: tags in hexadecimal, item numbers between them."""
    return "/".join(f"{part:08X}" if n % 2 == 0 else str(part) for n, part in enumerate(path))


def parse_path(text: str) -> Path:
    """NotFound for what is no such path."""
    parts = text.split("/")
    try:
        if len(parts) % 2 == 0 or any(len(part) != 8 for part in parts[::2]):
            raise ValueError
        return tuple(int(part, 16 if n % 2 == 0 else 10) for n, part in enumerate(parts))
    except ValueError:
        raise NotFound("bulk_data_not_found", detail="no such path") from None


def bulk_value(file: DicomFile, path: Path) -> bytes:
    """The value of an element in little endian, as a bulk data URI promises it. NotFound."""
    dataset: Dataset = file.dataset
    for tag, number in zip(path[:-1:2], path[1::2], strict=True):
        items = dataset.sequence(tag) if tag in dataset else []
        if not 0 <= number < len(items):
            raise NotFound("bulk_data_not_found", detail="no such item")
        dataset = items[number]
    element: Element | None = dataset.element(path[-1])
    if element is None or element.items is not None or element.fragments is not None:
        raise NotFound("bulk_data_not_found", detail="no such element")
    return swap(element.vr, element.raw) if dataset.is_big_endian else bytes(element.raw)
