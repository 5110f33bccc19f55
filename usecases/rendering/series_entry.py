"""Rendered frames become the series' entry of the manifest, with its state in words."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from imaging.dicom.dataset import Dataset
from imaging.output.manifest_entry import SeriesFacts, build_entry
from imaging.pixels.image_file import ImageFile
from imaging.pixels.windows import Window
from usecases.rendering.messages import message_of
from usecases.rendering.pictures import Pictures
from usecases.rendering.render_instance import RenderedFrame

IDENTITY = Window(128, 256)  # of 8-bit colour: every reader finds a first window


def series_entry(
    frames: Sequence[RenderedFrame],
    pictures: Pictures,
    image: ImageFile | None,
    *,
    has_thumbnail: bool,
) -> dict[str, Any]:
    """Everything but what the database row of the series says itself."""
    state, problem = state_of(frames)
    facts = SeriesFacts(default_windows=[pictures.default_window or IDENTITY])
    if image is not None:
        facts.frame_time_ms = frame_time_ms(image.dataset)
        facts.frame_times_ms = frame_times_ms(image.dataset, len(frames))
        facts.frame_of_reference_uid = image.dataset.text("FrameOfReferenceUID")
    return {
        "state": state,
        "problem": problem,
        "message": message_of(state, problem),
        **build_entry([frame.entry for frame in frames], facts),
        "preview": {
            "rows": pictures.preview_rows,
            "cols": pictures.preview_columns,
            "bytes": len(pictures.preview),
        },
        "thumbnail": has_thumbnail,
    }


def state_of(frames: Sequence[RenderedFrame]) -> tuple[str, str]:
    """State and code of a series: ready when anything of it can be shown."""
    if not frames:
        return "unsupported", "not_an_image"
    problems = Counter(frame.entry.problem for frame in frames)
    if problems[""]:
        return "ready", ""
    code = problems.most_common(1)[0][0]
    is_unsupported = any(f.is_unsupported for f in frames if f.entry.problem == code)
    return ("unsupported" if is_unsupported else "damaged"), code


def frame_time_ms(dataset: Dataset) -> float | None:
    """How long a frame is shown in a cine loop (PS3.3 C.7.6.5); None when the file is no loop."""
    time = dataset.number("FrameTime")
    if not time:
        steps = [step for step in dataset.numbers("FrameTimeVector") if step > 0]
        time = sum(steps) / len(steps) if steps else None
    if not time:
        rate = dataset.number("RecommendedDisplayFrameRate") or dataset.number("CineRate")
        time = 1000 / rate if rate and rate > 0 else None
    return round(time, 3) if time and 1 <= time <= 60_000 else None


def frame_times_ms(dataset: Dataset, count: int) -> list[float] | None:
    """How long each frame of a loop with uneven steps is shown (Frame Time Vector, C.7.6.5.1.2);
    None where one time holds for all, or the series is more than this one file. The vector holds
    the steps before each frame, so the last frame has none of its own: it takes their mean."""
    steps = dataset.numbers("FrameTimeVector")
    if dataset.number("FrameTime") or len(steps) != count or count < 2:
        return None
    after = steps[1:]
    if min(after) < 1 or max(after) > 60_000 or max(after) - min(after) < 0.5:
        return None
    return [round(step, 3) for step in (*after, sum(after) / len(after))]
