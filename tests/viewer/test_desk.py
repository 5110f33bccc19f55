"""The doctor's desk: hanging protocols, tiles, priors beside the present, tags, two windows; and a
finger that carries a series into a cell."""

import json
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from imaging.pixels.windows import Window
from tests.support.browser import DESK, PHONE, TABLET, picture, wait_until
from tests.viewer.conftest import Open
from tests.viewer.driver import Reader
from tests.viewer.server import ViewerServer
from tests.viewer.studies import SeriesData, manifest, series

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]
STAFF: dict[str, Any] = {"kind": "staff", "id": "7"}


def panes(reader: Reader) -> int:
    reader.settle()
    return reader.page.locator("[data-testid^=pane-]").count()


def corner(reader: Reader, pane: int, name: str = "bl") -> str:
    reader.settle()
    return reader.find(f"pane-{pane}").get_by_test_id(f"corner-{name}").text_content() or ""


def test_d8_3_a_ct_hangs_in_four_at_the_desk_and_one_on_a_phone(
    open_viewer: Open, server: ViewerServer
) -> None:
    server.desk.reader = STAFF
    desk = open_viewer(DESK).all_loaded()
    assert panes(desk) == 4
    assert "/ 72" in corner(desk, 0) and "/ 44" in corner(desk, 1)
    picture(desk.page, "d8_3-hanging-desk")
    phone = open_viewer(PHONE).all_loaded()
    assert panes(phone) == 1
    server.desk.reader = {"kind": "patient", "id": ""}
    assert panes(open_viewer(DESK).all_loaded()) == 1


