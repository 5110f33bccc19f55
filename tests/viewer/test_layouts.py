"""Several series side by side: linked scrolling, cut lines, the located point."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import DESK, PHONE, picture
from tests.viewer.conftest import Open
from tests.viewer.driver import Reader
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]


def corner(reader: Reader, pane: int) -> str:
    reader.settle()
    return reader.find(f"pane-{pane}").get_by_test_id("corner-bl").text_content() or ""


def cut_points(reader: Reader, pane: int) -> list[tuple[float, float]]:
    line = (
        reader.page.locator(f"[data-testid=pane-{pane}] .cfv-cut").last.get_attribute("points")
        or ""
    )
    box = reader.find(f"pane-{pane}").bounding_box()
    assert box
    return [
        (float(x) + box["x"], float(y) + box["y"]) for x, y in (p.split(",") for p in line.split())
    ]


def two_planes(open_viewer: Open) -> Reader:
    reader = open_viewer(DESK).all_loaded()
    reader.press("layout-1x2")
    expect(reader.find("pane-1")).to_be_visible()
    reader.settle()
    return reader


def test_cut_lines_are_right_to_the_pixel(open_viewer: Open, study: Study) -> None:
    reader = two_planes(open_viewer)
    axial, coronal = study["axial"], study["coronal"]
    for index in (10, 36, 60):
        reader.scroll_to(index)
        reader.settle()
        z = axial.entry["frames"]["position"][index][2]
        top = coronal.entry["frames"]["position"][0][2]
        row = (top - z) / coronal.entry["spacing"][0] + 0.5
        where = reader.where(coronal, 1)
        for (x, y), column in zip(sorted(cut_points(reader, 1)), (0, 256), strict=True):
            assert (x, y) == pytest.approx(where(column, row), abs=1)
    y_mm = coronal.entry["frames"]["position"][22][1]
    first = axial.entry["frames"]["position"][0][1]
    row = (y_mm - first) / axial.entry["spacing"][0] + 0.5
    assert cut_points(reader, 0)[0][1] == pytest.approx(reader.where(axial, 0)(0, row)[1], abs=1)
    picture(reader.page, "d9_7-cut-lines")
    reader.press("reference-lines")
    assert reader.page.locator(".cfv-cut").count() == 0


def test_a_located_point_is_found_in_the_other_plane(open_viewer: Open, study: Study) -> None:
    reader = two_planes(open_viewer)
    axial, coronal = study["axial"], study["coronal"]
    reader.press("tool-locate")
    reader.click(reader.where(axial, 0)(60.5, 100.5))
    # row 100 of the axial slice is y = first + 100 * spacing; coronal images stand every 4 rows from 40
    assert "图像 16 / 44" in corner(reader, 1)
    expect(reader.find("located-cross")).to_have_count(2)
    assert (
        coronal.entry["frames"]["position"][15][1]
        == axial.entry["frames"]["position"][0][1] + 100 * axial.entry["spacing"][0]
    )


def test_series_of_one_space_scroll_together_and_others_by_their_share(open_viewer: Open) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.press("layout-1x2")
    reader.find("pane-1").click(position={"x": 100, "y": 300})
    reader.find("series-3").click()
    reader.settle()
    reader.find("pane-0").click(position={"x": 100, "y": 300})
    reader.page.keyboard.press("End")
    assert "图像 30 / 30" in corner(reader, 1)
    reader.press("sync-scroll")
    reader.page.keyboard.press("Home")
    assert "图像 30 / 30" in corner(reader, 1)


def test_a_series_is_dragged_into_a_cell(open_viewer: Open) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.press("layout-2x2")
    reader.find("series-4").drag_to(reader.find("pane-3"))
    assert "/ 9" in corner(reader, 3)
    expect(reader.find("pane-3")).to_have_attribute("data-active", "")
    picture(reader.page, "d8_3-layout")
    reader.press("layout-1x1")
    assert "/ 9" in corner(reader, 0)


@pytest.mark.parametrize(("rows", "cols"), [(3, 3), (4, 4)])
def test_many_cells_share_few_gpu_contexts(open_viewer: Open, rows: int, cols: int) -> None:
    reader = open_viewer(DESK, renderer="webgl2").all_loaded()
    reader.press(f"layout-{rows}x{cols}")
    reader.settle()
    assert reader.page.locator("[data-testid^=pane-]").count() == rows * cols
    assert reader.page.evaluate("window.__viewer.renderer()") == "webgl2"


def test_a_phone_shows_two_series_one_above_the_other(open_viewer: Open) -> None:
    reader = open_viewer(PHONE).all_loaded()
    reader.press("layout-2x1")
    reader.settle()
    boxes = [reader.find(f"pane-{n}").bounding_box() for n in (0, 1)]
    assert boxes[0] and boxes[1]
    assert boxes[0]["y"] < boxes[1]["y"]
    picture(reader.page, "d8_3-phone")
