"""Every mark says what the test computes from the file's geometry and stored values, upright,
turned, flipped and zoomed, with square and with oblong pixels."""

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.browser import DESK, PHONE, picture
from tests.viewer.conftest import Open
from tests.viewer.driver import Reader, Where
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]
VIEWS = [[], ["turn-right"], ["flip-horizontal"], ["turn-left", "flip-vertical", "turn-left"]]
A, B, C, D = (100.5, 20.5), (180.5, 60.5), (60.5, 44.5), (150.5, 14.5)


def opened(open_viewer: Open, study: Study, name: str, turns: list[str]) -> tuple[Reader, Where]:
    reader = open_viewer(series=name).all_loaded()
    where = reader.where(study[name])
    for turn in turns:
        reader.press(turn)
        where = where.turned(turn)
    reader.settle()
    return reader, where


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("turns", VIEWS, ids=lambda turns: "+".join(turns) or "upright")
def test_length_and_angles_are_those_of_the_patient(
    open_viewer: Open, study: Study, turns: list[str]
) -> None:
    """On the coronal series, whose pixels are three times as tall as wide."""
    reader, where = opened(open_viewer, study, "coronal", turns)
    row_mm, col_mm = study["coronal"].entry["spacing"]

    def mm(p: tuple[float, float], q: tuple[float, float]) -> tuple[float, float]:
        return (q[0] - p[0]) * col_mm, (q[1] - p[1]) * row_mm

    reader.press("tool-length")
    reader.drag(where(*A), where(*B))
    expected = math.hypot(*mm(A, B))
    assert numbers(reader.text("reading-length"))[0] == pytest.approx(expected, rel=0.01)
    assert "mm" in reader.text("reading-length")

    reader.press("tool-angle")
    reader.drag(where(*C), where(*A))
    reader.click(where(*D))
    (ax, ay), (bx, by) = mm(A, C), mm(A, D)
    cosine = (ax * bx + ay * by) / math.hypot(ax, ay) / math.hypot(bx, by)
    assert numbers(reader.text("reading-angle"))[0] == pytest.approx(
        math.degrees(math.acos(cosine)), abs=0.7
    )

    reader.press("tool-cobb")
    reader.drag(where(30.5, 50.5), where(70.5, 52.5))
    reader.drag(where(30.5, 62.5), where(70.5, 56.5))
    first, second = (math.atan2(*reversed(mm((0, 0), to))) for to in ((40, 2), (40, -6)))
    assert numbers(reader.text("reading-cobb"))[0] == pytest.approx(
        math.degrees(first - second), abs=0.7
    )
    picture(reader.page, "d10_7-angles")


def test_length_survives_zoom_and_the_mark_stays_on_its_pixels(
    open_viewer: Open, study: Study
) -> None:
    reader, where = opened(open_viewer, study, "axial", [])
    reader.press("tool-length")
    reader.drag(where(80, 100), where(180, 100))
    before = reader.text("reading-length")
    assert numbers(before)[0] == pytest.approx(100 * study["axial"].entry["spacing"][1], rel=0.01)
    reader.page.mouse.move(*where(128, 128))
    reader.page.keyboard.down("Control")
    reader.page.mouse.wheel(0, -200)
    reader.page.keyboard.up("Control")
    reader.settle()
    assert reader.text("reading-length") == before
    line = (
        reader.page.locator("[data-testid=mark-length] polyline").last.get_attribute("points") or ""
    )
    (x1, _), (x2, _) = (tuple(map(float, p.split(","))) for p in line.split())
    zoom = math.exp(200 / 300)
    assert x2 - x1 == pytest.approx((where(180, 0)[0] - where(80, 0)[0]) * zoom, abs=1.5)


def region(study: Study, index: int, inside: Callable[..., np.ndarray]) -> tuple[float, ...]:  # type: ignore[type-arg]
    y, x = np.mgrid[:256, :256] + 0.5
    values = study["axial"].stored[index].astype(float)[inside(x, y)] - 1024
    return float(values.mean()), float(values.std()), float(values.min()), float(values.max())


