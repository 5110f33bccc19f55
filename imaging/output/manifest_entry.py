"""The frames of a series become its entry of the manifest (docs/web-format.md): columns in display
order, one value for what all share, `overrides` where a frame differs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from imaging.pixels.functional_groups import FrameFacts
from imaging.pixels.spacing import UltrasoundRegion
from imaging.pixels.windows import Window

PLACES = 4  # decimals of positions and directions: 0.1 micrometre
ASPECT_PLACES = 6
MAX_TABLES, MAX_RUNS = 4, 2048  # of a frame; 256 greys that only rise are 256 runs


@dataclass(frozen=True, slots=True)
class FrameForm:
    """What the pixels of a frame look like in the web format: `aspect` is how much higher than wide
    a pixel is, `layers` what lies over them (S a shutter, O overlays)."""

    rows: int
    columns: int
    samples: int
    bits_stored: int
    is_signed: bool
    photometric: str
    slope: float
    intercept: float
    aspect: float = 1.0
    layers: str = ""


@dataclass(frozen=True, slots=True)
class FrameView:
    """How a projection was taken: View Position (CC, MLO, PA …), side (R, L, B), and what lies to
    the image's right and down (Patient Orientation, PS3.3 C.7.6.1.1.1)."""

    position: str
    side: str
    right: str
    down: str


@dataclass(slots=True)
class FrameEntry:
    """One frame; `form` and `facts` are None and `problem` is a code when it cannot be shown.
    `partial` is a code and the number of rows when only the upper ones came."""

    sop_instance_uid: str
    frame: int  # 1-based
    instance_number: int | None
    form: FrameForm | None = None
    facts: FrameFacts | None = None
    windows: tuple[Window, ...] = ()
    byte_count: int = 0
    problem: str = ""
    partial: tuple[str, int] | None = None
    view: FrameView | None = None


@dataclass(slots=True)
class SeriesFacts:
    """What the whole series has in common beside its frames."""

    frame_time_ms: float | None = None
    frame_times_ms: list[float] | None = None
    frame_of_reference_uid: str = ""
    default_windows: list[Window] = field(default_factory=list)


def build_entry(frames: Sequence[FrameEntry], facts: SeriesFacts) -> dict[str, Any]:
    """The part of the entry that comes from frames in display order."""
    forms = [frame.form for frame in frames if frame.form is not None]
    known = [frame.facts for frame in frames if frame.facts is not None]
    usual: dict[str, Any] = _form_values(_most(forms)) if forms else {}
    usual["orientation"] = _rounded(_most(f.orientation for f in known))
    windows = _most(f.windows for f in frames if f.form is not None) or ()
    usual["windows"] = _windows(windows) or _windows(facts.default_windows)
    usual |= _measures(_most(_measuring(f) for f in known))
    entry = {
        "count": len(frames),
        "rows": 0, "cols": 0, "samples": 1, "bits_stored": 8, "signed": False,
        "photometric": "MONOCHROME2", "slope": 1.0, "intercept": 0.0, "aspect": 1.0, "layers": "",
        **usual,
        "frame_time_ms": facts.frame_time_ms,
        "frame_times_ms": facts.frame_times_ms,
        "slice_thickness_mm": _most(f.thickness_mm for f in known),
        "frame_of_reference_uid": facts.frame_of_reference_uid,
        "frames": _columns(frames, usual),
    }  # fmt: skip
    return entry


def _columns(frames: Sequence[FrameEntry], usual: dict[str, Any]) -> dict[str, Any]:
    uids = [frame.sop_instance_uid for frame in frames]
    prefix = _common_start(uids)
    positions = [_rounded(f.facts.position) if f.facts is not None else None for f in frames]
    overrides = {str(n): o for n, f in enumerate(frames) if (o := _override(f, usual))}
    partial = {
        str(n): {"problem": f.partial[0], "rows": f.partial[1]}
        for n, f in enumerate(frames)
        if f.partial is not None
    }
    return {
        "sop_instance_uid": {"prefix": prefix, "rest": [uid[len(prefix) :] for uid in uids]},
        "frame": None if all(f.frame == 1 for f in frames) else [f.frame for f in frames],
        "instance_number": [frame.instance_number for frame in frames],
        "position": positions if any(positions) else None,
        "view": _views(frames),
        "bytes": [frame.byte_count for frame in frames],
        "problem": {str(n): f.problem for n, f in enumerate(frames) if f.problem},
        "overrides": overrides,
        **({"partial": partial} if partial else {}),
    }


def _views(frames: Sequence[FrameEntry]) -> list[dict[str, str] | None] | None:
    views = [asdict(frame.view) if frame.view is not None else None for frame in frames]
    return views if any(views) else None


def _override(frame: FrameEntry, usual: dict[str, Any]) -> dict[str, Any]:
    if frame.form is None or frame.facts is None:
        return {}
    values = _form_values(frame.form)
    values["orientation"] = _rounded(frame.facts.orientation)
    values["windows"] = _windows(frame.windows) or usual["windows"]
    values |= _measures(_measuring(frame.facts))
    return {name: value for name, value in values.items() if value != usual[name]}


def _measuring(facts: FrameFacts) -> tuple[Any, ...]:
    return (facts.spacing, facts.spacing_source, facts.unit, facts.regions, facts.suv_factor)


def _measures(of: tuple[Any, ...] | None) -> dict[str, Any]:
    """How a frame is measured, as the entry says it."""
    spacing, source, unit, regions, suv = of or (None, None, "", (), None)
    return {
        "spacing": list(spacing) if spacing else None,
        "spacing_source": source,
        "unit": unit,
        "regions": [_region(region) for region in regions] or None,
        "suv_factor": suv,
    }


def _region(region: UltrasoundRegion) -> list[float | None]:
    size = region.size
    steps = [None, None] if size is None else [size.row_mm, size.column_mm]
    return [region.left, region.top, region.right, region.bottom, *steps]


def _form_values(form: FrameForm | None) -> dict[str, Any]:
    assert form is not None
    return {
        "rows": form.rows, "cols": form.columns, "samples": form.samples,
        "bits_stored": form.bits_stored, "signed": form.is_signed,
        "photometric": form.photometric, "slope": form.slope, "intercept": form.intercept,
        "aspect": round(form.aspect, ASPECT_PLACES), "layers": form.layers,
    }  # fmt: skip


def _windows(windows: Iterable[Window]) -> list[dict[str, Any]]:
    plain = [window for window in windows if window.table is None]
    tables = [window for window in windows if window.table is not None][:MAX_TABLES]
    return [_window(window) for window in (*plain, *tables)]


def _window(window: Window) -> dict[str, Any]:
    value = {"name": window.name, "center": window.center, "width": window.width}
    if window.function != "LINEAR":
        value["function"] = window.function
    if window.table is not None:
        runs = window.table.runs()
        if len(runs) <= MAX_RUNS:
            flat = [number for run in runs for number in run]
            value["table"] = {"first": window.table.first, "runs": flat}
    return value


def _most(values: Iterable[Any]) -> Any:
    """The most frequent value, the first of those; None when there is none."""
    counts = Counter(values)
    return counts.most_common(1)[0][0] if counts else None


def _common_start(texts: Sequence[str]) -> str:
    """The longest beginning that all share."""
    first, last = min(texts, default=""), max(texts, default="")
    length = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return min(first, last, key=len) if length is None else first[:length]


def _rounded(values: tuple[float, ...] | None) -> list[float] | None:
    return None if values is None else [round(value, PLACES) + 0.0 for value in values]
