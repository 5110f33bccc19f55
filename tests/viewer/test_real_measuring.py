"""Every measuring tool of the tender on real CT, MR, DX, MG, US, XA, NM and PT files, with a mouse
at the desk and a finger on phone and tablet, upright, turned, flipped and zoomed."""

import math

import pytest
from playwright.sync_api import expect

from tests.support.browser import picture
from tests.viewer.driver import Reader
from tests.viewer.hands import TOOLS, Sheet, numbers
from tests.viewer.real_study import TRUTHS
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]
VIEWS = [
    [], ["turn-right"], ["flip-horizontal", "zoom"], ["turn-left", "flip-vertical"], ["zoom"],
]  # fmt: skip
NAMES = ["ct", "mr", "dx", "mg", "us", "xa", "us-loop", "nm", "pt"]
FINGERS = 6  # so many of them are measured with a finger too


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_says_what_the_file_and_its_pixels_say(
    real_reader: Reader, real: Study, name: str
) -> None:
    """Two tools a series and size, another two at the next: all ten at every size, each on
    several modalities. What a series is seen through differs from size to size too."""
    reader = real_reader
    if reader.is_touch and NAMES.index(name) >= FINGERS:
        return  # measured at the desk
    number = NAMES.index(name) + reader.size[0] // 400 * 4
    where = reader.show(real, name, VIEWS[number % len(VIEWS)])
    stored, factor = real[name].stored[reader.index], real[name].entry["suv_factor"]
    sheet = Sheet(reader, TRUTHS[name], stored, where, factor)
    for tool in [list(TOOLS)[(number * 2 + k) % len(TOOLS)] for k in range(2)]:
        reader.press(f"tool-{tool}")
        TOOLS[tool](sheet)
        picture(reader.page, f"d10-{tool}-{name}-{reader.size[0]}")
        reader.page.keyboard.press("Control+z")
        expect(reader.find(f"mark-{tool}")).to_have_count(0)
    reader.press("tool-scroll")
    reader.press("reset")


def test_a_trace_and_what_leaves_its_region_have_no_millimetres(
    real_reader: Reader, real: Study
) -> None:
    reader = real_reader
    where = reader.show(real, "us", [])
    reader.press("tool-length")
    for start, end, words in (
        ((200, 530), (500, 565), "该区域没有长度标定"),  # in the trace below the image
        ((300, 300), (300, 560), "超出标定区域"),  # from the image into the trace
        ((20, 100), (90, 300), "超出标定区域"),  # beside everything
    ):
        page = [(float(round(x)), float(round(y))) for x, y in (where(*at) for at in (start, end))]
        reader.stroke(*page)
        (x1, y1), (x2, y2) = (where.back(at) for at in page)
        said = reader.find("reading-length").last.text_content() or ""
        assert numbers(said)[0] == pytest.approx(math.hypot(x2 - x1, y2 - y1), abs=0.06)
        assert "像素" in said
        assert words in said
        reader.page.keyboard.press("Control+z")
    reader.press("tool-scroll")
