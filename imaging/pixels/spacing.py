"""How large a pixel is, for measuring: which of the spacings of a data set may be used, and what
must be said of it (PS3.3 10.7.1.1, 10.7.1.3, C.8.5.5, C.8.7.11).

A length is only given where the file vouches for it: detector spacing is divided by the
magnification when that is known and named as detector spacing when it is not; ultrasound is
calibrated region by region, and regions that show time or velocity have no length.
"""

from dataclasses import dataclass

from imaging.dicom.dataset import Dataset

CENTIMETRES = 3
TWO_DIMENSIONAL = 1
MAX_REGIONS = 64
_MM_PER_CM = 10.0


@dataclass(frozen=True, slots=True)
class PixelSize:
    """Height (between rows) and width (between columns) of a pixel, and the element that says so:
    PixelSpacing, ImagerPixelSpacing, EstimatedRadiographicMagnificationFactor,
    NominalScannedPixelSpacing or PhysicalDeltaX. `is_in_patient` is False for sizes at the
    detector or on scanned film."""

    row_mm: float
    column_mm: float
    source: str

    @property
    def is_in_patient(self) -> bool:
        return self.source not in ("ImagerPixelSpacing", "NominalScannedPixelSpacing")


@dataclass(frozen=True, slots=True)
class UltrasoundRegion:
    """Columns `left`..`right` and rows `top`..`bottom`, 0-based, both ends inside. `size` is None
    where the axes are not lengths (Doppler, M-mode, ECG)."""

    left: int
    top: int
    right: int
    bottom: int
    size: PixelSize | None

    def contains(self, row: float, column: float) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right


def pixel_size(dataset: Dataset, measures: Dataset | None = None) -> PixelSize | None:
    """The size that holds for the whole image, or None. `measures` is the Pixel Measures group of
    an enhanced object."""
    own = _pair(measures if measures is not None else dataset, "PixelSpacing")
    detector = _pair(dataset, "ImagerPixelSpacing")
    if own is not None:
        is_detector = detector == own and not dataset.text("PixelSpacingCalibrationType")
        if not is_detector:
            return PixelSize(*own, "PixelSpacing")
    if detector is not None:
        return _projected(dataset, detector)
    scanned = _pair(dataset, "NominalScannedPixelSpacing")
    if scanned is not None:
        return PixelSize(*scanned, "NominalScannedPixelSpacing")
    return _from_regions(ultrasound_regions(dataset))


def _projected(dataset: Dataset, detector: tuple[float, float]) -> PixelSize:
    """At the patient when the magnification is known, else at the detector."""
    factor = dataset.number("EstimatedRadiographicMagnificationFactor")
    if factor is None:
        patient = dataset.number("DistanceSourceToPatient")
        whole = dataset.number("DistanceSourceToDetector")
        factor = whole / patient if patient and whole else None
    if factor is None or not 1 <= factor <= 10:
        return PixelSize(*detector, "ImagerPixelSpacing")
    row, column = detector[0] / factor, detector[1] / factor
    return PixelSize(row, column, "EstimatedRadiographicMagnificationFactor")


def ultrasound_regions(dataset: Dataset) -> list[UltrasoundRegion]:
    """The calibrated regions (C.8.5.5.1), in the file's order; those that are no area are left
    out."""
    found = []
    for item in dataset.sequence("SequenceOfUltrasoundRegions")[:MAX_REGIONS]:
        edges = [
            item.integer(f"RegionLocation{corner}")
            for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")
        ]
        left, top, right, bottom = edges
        if left is None or top is None or right is None or bottom is None:
            continue
        if 0 <= left <= right and 0 <= top <= bottom:
            found.append(UltrasoundRegion(left, top, right, bottom, _region_size(item)))
    return found


def region_at(
    regions: list[UltrasoundRegion], row: float, column: float
) -> UltrasoundRegion | None:
    """The region that a measurement which begins here is made in; the last one is on top."""
    return next((region for region in reversed(regions) if region.contains(row, column)), None)


def _region_size(item: Dataset) -> PixelSize | None:
    units = item.integer("PhysicalUnitsXDirection"), item.integer("PhysicalUnitsYDirection")
    width, height = item.number("PhysicalDeltaX", 0.0), item.number("PhysicalDeltaY", 0.0)
    is_length = units == (CENTIMETRES, CENTIMETRES)
    if not is_length or item.integer("RegionSpatialFormat", TWO_DIMENSIONAL) != TWO_DIMENSIONAL:
        return None
    if not width or not height:
        return None
    return PixelSize(abs(height) * _MM_PER_CM, abs(width) * _MM_PER_CM, "PhysicalDeltaX")


def _from_regions(regions: list[UltrasoundRegion]) -> PixelSize | None:
    """One size for the whole image only when every region has that size."""
    sizes = {region.size for region in regions}
    return sizes.pop() if len(sizes) == 1 else None


def _pair(dataset: Dataset, key: str) -> tuple[float, float] | None:
    values = dataset.numbers(key)
    if len(values) != 2 or min(values) <= 0 or max(values) > 1e4:
        return None
    return values[0], values[1]
