"""The Image Pixel module becomes checked numbers (PS3.3 C.7.6.3): what one frame looks like, and
that it can be what it says. Nothing here touches pixels, so a lying header costs nothing."""

from dataclasses import dataclass

from imaging.dicom.dataset import PIXEL_DATA, Dataset
from imaging.dicom.encapsulation import frame_count
from imaging.errors import FormatError, LimitExceeded, UnsupportedFeature

FLOAT_PIXEL_DATA, DOUBLE_PIXEL_DATA = 0x7FE00008, 0x7FE00009
MAX_FRAME_BYTES = 1 << 29
MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_SAMPLES = {
    "MONOCHROME1": 1, "MONOCHROME2": 1, "PALETTE COLOR": 1, "RGB": 3, "YBR_FULL": 3,
    "YBR_FULL_422": 3, "YBR_PARTIAL_420": 3, "YBR_ICT": 3, "YBR_RCT": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """`is_float` says Float or Double Float Pixel Data; `bits_stored` is then bits_allocated."""

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    is_planar: bool
    is_float: bool

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one frame: rows, columns, samples."""
        return self.rows, self.columns, self.samples

    @property
    def item_bytes(self) -> int:
        return max(self.bits_allocated // 8, 1)

    @property
    def frame_bytes(self) -> int:
        """In memory."""
        return self.rows * self.columns * self.samples * self.item_bytes


def pixel_tag(dataset: Dataset) -> int | None:
    """Which of the three pixel data elements is there; None when the object is no image."""
    for tag in (PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_PIXEL_DATA):
        if tag in dataset.elements:
            return tag
    return None


def read_layout(dataset: Dataset) -> PixelLayout:
    """FormatError when the module contradicts itself, UnsupportedFeature when it is right but
    beyond us, LimitExceeded when one frame is larger than we are willing to hold."""
    rows, columns = dataset.integer("Rows", 0) or 0, dataset.integer("Columns", 0) or 0
    if not (0 < rows <= 65535 and 0 < columns <= 65535):
        raise FormatError("pixels_size", f"{rows} rows, {columns} columns")
    tag = pixel_tag(dataset)
    is_float = tag in (FLOAT_PIXEL_DATA, DOUBLE_PIXEL_DATA)
    allocated = dataset.integer("BitsAllocated", 0) or 0
    if is_float:
        allocated = 32 if tag == FLOAT_PIXEL_DATA else 64
    elif allocated not in (1, 8, 16, 32):
        raise UnsupportedFeature("bits_allocated", f"{allocated} bits allocated")
    samples, photometric = _read_colour(dataset)
    stored, high = _read_bits(dataset, allocated)
    layout = PixelLayout(
        rows=rows,
        columns=columns,
        frames=frame_count(dataset),
        samples=samples,
        photometric=photometric,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        is_signed=dataset.integer("PixelRepresentation", 0) == 1,
        is_planar=samples > 1 and dataset.integer("PlanarConfiguration", 0) == 1,
        is_float=is_float,
    )
    if layout.frame_bytes > MAX_FRAME_BYTES:
        raise LimitExceeded("frame_size", f"a frame of {layout.frame_bytes} bytes")
    return layout


def _read_colour(dataset: Dataset) -> tuple[int, str]:
    samples = dataset.integer("SamplesPerPixel", 1)
    photometric = dataset.text("PhotometricInterpretation").upper()
    if not photometric:
        photometric = "RGB" if samples == 3 else "MONOCHROME2"
    expected = _SAMPLES.get(photometric)
    if expected is None:
        raise UnsupportedFeature("photometric", f"{photometric[:16]!r}")
    if samples != expected:
        raise FormatError("pixels_samples", f"{samples} samples of {photometric}")
    return expected, photometric


def _read_bits(dataset: Dataset, allocated: int) -> tuple[int, int]:
    stored = dataset.integer("BitsStored", allocated) or allocated
    high = dataset.integer("HighBit", stored - 1)
    if not 1 <= stored <= allocated:
        raise FormatError("pixels_bits", f"{stored} bits stored of {allocated}")
    if high is None or not stored - 1 <= high < allocated:
        high = stored - 1  # seen wrong from many writers; the samples are then as usual
    return stored, high
