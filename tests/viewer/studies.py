"""Studies for the viewer's browser tests: phantoms through the product's own encoder, with the
manifest of docs/web-format.md. Every stored value stays here too, so that a test can compute what
the viewer ought to say."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.phantoms.chest import chest
from demo.phantoms.grid import scan
from demo.phantoms.radiograph import radiograph
from imaging.output.png import encode_png
from imaging.output.preview import longest_side, pack_preview
from imaging.output.reduce import area_average, fit
from imaging.output.web_frame import encode_frame, pack
from imaging.pixels.windows import Window, apply_window

SHAPE = (72, 256, 256)  # slices, rows, columns


@dataclass(frozen=True, slots=True)
class SeriesData:
    """What the server sends for one series, and the stored values behind it."""

    entry: dict[str, Any]
    frames: list[bytes]
    preview: bytes
    thumbnail: bytes
    stored: list[NDArray[Any]] = field(repr=False)


def series(
    id: str,
    frames: list[NDArray[Any]],
    window: Window,
    *,
    damaged: tuple[int, ...] = (),
    **facts: Any,
) -> SeriesData:
    """(rows, columns) of int16 or uint16, or (rows, columns, 3) uint8; `facts` go into the entry."""
    first = frames[0]
    samples = 3 if first.ndim == 3 else 1
    slope, intercept = facts.get("slope", 1), facts.get("intercept", 0)
    small: list[NDArray[np.uint8] | None] = []
    for index, frame in enumerate(frames):
        reduced = area_average(frame, *fit(*frame.shape[:2], longest_side(len(frames))))
        grey = apply_window(reduced * slope + intercept, window)
        if facts.get("photometric") == "MONOCHROME1":
            grey = ~grey
        small.append(
            None if index in damaged else reduced.astype(np.uint8) if samples == 3 else grey
        )
    preview, rows, columns = pack_preview(small)
    packed = [b"" if n in damaged else pack(encode_frame(f, 16)) for n, f in enumerate(frames)]
    entry = {
        "id": id, "revision": 1, "series_instance_uid": f"2.25.{abs(hash(id))}", "number": 1,
        "modality": "CT", "description": "", "body_part": "", "state": "ready", "problem": "",
        "message": "", "count": len(frames), "rows": first.shape[0], "cols": first.shape[1],
        "samples": samples, "bits_stored": 8 if samples == 3 else 16,
        "signed": first.dtype.kind == "i", "photometric": "RGB" if samples == 3 else "MONOCHROME2",
        "slope": 1, "intercept": 0, "unit": "", "frame_time_ms": None,
        "windows": [{"name": window.name, "center": window.center, "width": window.width}],
        "spacing": None, "spacing_source": None, "slice_thickness_mm": None,
        "frame_of_reference_uid": "", "orientation": None,
        "preview": {"rows": rows, "cols": columns, "bytes": len(preview)}, "thumbnail": True,
        **{key: value for key, value in facts.items() if key != "position"},
        "frames": {
            "sop_instance_uid": {"prefix": f"2.25.{len(id)}.", "rest": [str(n + 1) for n in range(len(frames))]},
            "frame": None, "instance_number": [n + 1 for n in range(len(frames))],
            "position": facts.get("position"), "bytes": [len(p) for p in packed],
            "problem": {str(n): "jpeg_truncated" for n in damaged}, "overrides": {},
        },
    }  # fmt: skip
    shown = [picture for picture in small if picture is not None]
    return SeriesData(entry, packed, preview, encode_png(shown[len(shown) // 2]), frames)


def phantom_study() -> dict[str, SeriesData]:
    """A chest CT in two planes of one frame of reference, a radiograph, a colour clip without any
    spacing, a series with damaged frames, and one that is still being prepared."""
    grid = chest(SHAPE)
    volume = np.maximum(scan(grid.values, noise=14, seed=5), -1024)
    dz, dy, dx = (round(step, 3) for step in grid.spacing_mm)
    top, half = (SHAPE[0] - 1) * dz, (SHAPE[1] - 1) * dy / 2
    lung = Window(-600, 1500, "WINDOW1")
    common = {"frame_of_reference_uid": "2.25.77", "unit": "HU", "spacing_source": "PixelSpacing"}
    axial = series(
        "axial", [*(volume + 1024).astype(np.uint16)], lung, number=2, description="胸部 轴位 肺窗",
        intercept=-1024, spacing=[dy, dx], orientation=[1, 0, 0, 0, 1, 0],
        slice_thickness_mm=4, position=[[-half, -half, n * dz] for n in range(SHAPE[0])],
        **common,
    )  # fmt: skip
    rows = range(40, 216, 4)
    coronal = series(
        "coronal", [np.ascontiguousarray(volume[::-1, y, :]) for y in rows], Window(40, 400), number=3,
        description="胸部 冠状位 重建", spacing=[dz, dx], orientation=[1, 0, 0, 0, 0, -1],
        slice_thickness_mm=5.6, position=[[-half, -half + y * dy, top] for y in rows],
        **common,
    )  # fmt: skip
    film = radiograph(grid.values[:, :176], grid.spacing_mm, size=(1024, 1024))
    plain = series(
        "dx", [film], Window(2000, 3400), number=4, modality="DX", description="胸部 正位",
        spacing=[0.2, 0.2], spacing_source="ImagerPixelSpacing", orientation=None,
    )  # fmt: skip
    damaged = series(
        "damaged", [*(volume[:9] + 1024).astype(np.uint16)], lung, damaged=(4, 8), number=6,
        description="有一幅损坏", intercept=-1024, unit="HU",
    )  # fmt: skip
    damaged.entry["frames"]["partial"] = {"6": {"problem": "jpegls_truncated", "rows": 60}}
    return {
        "axial": axial,
        "coronal": coronal,
        "dx": plain,
        "us": series(
            "us", _clip(), Window(128, 256), number=5, modality="US", description="彩色多普勒", frame_time_ms=40
        ),
        "damaged": damaged,
        "waiting": SeriesData(
            {**plain.entry, "id": "waiting", "state": "waiting", "frames": None, "thumbnail": False,
             "description": "正在准备", "message": "这组影像正在准备,请稍后再看。", "preview": None},
            [], b"", b"", [],
        ),
    }  # fmt: skip


def repeated(data: SeriesData, id: str, count: int) -> SeriesData:
    """The frames of a series again and again: a long one that costs little to make."""
    few = len(data.frames)
    stored = [data.stored[n % few] for n in range(count)]
    reduced = [area_average(one, *fit(*one.shape[:2], longest_side(count))) for one in data.stored]
    window = Window(data.entry["windows"][0]["center"], data.entry["windows"][0]["width"])
    slope, intercept = data.entry["slope"], data.entry["intercept"]
    small = [
        one.astype(np.uint8) if one.ndim == 3 else apply_window(one * slope + intercept, window)
        for one in reduced
    ]
    preview, rows, columns = pack_preview([small[n % few] for n in range(count)])
    columnar = {
        **data.entry["frames"], "instance_number": [n + 1 for n in range(count)],
        "sop_instance_uid": {"prefix": "2.25.9.", "rest": [str(n + 1) for n in range(count)]},
        "bytes": [len(data.frames[n % few]) for n in range(count)],
    }  # fmt: skip
    entry = {
        **data.entry, "id": id, "count": count, "frames": columnar,
        "preview": {"rows": rows, "cols": columns, "bytes": len(preview)},
    }  # fmt: skip
    frames = [data.frames[n % few] for n in range(count)]
    return SeriesData(entry, frames, preview, data.thumbnail, stored)


def manifest(data: dict[str, SeriesData]) -> dict[str, Any]:
    return {
        "version": 1,
        "revision": 1,
        "study": {
            "id": "study", "study_instance_uid": "2.25.1", "description": "胸部CT平扫", "study_at": "2026-11-24T09:12:00",
            "patient_name": "欧阳测试", "patient_id": "P0012345", "patient_sex": "女", "patient_age": "45岁",
        },
        "series": [one.entry for one in data.values()],
    }  # fmt: skip


def _clip() -> list[NDArray[np.uint8]]:
    """A fan of speckle in which a red and blue spot beats."""
    y, x = np.mgrid[:240, :320]
    radius, angle = np.hypot(y, x - 160), np.arctan2(x - 160, y + 1)
    fan = (np.abs(angle) < 0.7) & (radius > 30) & (radius < 225)
    random = np.random.default_rng(8)
    frames = []
    for n in range(30):
        grey = np.where(fan, random.integers(20, 110, fan.shape), 0).astype(np.uint8)
        frame = np.repeat(grey[:, :, None], 3, axis=2)
        beat = 12 + 6 * np.sin(n / 30 * 2 * np.pi)
        frame[np.hypot(y - 120, x - 140) < beat] = (200, 40, 20)
        frame[np.hypot(y - 120, x - 180) < 24 - beat] = (20, 60, 210)
        frames.append(frame)
    return frames