def test_d8_3_ones_own_hanging_is_saved_and_used_the_next_time(
    open_viewer: Open, server: ViewerServer
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(DESK).all_loaded()
    reader.press("layout-1x2")
    reader.find("pane-0").click(position={"x": 60, "y": 300})
    reader.find("series-1").click()
    reader.find("pane-1").click(position={"x": 60, "y": 300})
    reader.find("series-0").click()
    reader.press("save-hanging")
    expect(reader.find("toast")).to_contain_text("CT 布局")
    mine = server.desk.hanging
    assert mine == {
        "CT": {
            "rows": 1,
            "cols": 2,
            "tiles": False,
            "cells": ["胸部 冠状位 重建", "胸部 轴位 肺窗"],
        }
    }
    server.desk.reader = STAFF | {"hanging": mine}
    again = open_viewer(DESK).all_loaded()
    assert panes(again) == 2
    assert "/ 44" in corner(again, 0) and "/ 72" in corner(again, 1)
    again.press("hang-default")
    assert panes(again) == 4
    again.press("hang-mine")
    assert panes(again) == 2


def test_d8_3_tiles_of_one_series_scroll_as_one_sheet(
    open_viewer: Open, server: ViewerServer
) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.press("tiles-3")

    def shown() -> list[int]:
        texts = [corner(reader, n) for n in range(9)]
        return [int(text.split(" / ")[0].split()[-1]) for text in texts]

    first = shown()
    assert first == list(range(first[0], first[0] + 9))
    picture(reader.page, "d8_3-tiles-desk")
    box = reader.find("pane-4").bounding_box()
    assert box
    reader.page.mouse.move(box["x"] + 60, box["y"] + 60)
    reader.page.mouse.wheel(0, 100)
    assert shown() == [n + 1 for n in first]
    reader.find("pane-4").click(position={"x": 60, "y": 60})
    reader.page.keyboard.press("PageDown")
    assert shown() == [n + 10 for n in first]
    reader.page.keyboard.press("End")
    assert shown() == list(range(64, 73))
    reader.page.keyboard.press("Home")
    assert shown() == list(range(1, 10))
    reader.find("series-4").click()  # nine frames: the sheet is full, the damaged one says so
    assert shown() == list(range(1, 10))
    expect(reader.find("pane-4").get_by_test_id("notice")).to_be_visible()
    reader.press("layout-1x1")
    reader.page.reload()
    reader.all_loaded()
    assert panes(reader) == 1


def test_a_layout_is_remembered_on_the_device(open_viewer: Open) -> None:
    reader = open_viewer(TABLET).all_loaded()
    reader.press("layout-2x1")
    reader.page.reload()
    reader.all_loaded()
    assert panes(reader) == 2
    reader.press("tiles-2")
    reader.page.reload()
    reader.all_loaded()
    assert panes(reader) == 4
    assert [corner(reader, n).split(" / ")[0].split()[-1] for n in range(4)] == ["1", "2", "3", "4"]
    picture(reader.page, "d8_3-tiles-tablet")


@pytest.fixture
def prior(server: ViewerServer, study: Study) -> None:
    """A CT of half a year ago: another frame of reference, half the slices."""
    entry = json.loads(json.dumps(study["axial"].entry))
    entry |= {"id": "prior", "frame_of_reference_uid": "2.25.78", "description": "胸部 轴位 旧片"}
    old = manifest({}) | {"series": [entry]}
    old["study"] = old["study"] | {"id": "old", "study_at": "2026-05-19T08:00:00"}
    server.desk.alias["prior"] = "axial"
    server.desk.prior_studies["EXAM2"] = [old]
    server.desk.priors = [
        {"id": "EXAM2", "procedure": "胸部CT", "modality": "CT", "campus": "东院区", "exam_time": "2026-05-19T00:00:00+00:00", "series_count": 1},
        {"id": "EXAM3", "procedure": "胸部正位", "modality": "DX", "campus": "", "exam_time": "2025-01-01T00:00:00+00:00", "series_count": 0},
    ]  # fmt: skip


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_prior_stands_beside_and_scrolls_along(
    open_viewer: Open, server: ViewerServer, prior: None, size: tuple[int, int]
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(size, series="axial").all_loaded()
    reader.press("compare")
    expect(reader.find("compare-EXAM3")).to_be_disabled()
    reader.find("compare-EXAM2").click()
    expect(reader.find("pane-1")).to_be_visible()
    wait_until(reader.page, "document.querySelectorAll('.cfv-card').length === 7")
    expect(reader.find("series-6")).to_contain_text("既往 2026-05-19")
    reader.find("pane-0").click(position={"x": 60, "y": 120})
    reader.page.keyboard.press("Home")
    assert "1 / 72" in corner(reader, 1)
    reader.page.keyboard.press("End")
    assert "72 / 72" in corner(reader, 1)
    if size == DESK:
        assert "2026-05-19" in corner(reader, 1, "tl")
        picture(reader.page, "d8_3-compare-desk")
    reader.press("compare")  # once more: it is not fetched twice
    reader.find("compare-EXAM2").click()
    reader.settle()
    assert reader.page.locator(".cfv-card").count() == 7


TAGS = {
    "names": {"00180050": "SliceThickness", "00100010": "PatientName", "00200013": "InstanceNumber"},
    "common": {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "<b>Ou^Yang</b>"}]},
        "00180050": {"vr": "DS", "Value": [4]},
        "00291010": {"vr": "OB", "InlineBinary": "AAEC/w=="},
        "7FE00010": {"vr": "OW", "Size": 131072},
    },
    "instances": {f"2.25.5.{n + 1}": {"00200013": {"vr": "IS", "Value": [n + 1]}} for n in range(72)},
}  # fmt: skip


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_d8_2_the_tags_of_the_shown_instance_are_searched(
    open_viewer: Open, server: ViewerServer, size: tuple[int, int]
) -> None:
    server.desk.reader, server.desk.tags = STAFF, TAGS
    reader = open_viewer(size, series="axial").all_loaded()
    reader.press("tags")
    table = reader.find("tag-table")
    expect(table).to_contain_text("SliceThickness")
    expect(table).to_contain_text("<b>Ou^Yang</b>")
    expect(table).to_contain_text("00 01 02 FF")
    expect(table).to_contain_text("(131,072 字节)")
    picture(reader.page, f"d8_2-tags-{'phone' if size == PHONE else 'desk'}")
    reader.find("tag-search").fill("instancenumber")
    expect(table.locator("tr:has(td)")).to_have_count(1)
    expect(table).to_contain_text(str(reader.index + 1))
    href = reader.find("download-original").get_attribute("href")
    assert href == f"/api/viewing/v1/series/axial/instances/2.25.5.{reader.index + 1}/original.dcm"
    reader.find("close-tags").click()
    expect(reader.find("tag-browser")).to_have_count(0)


def test_a_patient_is_offered_nothing_of_the_desk(open_viewer: Open, server: ViewerServer) -> None:
    server.desk.reader = {"kind": "patient", "id": ""}
    reader = open_viewer(DESK).all_loaded()
    expect(reader.find("key-image")).to_have_count(0)
    reader.find("more").click()
    for name in ("tags", "save-hanging", "hang-default"):
        expect(reader.find(name)).to_have_count(0)
    reader.find("close-sheet").click()
    reader.page.keyboard.press("d")
    expect(reader.find("tag-browser")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])
