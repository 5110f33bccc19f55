"""A file becomes the facts of `cloudfilm inspect --json`: header facts always, pixel facts where
the pixels can be decoded, and what is wrong with it."""

from pathlib import Path
from typing import Any

from cli.file_bytes import read_bytes
from cli.inspect_codestream import is_codestream, measure_codestream
from imaging.dicom.dataset import PIXEL_DATA, Dataset
from imaging.dicom.json_model import to_json
from imaging.dicom.reader import DicomFile, read_file
from imaging.errors import FormatError, ImagingError
from imaging.pixels.layout import pixel_tag
from imaging.pixels.statistics import PixelFacts, measure
from imaging.pixels.stored import StoredFrames

_TEXTS = {
    "photometric": "PhotometricInterpretation", "patient_name": "PatientName",
    "patient_id": "PatientID",
}  # fmt: skip
_HEADER = (
    "transfer_syntax", "sop_class", "sop_instance", "rows", "cols", "frames", "samples",
    "bits_stored", "photometric", "patient_name", "patient_id",
)  # fmt: skip
_PIXELS = (
    "pixel_sha256", "pixel_sha256_raw", "pixel_sha256_masked", "min", "max", "mean",
    "grid8_frame0",
)  # fmt: skip


def facts_of(path: Path, default_charset: str = "") -> dict[str, Any]:
    """One JSON object. Never raises ImagingError."""
    facts: dict[str, Any] = {"path": str(path)}
    try:
        data = read_bytes(path)
        if is_codestream(data):
            found, measured = measure_codestream(data)
            return facts | dict.fromkeys(_HEADER) | found | pixel_facts(measured)
        file = read_file(data, default_charset=default_charset)
    except (ImagingError, MemoryError) as error:
        return facts | {"error": error_of(error)}
    facts |= header_facts(file)
    problem: Exception | None = file.problem
    pixels: PixelFacts | None = None
    if pixel_tag(file.dataset) is not None:
        try:
            pixels = measure(StoredFrames(file))
            problem = problem or _doubt(file.dataset)
        except (ImagingError, MemoryError) as error:
            problem = error
    facts |= pixel_facts(pixels)
    if problem is not None:  # a file that ends early may still hold every pixel
        facts["warning" if pixels is not None else "error"] = error_of(problem)
    return facts


def _doubt(dataset: Dataset) -> ImagingError | None:
    """What was assumed to show the pixels."""
    if "PixelRepresentation" in dataset or pixel_tag(dataset) != PIXEL_DATA:
        return None
    return FormatError("pixel_representation", "Pixel Representation is missing: taken as unsigned")


def model_of(path: Path, default_charset: str = "") -> dict[str, Any]:
    """One JSON object with the data set as the DICOM JSON model (PS3.18 F)."""
    facts: dict[str, Any] = {"path": str(path)}
    try:
        file = read_file(read_bytes(path), default_charset=default_charset)
    except (ImagingError, MemoryError) as error:
        return facts | {"error": error_of(error)}
    facts["dataset"] = to_json(file.dataset)
    return facts if file.problem is None else facts | {"warning": error_of(file.problem)}


def error_of(error: Exception) -> dict[str, Any]:
    if isinstance(error, ImagingError):
        return {"code": error.code, "message": error.message, "offset": error.offset}
    return {"code": "memory", "message": "not enough memory", "offset": None}


def header_facts(file: DicomFile) -> dict[str, Any]:
    """Absent elements are None, empty ones are empty."""
    dataset = file.dataset
    is_image = dataset.integer("Rows") is not None
    return {
        "transfer_syntax": file.meta.text("TransferSyntaxUID") or None,
        "sop_class": dataset.text("SOPClassUID") or None,
        "sop_instance": dataset.text("SOPInstanceUID") or None,
        "rows": dataset.integer("Rows"),
        "cols": dataset.integer("Columns"),
        "frames": dataset.integer("NumberOfFrames", 1) if is_image else None,
        "samples": dataset.integer("SamplesPerPixel"),
        "bits_stored": dataset.integer("BitsStored"),
        **{name: _text(dataset, key) for name, key in _TEXTS.items()},
    }


def pixel_facts(measured: PixelFacts | None) -> dict[str, Any]:
    if measured is None:
        return dict.fromkeys(_PIXELS)
    values = (
        measured.sha256, measured.raw, measured.masked, measured.minimum, measured.maximum,
        round(measured.mean, 6), measured.grid,
    )  # fmt: skip
    return dict(zip(_PIXELS, values, strict=True))


def _text(dataset: Dataset, key: str) -> str | None:
    return dataset.text(key) if key in dataset else None
