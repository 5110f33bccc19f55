"""What a file says of each of its frames: position, orientation, spacing, modality values and
windows, from the functional groups of enhanced objects (PS3.3 C.7.6.16) or the data set itself."""

from dataclasses import dataclass

from imaging.dicom.dataset import Dataset
from imaging.pixels.spacing import UltrasoundRegion, pixel_size, ultrasound_regions
from imaging.pixels.suv import suv_factor
from imaging.pixels.windows import Window, read_windows

Vector = tuple[float, ...]
PET_UNITS = {"BQML": "Bq/ml", "GML": "g/ml"}  # Units (0054,1001); counts and the rest have no name


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """None where the file does not say. `slope` is never 0."""

    position: Vector | None
    orientation: Vector | None
    spacing: Vector | None
    spacing_source: str | None
    thickness_mm: float | None
    slope: float
    intercept: float
    unit: str
    windows: tuple[Window, ...]
    regions: tuple[UltrasoundRegion, ...] = ()
    suv_factor: float | None = None


class FrameGroups:
    """Looks up attributes for a frame: its own group, the shared one, then the data set."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._per_frame = dataset.sequence("PerFrameFunctionalGroupsSequence")
        shared = dataset.sequence("SharedFunctionalGroupsSequence")
        self._shared = shared[0] if shared else None
        self._regions = tuple(ultrasound_regions(dataset))
        self._suv_factor = suv_factor(dataset)

    def group(self, index: int, sequence: str) -> Dataset:
        """The group's item for this frame; the data set when there is none."""
        own = self._per_frame[index] if index < len(self._per_frame) else None
        for place in (own, self._shared):
            items = place.sequence(sequence) if place is not None else []
            if items:
                return items[0]
        return self.dataset

    def facts(self, index: int) -> FrameFacts:
        """Everything the viewer needs to know of frame `index` (0-based)."""
        measures = self.group(index, "PixelMeasuresSequence")
        values = self.group(index, "PixelValueTransformationSequence")
        spacing, source = self._spacing(measures)
        return FrameFacts(
            position=_vector(self.group(index, "PlanePositionSequence"), "ImagePositionPatient", 3),
            orientation=_orientation(self.group(index, "PlaneOrientationSequence")),
            spacing=spacing,
            spacing_source=source,
            thickness_mm=measures.number("SliceThickness"),
            slope=values.number("RescaleSlope") or 1.0,
            intercept=values.number("RescaleIntercept", 0.0) or 0.0,
            unit=self._unit(values),
            windows=tuple(
                read_windows(self.group(index, "FrameVOILUTSequence")) or read_windows(self.dataset)
            ),
            regions=self._regions,
            suv_factor=self._suv_factor,
        )

    def _spacing(self, measures: Dataset) -> tuple[Vector | None, str | None]:
        size = pixel_size(self.dataset, measures)
        return (None, None) if size is None else ((size.row_mm, size.column_mm), size.source)

    def _unit(self, values: Dataset) -> str:
        if self.dataset.text("Modality") == "PT":
            return PET_UNITS.get(self.dataset.text("Units").upper(), "")
        kind = values.text("RescaleType").upper()
        is_ct = self.dataset.text("Modality") == "CT" and "RescaleIntercept" in values
        return "HU" if kind == "HU" or (is_ct and kind in ("", "US")) else ""


def _vector(dataset: Dataset, key: str, length: int) -> Vector | None:
    values = dataset.numbers(key)
    return tuple(values) if len(values) == length else None


def _orientation(dataset: Dataset) -> Vector | None:
    """Two directions of about unit length, else None."""
    cosines = _vector(dataset, "ImageOrientationPatient", 6)
    if cosines is None:
        return None
    lengths = (sum(c * c for c in cosines[:3]), sum(c * c for c in cosines[3:]))
    return cosines if all(0.9 < length < 1.1 for length in lengths) else None