@pytest.mark.parametrize("turns", VIEWS[:3], ids=lambda turns: "+".join(turns) or "upright")
def test_statistics_are_those_of_the_stored_pixels_in_hounsfield_units(
    open_viewer: Open, study: Study, turns: list[str]
) -> None:
    reader, where = opened(open_viewer, study, "axial", turns)
    index, mm2 = reader.index, math.prod(study["axial"].entry["spacing"])

    reader.press("tool-rectangle")
    reader.drag(where(60, 90), where(100, 130))
    area, *found = numbers(reader.text("reading-rectangle").replace("cm²", ""))
    mean, deviation, low, high = region(
        study, index, lambda x, y: (x > 60) & (x < 100) & (y > 90) & (y < 130)
    )
    assert area == pytest.approx(1600 * mm2 / 100, rel=0.03)
    assert found[0] == pytest.approx(mean, abs=25)
    assert found[1] == pytest.approx(deviation, abs=25)
    assert found[2:] == pytest.approx([low, high], abs=160)
    assert "HU" in reader.text("reading-rectangle")

    reader.press("tool-ellipse")
    reader.drag(where(150, 90), where(190, 150))
    area, *found = numbers(reader.text("reading-ellipse").replace("cm²", ""))
    mean, deviation, _, _ = region(
        study, index, lambda x, y: ((x - 170) / 20) ** 2 + ((y - 120) / 30) ** 2 <= 1
    )
    assert area == pytest.approx(math.pi * 20 * 30 * mm2 / 100, rel=0.03)
    assert found[:2] == pytest.approx([mean, deviation], abs=25)

    reader.press("tool-circle")
    reader.drag(where(128, 60), where(138, 60))
    assert numbers(reader.text("reading-circle"))[0] == pytest.approx(
        20 * study["axial"].entry["spacing"][0], rel=0.03
    )

    reader.press("tool-probe")
    reader.click(where(170.5, 120.5))
    value = float(study["axial"].stored[index][120, 170]) - 1024
    assert reader.text("reading-probe") == f"{value:.0f} HU"
    picture(reader.page, "d10_5-regions")


def test_what_lies_under_the_mouse_is_said(open_viewer: Open, study: Study) -> None:
    reader, where = opened(open_viewer, study, "axial", [])
    reader.page.mouse.move(*where(99.5, 140.5))
    reader.settle()
    value = float(study["axial"].stored[reader.index][140, 99]) - 1024
    assert f"(99, 140) {value:.0f} HU" in reader.text("corner-bl")


def test_without_spacing_lengths_are_pixels_until_calibrated(
    open_viewer: Open, study: Study
) -> None:
    reader, where = opened(open_viewer, study, "us", [])
    reader.press("tool-length")
    reader.drag(where(100, 100), where(200, 100))
    assert numbers(reader.text("reading-length")) == [pytest.approx(100, abs=0.6)]
    assert "像素" in reader.text("reading-length")
    expect(reader.find("scale-bar")).to_have_count(0)
    reader.press("tool-calibrate")
    reader.drag(where(100, 60), where(150, 60))
    reader.find("ask-text").fill("25")
    reader.find("ask-ok").click()
    reader.settle()
    assert numbers(reader.text("reading-length")) == [pytest.approx(50, abs=0.6)]
    assert "mm" in reader.text("reading-length")
    assert "已校准" in reader.text("reading-length")
    expect(reader.find("scale-bar")).to_have_count(1)


def test_spacing_at_the_detector_is_said_to_be_uncorrected(open_viewer: Open, study: Study) -> None:
    reader, where = opened(open_viewer, study, "dx", [])
    reader.press("tool-length")
    reader.drag(where(200, 500), where(700, 500))
    assert numbers(reader.text("reading-length"))[0] == pytest.approx(100, rel=0.01)
    assert "探测器平面,未校正放大" in reader.text("reading-length")


