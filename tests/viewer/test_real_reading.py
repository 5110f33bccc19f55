"""Reading tools of the tender on real files at every size: pictures beside the server's own
renderer, windows, scrolling, cine in the file's own time, letters from its own directions."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from imaging.output.rendering import render_frame
from imaging.pixels.colour_maps import NAMES as PALETTES
from imaging.pixels.colour_maps import colour_map
from tests.support.browser import DESK, picture, wait_until
from tests.viewer.driver import Reader
from tests.viewer.real_study import TRUTHS, real_file
from tests.viewer.server import ViewerServer
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]
# the series, the window it is seen through ("file": its first), inverted
GOLDEN = [
    ("ct", "file", False), ("ct", "40/400", True), ("dx", "file", False), ("dx", "1800/900", True),
    ("mg", "file", False), ("xa", "157/315", False), ("pt", "file", False), ("us", "file", False),
]  # fmt: skip


def centre(drawn: NDArray[np.uint8], expected: NDArray[np.uint8]) -> tuple[NDArray[np.int16], ...]:
    """The part of a picture that lies on the canvas at one to one, of both."""
    parts = []
    for one, other in ((drawn, expected), (expected, drawn)):
        tops = [
            round((a - b) / 2) if a > b else 0
            for a, b in zip(one.shape[:2], other.shape[:2], strict=True)
        ]
        rows, cols = (min(a, b) for a, b in zip(one.shape[:2], other.shape[:2], strict=True))
        parts.append(one[tops[0] : tops[0] + rows, tops[1] : tops[1] + cols].astype(np.int16))
    return tuple(parts)


def best_fit(drawn: NDArray[np.uint8], expected: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Differences; an odd pixel of canvas is shared out as the viewer rounds it."""
    if expected.ndim == 2:
        expected = np.repeat(expected[:, :, None], 3, axis=2)
    found = []
    for down in (0, 1):
        for right in (0, 1):
            a, b = centre(drawn[down:, right:], expected)
            found.append(np.abs(a - b))
    return min(found, key=lambda one: float(one.mean()))


@pytest.mark.parametrize("renderer", ["webgl2", "2d"])
def test_one_to_one_a_picture_is_the_one_the_server_draws(
    browser: Browser, real_server: ViewerServer, real: Study, shared_dicom: Path, renderer: str
) -> None:
    reader = Reader(browser, real_server, DESK, {"renderer": renderer}, is_first_visit=False)
    for name, window, is_inverted in GOLDEN[:: 1 if renderer == "2d" else 2]:
        reader.show(real, name, [])
        reader.page.keyboard.press("1")
        if is_inverted:
            reader.page.keyboard.press("i")
        script = "window.__viewer.scrollTo(window.__viewer.index())"
        if window != "file":
            center, width = window.split("/")
            script = f"window.__viewer.setWL({center}, {width})"
        drawn = reader.pixels(script)
        file = real_file(shared_dicom, name, reader.index)
        expected = render_frame(file, 0, window, is_inverted=is_inverted)
        away = best_fit(drawn, expected)
        assert away.max() <= 1, (name, window)
        assert (away == 0).mean() > 0.97, (name, window)
        reader.find("reset").click()
    reader.close()
    assert reader.complaints == []


def test_all_fifteen_palettes_by_name(
    browser: Browser, real_server: ViewerServer, real: Study, shared_dicom: Path
) -> None:
    reader = Reader(browser, real_server, DESK, {"renderer": "2d"}, is_first_visit=False)
    reader.show(real, "ct", [])
    reader.page.keyboard.press("1")
    grey = render_frame(real_file(shared_dicom, "ct", reader.index), 0, "40/400")
    reader.pixels("window.__viewer.setWL(40, 400)")
    assert len(PALETTES) == 15
    for name in PALETTES:
        reader.press(f"palette-{name}")
        away = best_fit(reader.pixels(), colour_map(name)[grey])
        assert away.max() <= 2, name
    picture(reader.page, "d9_9-palette-ct-1440")
    reader.close()


def test_the_window_follows_hand_presets_and_numbers(real_reader: Reader, real: Study) -> None:
    reader = real_reader
    choices = [("ct", "preset-骨窗", (2000, 500)), ("mg", "preset-HARDER", (750, 2713))]
    for name, preset, (width, center) in choices[: 2 if reader.size == DESK else 1]:
        where = reader.show(real, name, [])
        own = real[name].entry["windows"][0]
        x, y = (round(v) for v in where(where.cols / 2, where.rows / 2))
        reader.press("tool-window")
        reader.stroke((x, y), (x + 30, y), (x + 60, y))
        reader.stroke((x, y), (x, y + 45))
        wide = own["width"] * math.exp(60 / 300)
        told = reader.text("corner-br")
        assert f"窗宽 {wide:.0f} 窗位 {own['center'] + 45 * wide / 300:.0f}" in told
        reader.press(preset)
        reader.settle()
        assert f"窗宽 {width} 窗位 {center}" in reader.text("corner-br")
        picture(reader.page, f"d9_3-{name}-{reader.size[0]}")
        reader.press("tool-scroll")
        reader.press("reset")
        reader.settle()
        assert f"窗宽 {own['width']:.0f} 窗位 {own['center']:.0f}" in reader.text("corner-br")


