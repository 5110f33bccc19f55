"""Opening, scrolling, windows and what happens when something is wrong, at every size."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from imaging.pixels.windows import Window, apply_window
from tests.support.browser import DESK, PHONE, TABLET, picture, wait_until
from tests.viewer.conftest import Open
from tests.viewer.server import ViewerServer
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]
SIZES = pytest.mark.parametrize("size", [PHONE, TABLET, DESK], ids=["phone", "tablet", "desk"])


@SIZES
def test_the_first_image_comes_before_the_rest_and_every_control_can_be_hit(
    open_viewer: Open, size: tuple[int, int]
) -> None:
    reader = open_viewer(size).all_loaded()
    marks = reader.page.evaluate("window.__perf.marks")
    assert marks["firstImage"] < marks["allLoaded"]
    reader.find("more").click()
    reader.settle()
    picture(reader.page, f"d8_1-viewer-{size[0]}")
    for button in reader.page.locator("button:visible").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44, button.get_attribute("data-testid")
        assert button.get_attribute("data-testid")
        assert re.search(r"\S", button.inner_text() or button.get_attribute("aria-label") or "")
    reader.find("close-sheet").click()
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not reader.page.evaluate(overflow)


def test_the_browser_holds_exactly_what_was_stored(open_viewer: Open, study: Study) -> None:
    for name in ("axial", "coronal", "dx", "us"):
        reader = open_viewer(series=name)
        assert reader.page.evaluate("window.__viewer.count") == len(study[name].stored)
        for index in {0, len(study[name].stored) // 2, len(study[name].stored) - 1}:
            assert np.array_equal(reader.stored(index), study[name].stored[index])
        reader.close()


@pytest.mark.parametrize("renderer", ["webgl2", "2d"])
@pytest.mark.parametrize("window", [Window(-600, 1500), Window(40, 400), Window(36, 90)])
def test_one_to_one_every_pixel_has_the_grey_of_the_servers_own_renderer(
    open_viewer: Open, study: Study, renderer: str, window: Window
) -> None:
    reader = open_viewer(renderer=renderer).all_loaded()
    assert reader.page.evaluate("window.__viewer.renderer()") == renderer
    reader.page.keyboard.press("1")
    drawn = reader.pixels(f"window.__viewer.setWL({window.center}, {window.width})")
    expected = apply_window(study["axial"].stored[36].astype(np.float32) - 1024, window)
    assert (drawn[:, :, 0] == drawn[:, :, 2]).all()
    top, left = (np.array(drawn.shape[:2]) - 256) / 2
    assert top.is_integer() and left.is_integer()  # else every drawn pixel mixes four
    found = drawn[int(top) : int(top) + 256, int(left) : int(left) + 256, 0]
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert (found == expected).mean() > 0.98


def test_wheel_keys_and_slider_scroll(open_viewer: Open, study: Study) -> None:
    reader = open_viewer().all_loaded()
    reader.page.mouse.move(*reader.where(study["axial"])(128, 128))
    reader.page.mouse.wheel(0, 100)
    wait_until(reader.page, "window.__viewer.index() === 37")
    for key, index in (
        ("ArrowUp", 36),
        ("PageDown", 46),
        ("End", 71),
        ("ArrowDown", 71),
        ("Home", 0),
    ):
        reader.page.keyboard.press(key)
        assert reader.index == index
    reader.find("slice-slider").fill("50")
    assert reader.index == 50
    reader.settle()
    assert "图像 51 / 72" in reader.text("corner-bl")


def test_fingers_scroll_pinch_and_pan(open_viewer: Open, study: Study) -> None:
    reader = open_viewer(PHONE).all_loaded()
    x, y = reader.where(study["axial"])(128, 128)
    reader.touch([[(x, y)], *[[(x, y + 8 * n)] for n in range(1, 6)]])
    assert reader.index == 41
    reader.touch(
        [[(x - 40, y), (x + 40, y)], [(x - 60, y), (x + 60, y)], [(x - 80, y), (x + 80, y)]]
    )
    assert "缩放 200%" in reader.text("corner-br")
    assert reader.index == 41
    reader.find("reset").click()
    reader.settle()
    assert "缩放 100%" in reader.text("corner-br")


def test_windows_by_drag_preset_number_and_reset(open_viewer: Open, study: Study) -> None:
    reader = open_viewer().all_loaded()
    at = reader.where(study["axial"])
    x, y = at(128, 128)
    reader.drag((x, y), (x + 60, y), "right")
    assert f"窗宽 {1500 * math.exp(60 / 300):.0f} 窗位 -600" in reader.text("corner-br")
    reader.press("preset-骨窗")
    reader.settle()
    assert "窗宽 2000 窗位 500" in reader.text("corner-br")
    reader.find("more").click()
    reader.find("window-width").fill("333")
    reader.find("window-center").fill("-44")
    reader.find("set-window").click()
    reader.settle()
    assert "窗宽 333 窗位 -44" in reader.text("corner-br")
    reader.page.mouse.dblclick(x, y)
    reader.settle()
    assert "窗宽 1500 窗位 -600" in reader.text("corner-br")


def test_orientation_letters_stay_right(open_viewer: Open) -> None:
    reader = open_viewer().all_loaded()

    def letters() -> list[str]:
        reader.settle()
        return [reader.text(f"corner-{side}") for side in ("left", "top", "right", "bottom")]

    assert letters() == ["R", "A", "L", "P"]
    reader.press("turn-right")
    assert letters() == ["P", "R", "A", "L"]
    reader.press("flip-horizontal")
    assert letters() == ["A", "R", "P", "L"]
    reader.press("toggle-corners")
    assert letters() == ["A", "R", "P", "L"]
    assert reader.text("corner-tl") == ""
    reader.find("reset").click()
    assert letters() == ["R", "A", "L", "P"]


def test_invert_sharpen_and_false_colours_change_the_picture_and_reset_brings_it_back(
    open_viewer: Open,
) -> None:
    for renderer in ("webgl2", "2d"):
        reader = open_viewer(renderer=renderer).all_loaded()
        plain = reader.pixels()
        middle = plain[plain.shape[0] // 2]
        reader.press("invert")
        inverted = reader.pixels()[plain.shape[0] // 2]
        assert np.abs(inverted[500:700].astype(int) - (255 - middle[500:700])).max() <= 1
        reader.press("invert")
        reader.press("sharpen")
        assert reader.pixels().astype(int).std() > plain.astype(int).std()
        for name in ("Rainbow", "HotMetal", "LIGHT BLUE1", "Lava Waves"):
            reader.press(f"palette-{name}")
            colours = reader.pixels()[plain.shape[0] // 2, 500:700].astype(int)
            assert (colours[:, 0] != colours[:, 2]).any(), name
        picture(reader.page, "d9_9-false-colour")
        reader.find("reset").click()
        assert np.array_equal(reader.pixels(), plain)
        reader.close()


def test_cine_plays_at_the_files_own_speed(open_viewer: Open) -> None:
    reader = open_viewer(series="us").all_loaded()
    reader.find("cine").click()
    assert reader.text("cine-speed") == "25 幅/秒"
    before = reader.index
    wait_until(reader.page, f"window.__viewer.index() !== {before}")
    reader.find("cine-faster").click()
    assert reader.text("cine-speed") == "30 幅/秒"
    reader.find("cine-bounce").click()
    picture(reader.page, "d9_1-cine")
    reader.find("cine-stop").click()
    reader.settle()
    stopped = reader.index
    reader.page.wait_for_timeout(150)
    assert reader.index == stopped
    expect(reader.find("cine-bar")).to_be_hidden()


def test_a_damaged_frame_is_a_notice_and_the_rest_goes_on(open_viewer: Open) -> None:
    reader = open_viewer(series="damaged").all_loaded()
    expect(reader.find("notice")).to_have_text("第 5 幅影像损坏,无法显示,其余影像不受影响。")
    reader.page.keyboard.press("ArrowDown")
    expect(reader.find("notice")).to_be_hidden()
    reader.page.keyboard.press("ArrowDown")  # one that was cut: shown, and told
    expect(reader.find("notice")).to_contain_text("第 7 幅影像数据不完整:只收到上方 60 行")
    reader.page.keyboard.press("End")
    expect(reader.find("notice")).to_contain_text("无法显示")


def test_a_series_that_is_still_being_prepared_says_so(open_viewer: Open) -> None:
    reader = open_viewer(series="waiting")
    expect(reader.find("notice")).to_have_text("这组影像正在准备,请稍后再看。")
    reader.page.keyboard.press("ArrowDown")
    reader.press("tool-length")
    reader.drag((500, 300), (600, 400))
    assert reader.find("mark-length").count() == 0


def test_a_lost_network_is_said_and_loading_goes_on_by_itself(
    open_viewer: Open, server: ViewerServer
) -> None:
    server.faults["/frames/36"] = 503
    reader = open_viewer()
    expect(reader.find("offline")).to_be_visible()
    server.faults.clear()
    reader.all_loaded()
    expect(reader.find("offline")).to_be_hidden()


def test_a_session_that_ended_is_not_called_a_damaged_image(
    open_viewer: Open, server: ViewerServer
) -> None:
    server.faults["/frames/36"] = 401
    reader = open_viewer()
    expect(reader.find("toast")).to_contain_text("登录已过期")
    reader.page.keyboard.press("ArrowUp")
    expect(reader.find("toast")).to_be_visible()
    expect(reader.find("notice")).to_be_hidden()


def test_no_manifest_is_one_clear_sentence(browser, server: ViewerServer) -> None:  # type: ignore[no-untyped-def]
    server.faults["/manifest"] = 500
    page = browser.new_page()
    page.goto(f"{server.url}/viewer")
    expect(page.get_by_role("heading")).to_have_text("影像没有打开")
    expect(page.get_by_test_id("message-action")).to_have_text("重试")
    page.close()


def test_without_a_gpu_a_table_draws_and_not_an_emulated_shader(open_viewer: Open) -> None:
    reader = open_viewer()  # this Chromium has SwiftShader and no GPU
    reader.all_loaded()
    assert reader.page.evaluate("window.__viewer.renderer()") == "2d"


def test_the_first_script_is_small(pages: Path) -> None:
    html = (pages / "viewer" / "index.html").read_text()
    scripts = [pages / src[1:] for src in re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', html)]
    assert scripts
    assert sum(script.stat().st_size for script in scripts) < 300_000
