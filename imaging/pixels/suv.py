"""The standardized uptake value by body weight (SUVbw) of a PET image: one factor from activity to
g/ml, given only when the file has everything that goes into it (QIBA's recipe for PS3.3 C.8.9).

Activity must be corrected for attenuation and decay; dose, half-life, weight and the times of
injection and scan must be there. What is missing or odd means no factor, never a guess.
"""

from datetime import datetime, time, timedelta

from imaging.dicom.dataset import Dataset

DAY = timedelta(days=1)
LONGEST = timedelta(hours=48)
GRAMS_PER_KG = 1000.0


def suv_factor(dataset: Dataset) -> float | None:
    """What a modality value is multiplied with; None when it cannot be said."""
    if dataset.text("Modality") != "PT":
        return None
    corrected = {word.strip().upper() for word in dataset.texts("CorrectedImage")}
    if not {"ATTN", "DECY"} <= corrected:
        return None
    units = dataset.text("Units").upper()
    if units == "GML":
        return 1.0 if dataset.text("SUVType").upper() in ("", "BW") else None
    weight = dataset.number("PatientWeight")
    dose = _dose_at_reference(dataset)
    if units != "BQML" or not weight or weight <= 0 or dose is None:
        return None
    return weight * GRAMS_PER_KG / dose


def _dose_at_reference(dataset: Dataset) -> float | None:
    """Bq that are left of the dose at the moment the activity was corrected to."""
    items = dataset.sequence("RadiopharmaceuticalInformationSequence")
    if len(items) != 1:
        return None
    dose = items[0].number("RadionuclideTotalDose")
    half_life = items[0].number("RadionuclideHalfLife")
    if not dose or dose <= 0 or not half_life or half_life <= 0:
        return None
    correction = dataset.text("DecayCorrection").upper()
    if correction == "ADMIN":
        return dose
    scan = _scan_start(dataset)
    if correction != "START" or scan is None:
        return None
    injected = _injection(items[0], scan)
    if injected is None or not timedelta(0) <= scan - injected < LONGEST:
        return None
    return float(dose * 2 ** (-(scan - injected).total_seconds() / half_life))


def _scan_start(dataset: Dataset) -> datetime | None:
    """Series Date and Time, unless an image was acquired before them: then the series was made
    anew and they say nothing of the scan."""
    series = _moment(dataset, "Series")
    acquired = _moment(dataset, "Acquisition")
    if series is None or acquired is None or acquired < series:
        return None
    return series


def _moment(dataset: Dataset, what: str) -> datetime | None:
    day, at = dataset.date(f"{what}Date"), _clock(dataset, f"{what}Time")
    return None if day is None or at is None else datetime.combine(day, at)


def _clock(dataset: Dataset, key: str) -> time | None:
    """A time that is there: an absent one must not be midnight."""
    return dataset.time(key) if dataset.text(key).strip() else None


def _injection(item: Dataset, scan: datetime) -> datetime | None:
    """Its date is often absent: then it is the day of the scan, or the evening before."""
    text = item.text("RadiopharmaceuticalStartDateTime")
    if len(text) >= 14 and text[:14].isdigit():
        try:
            return datetime.strptime(text[:14], "%Y%m%d%H%M%S")
        except ValueError:
            return None
    clock = _clock(item, "RadiopharmaceuticalStartTime")
    if clock is None:
        return None
    at = datetime.combine(scan.date(), clock)
    return at if at <= scan else at - DAY
