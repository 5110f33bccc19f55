"""How each frame is measured is said in the manifest: what most frames share once, the others by
override, never one frame's millimetres for another's."""

from typing import Any

from imaging.output.manifest_entry import FrameEntry, FrameForm, SeriesFacts, build_entry
from imaging.pixels.functional_groups import FrameFacts
from imaging.pixels.spacing import PixelSize, UltrasoundRegion

FORM = FrameForm(4, 4, 1, 12, False, "MONOCHROME2", 1.0, 0.0)
AREA = UltrasoundRegion(0, 0, 99, 49, PixelSize(0.2, 0.3, "PhysicalDeltaX"))
TRACE = UltrasoundRegion(0, 50, 99, 99, None)


def frame(number: int, **more: Any) -> FrameEntry:
    facts = {
        "position": None, "orientation": None, "spacing": (0.5, 0.5),
        "spacing_source": "PixelSpacing", "thickness_mm": None, "slope": 1.0, "intercept": 0.0,
        "unit": "", "windows": (),
    } | more  # fmt: skip
    return FrameEntry(f"1.2.{number}", 1, number, FORM, FrameFacts(**facts), byte_count=9)


def test_another_spacing_is_that_frames_alone() -> None:
    other = frame(3, spacing=(0.2, 0.1), spacing_source="ImagerPixelSpacing")
    nothing = frame(4, spacing=None, spacing_source=None)
    entry = build_entry([frame(1), frame(2), other, nothing], SeriesFacts())
    assert (entry["spacing"], entry["spacing_source"]) == ([0.5, 0.5], "PixelSpacing")
    assert entry["frames"]["overrides"] == {
        "2": {"spacing": [0.2, 0.1], "spacing_source": "ImagerPixelSpacing"},
        "3": {"spacing": None, "spacing_source": None},
    }


def test_regions_carry_height_before_width_or_nothing() -> None:
    entry = build_entry([frame(1, regions=(AREA, TRACE), spacing=None)], SeriesFacts())
    assert entry["regions"] == [[0, 0, 99, 49, 0.2, 0.3], [0, 50, 99, 99, None, None]]
    assert entry["spacing"] is None


def test_units_and_uptake_follow_the_frame() -> None:
    pet = {"unit": "Bq/ml", "suv_factor": 0.0003}
    entry = build_entry([frame(1, **pet), frame(2, **pet), frame(3, unit="Bq/ml")], SeriesFacts())
    assert (entry["unit"], entry["suv_factor"]) == ("Bq/ml", 0.0003)
    assert entry["frames"]["overrides"] == {"2": {"suv_factor": None}}


def test_what_nothing_is_known_of_is_said_as_nothing() -> None:
    entry = build_entry([FrameEntry("1.2.3", 1, 1, problem="jpeg_truncated")], SeriesFacts())
    known = [entry[name] for name in ("spacing", "spacing_source", "unit", "regions", "suv_factor")]
    assert known == [None, None, "", None, None]