def test_d8_3_a_finger_carries_a_series_into_a_cell(
    open_viewer: Open, size: tuple[int, int]
) -> None:
    reader = open_viewer(size).all_loaded()
    reader.press("layout-2x1")
    reader.settle()
    card, cell = reader.find("series-1").bounding_box(), reader.find("pane-1").bounding_box()
    assert card and cell
    reader.find("pane-1").click(position={"x": 60, "y": 120})
    reader.find("series-2").click()  # something else is there
    reader.settle()
    session = reader.context.new_cdp_session(reader.page)

    def touch(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1], "id": 1}] if at else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start = (card["x"] + 30, card["y"] + 30)
    end = (cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
    touch("touchStart", *start)
    expect(reader.find("drag-ghost")).to_be_visible()
    touch("touchMove", (start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    touch("touchMove", *end)
    if size == PHONE:
        picture(reader.page, "d8_3-drag-phone")
    touch("touchEnd")
    expect(reader.find("drag-ghost")).to_have_count(0)
    assert "/ 44" in corner(reader, 1)


def test_two_windows_scroll_by_position_and_share_marks(
    open_viewer: Open, server: ViewerServer, study: Study
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(DESK, series="axial").all_loaded()
    reader.find("more").click()
    with reader.context.expect_page() as opened:
        reader.find("second-window").click()
    second = opened.value
    wait_until(second, "window.__perf?.marks?.allLoaded !== undefined")
    assert "series=coronal" in second.url
    second.get_by_test_id("series-0").click()
    for index in (10, 60):
        reader.page.keyboard.press("Home")
        reader.scroll_to(index)
        wait_until(second, f"window.__viewer.index() === {index}")
    where = reader.where(study["axial"])
    reader.press("tool-length")
    reader.drag(where(60, 100), where(160, 100))
    second.get_by_test_id("mark-length").wait_for()


def mammogram(view: str, side: str, right: str, down: str) -> SeriesData:
    """A breast that bulges away from the chest wall, stored as its file says: `right` and `down`."""
    rows = np.arange(128)[:, None]
    columns = np.arange(96)[None, :]
    wall_first = columns if right == "A" else 95 - columns  # distance from the chest wall
    picture = np.where(wall_first < 60 - np.abs(rows - 64), 3000, 100).astype(np.uint16)
    made = series(
        f"{side}{view}", [picture], Window(1500, 3000), modality="MG", description=f"{side} {view}",
        spacing=[0.1, 0.1], orientation=None,
    )  # fmt: skip
    seen = {"position": view, "side": side, "right": right, "down": down}
    made.entry["frames"]["view"] = [seen]
    return made


def test_d8_3_mammograms_hang_back_to_back_whatever_the_files_order_and_turn(
    open_viewer: Open, server: ViewerServer
) -> None:
    server.desk.reader = STAFF
    views = (
        mammogram("MLO", "L", "A", "FR"), mammogram("CC", "L", "P", "R"),  # stored mirrored
        mammogram("MLO", "R", "P", "FL"), mammogram("CC", "R", "P", "L"),
    )  # fmt: skip
    server.data = {one.entry["id"]: one for one in views}
    reader = open_viewer(DESK).all_loaded()
    assert panes(reader) == 4

    def hung() -> list[tuple[str, str]]:
        reader.settle()
        found = []
        for n in range(4):
            pane = reader.find(f"pane-{n}")
            words = pane.get_by_test_id("corner-tr").inner_text()
            found.append(
                (words.rsplit(" · ")[-1], pane.get_by_test_id("corner-right").inner_text())
            )
        return found

    back_to_back = [("R CC", "P"), ("L CC", "A"), ("R MLO", "P"), ("L MLO", "A")]
    assert hung() == back_to_back
    picture(reader.page, "d8_3-mammograms-desk")

    def walls() -> list[float]:
        """How far the chest wall's first pixels are from the inner edge of each pane."""
        found = []
        for n in range(4):
            reader.find(f"pane-{n}").click(position={"x": 60, "y": 60})
            bright = np.nonzero(reader.pixels().max(axis=2) > 200)[1]
            width = reader.pixels().shape[1]
            found.append(float(width - 1 - bright.max() if n % 2 == 0 else bright.min()))
        return found

    assert walls() == pytest.approx([0, 0, 0, 0], abs=4)
    reader.find("pane-1").click(position={"x": 60, "y": 60})
    reader.press("flip-horizontal")
    assert hung()[1] == ("L CC", "P")
    reader.press("reset")
    assert hung() == back_to_back
    assert walls() == pytest.approx([0, 0, 0, 0], abs=4)
    reader.page.set_viewport_size({"width": 1280, "height": 800})
    reader.settle()
    assert walls() == pytest.approx([0, 0, 0, 0], abs=4)