def test_marks_are_selected_moved_undone_listed_hidden_and_erased(
    open_viewer: Open, study: Study
) -> None:
    reader, where = opened(open_viewer, study, "axial", [])
    reader.press("tool-length")
    reader.drag(where(60, 60), where(120, 60))
    reader.drag(where(60, 180), where(120, 180))
    first = reader.text("reading-length")
    reader.find("tool-scroll").click()
    reader.click(where(200, 220))
    expect(reader.find("mark-bar")).to_be_hidden()
    reader.click(where(90, 60))
    expect(reader.find("mark-hint")).to_have_text("已选中:长度")
    reader.drag(where(120, 60), where(160, 60))
    moved = reader.find("reading-length").first.text_content()
    assert moved != first
    reader.page.keyboard.press("Control+z")
    assert reader.find("reading-length").first.text_content() == first
    reader.page.keyboard.press("Control+y")
    assert reader.find("reading-length").first.text_content() == moved
    reader.find("delete-selected").click()
    expect(reader.find("mark-length")).to_have_count(1)
    reader.press("toggle-marks")
    expect(reader.find("mark-length")).to_have_count(0)
    reader.press("toggle-marks")
    reader.page.keyboard.press("End")
    expect(reader.find("mark-length")).to_have_count(0)
    reader.press("go-mark-0")
    expect(reader.find("mark-length")).to_have_count(1)
    assert reader.index == 36
    reader.press("clear-marks")
    expect(reader.find("mark-length")).to_have_count(0)
    reader.press("undo")
    expect(reader.find("mark-length")).to_have_count(1)


def test_arrow_and_chinese_text(open_viewer: Open, study: Study) -> None:
    reader, where = opened(open_viewer, study, "axial", [])
    reader.press("tool-arrow")
    reader.drag(where(70, 70), where(40, 50))
    reader.find("edit-mark").click()
    reader.find("ask-text").fill("右肺结节")
    reader.page.keyboard.press("Enter")
    expect(reader.find("reading-arrow")).to_have_text("右肺结节")
    reader.press("tool-text")
    reader.click(where(200, 200))
    reader.find("ask-cancel").click()
    expect(reader.find("mark-text")).to_have_count(0)
    reader.click(where(200, 200))
    reader.find("ask-text").fill("<b>随访</b>")
    reader.find("ask-ok").click()
    expect(reader.find("reading-text")).to_have_text("<b>随访</b>")


def test_a_polygon_is_closed_by_its_first_point(open_viewer: Open, study: Study) -> None:
    reader, where = opened(open_viewer, study, "axial", [])
    reader.press("tool-polygon")
    for corner in ((60, 60), (100, 60), (100, 100), (60, 100), (60, 60)):
        reader.click(where(*corner))
    area = numbers(reader.text("reading-polygon"))[0]
    assert area == pytest.approx(1600 * math.prod(study["axial"].entry["spacing"]) / 100, rel=0.03)


def test_a_finger_draws_under_a_lens_and_a_second_one_gives_up(
    open_viewer: Open, study: Study
) -> None:
    reader = open_viewer(PHONE).all_loaded()
    where = reader.where(study["axial"])
    reader.press("tool-length")
    (x1, y1), (x2, y2) = where(80, 120), where(180, 120)
    steps = [[(x1, y1)], [((x1 + x2) / 2, y1)], [(x2, y2)]]
    reader.touch(steps)
    found = numbers(reader.text("reading-length"))[0]
    assert found == pytest.approx(100 * study["axial"].entry["spacing"][1], rel=0.02)
    expect(reader.find("lens")).to_be_hidden()
    reader.touch([[(100, 400), (200, 400)], [(90, 400), (210, 400)]])
    expect(reader.find("mark-length")).to_have_count(1)
    picture(reader.page, "d10_2-phone")


def test_the_magnifier_shows_the_same_pixels_larger(open_viewer: Open, study: Study) -> None:
    reader = open_viewer(DESK).all_loaded()
    where = reader.where(study["axial"])
    reader.press("tool-magnifier")
    reader.page.mouse.move(*where(150, 140))
    reader.page.mouse.down()
    reader.page.mouse.move(*where(152, 141))
    expect(reader.find("lens")).to_be_visible()
    picture(reader.page, "d9_2-magnifier")
    reader.page.mouse.up()
    expect(reader.find("lens")).to_be_hidden()