def test_scrolling_by_hand_keys_and_slider_shows_the_slice_that_was_asked_for(
    real_reader: Reader, real: Study
) -> None:
    reader = real_reader
    where = reader.show(real, "ct", [])
    x, y = where(256, 256)
    start = reader.index
    if reader.is_touch:
        reader.stroke((x, y), (x, y + 8), (x, y + 16))
    else:
        reader.page.mouse.move(x, y)
        reader.page.mouse.wheel(0, 100)
        wait_until(reader.page, f"window.__viewer.index() === {start + 1}")
        reader.page.mouse.wheel(0, 100)
        wait_until(reader.page, f"window.__viewer.index() === {start + 2}")
    assert reader.index == start + 2
    reader.page.keyboard.press("ArrowUp")
    assert reader.index == start + 1
    reader.find("slice-slider").fill("3")
    assert reader.index == 3
    reader.settle()
    z = -679.800049 + 1.0 * (120 + 3 - 1)  # of the manifest: the first slice, 1 mm a slice
    assert f"位置 {z:.0f} mm" in reader.text("corner-bl")
    assert np.array_equal(reader.stored(3), real["ct"].stored[3])


@pytest.mark.parametrize("name", ["ct", "mr"])
def test_letters_are_those_of_the_files_directions(
    real_reader: Reader, real: Study, name: str
) -> None:
    reader = real_reader
    plain = {
        "ct": ["R", "A", "L", "P"],
        # (0.999, -0.02, 0.04) and (0.03, 0.99, -0.13): oblique by less than a letter counts
        "mr": ["R", "A", "L", "P"],
    }[name]
    reader.show(real, name, [])

    def letters() -> list[str]:
        reader.settle()
        return [reader.text(f"corner-{side}") for side in ("left", "top", "right", "bottom")]

    assert letters() == plain
    left, top, right, bottom = plain
    reader.press("turn-left")
    assert letters() == [top, right, bottom, left]
    reader.press("flip-vertical")
    assert letters() == [top, left, bottom, right]
    reader.press("toggle-corners")
    assert letters() == [top, left, bottom, right]
    assert reader.text("corner-tl") == ""
    reader.press("toggle-corners")
    picture(reader.page, f"d9_6-{name}-{reader.size[0]}")
    reader.press("reset")
    assert letters() == plain


def test_an_angiography_plays_in_its_own_time_and_to_and_fro(
    real_reader: Reader, real: Study
) -> None:
    reader = real_reader
    reader.show(real, "xa-loop", [])
    reader.press("cine")
    assert reader.text("cine-speed") == "30 幅/秒"  # Frame Time 33 ms
    seen = reader.page.evaluate(
        """new Promise(done => {
          const seen = [];
          const look = () => {
            const now = window.__viewer.index();
            if (now !== seen.at(-1)) seen.push(now);
            if (seen.length > 12) done(seen); else requestAnimationFrame(look);
          };
          look();
        })"""
    )
    assert all((b - a) % 96 < 48 for a, b in pairwise(seen)), seen
    reader.find("cine-bounce").click()
    picture(reader.page, f"d9_1-cine-xa-{reader.size[0]}")
    reader.find("cine-stop").click()


def test_a_magnifier_over_a_radiograph_and_panning(real_reader: Reader, real: Study) -> None:
    reader = real_reader
    where = reader.show(real, "dx", [])
    x, y = (round(v) for v in where(1000, 1000))
    reader.press("tool-magnifier")
    if reader.is_touch:
        session = reader.context.new_cdp_session(reader.page)
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y, "id": 0}]})  # fmt: skip
    else:
        reader.page.mouse.move(x, y)
        reader.page.mouse.down()
    reader.settle()
    box = reader.find("lens").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    assert middle < y - 80 if reader.is_touch else abs(middle - y) < 2, (box, x, y)
    picture(reader.page, f"d9_2-magnifier-dx-{reader.size[0]}")
    if reader.is_touch:
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    else:
        reader.page.mouse.up()
    reader.press("tool-pan")
    reader.stroke((x, y), (x + 15, y + 10), (x + 30, y + 20))
    moved = where.moved(30, 20)
    reader.press("tool-probe")
    at = (x - 20, y - 30)
    reader.stroke(at)
    col, row = moved.back(at)
    value = int(real["dx"].stored[0][math.floor(row), math.floor(col)])
    assert reader.text("reading-probe") == str(value)
    assert TRUTHS["dx"].slope == 1
    reader.page.keyboard.press("Control+z")
    reader.press("tool-scroll")
    reader.press("reset")
