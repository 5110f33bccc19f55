"""Other planes and rendered volumes, built in the browser from the slices it has."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.browser import DESK, PHONE, picture, wait_until
from tests.viewer.conftest import Open
from tests.viewer.driver import Reader, Where
from tests.viewer.server import ViewerServer
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]
SMALL_DESK = (1000, 620)  # rays are cast by the processor here
VR = "document.querySelector('[data-testid=vr-canvas]')"


def plane(reader: Reader, study: Study, pane: int) -> Where:
    """Of the sagittal (1) or coronal (2) plane: slices are its rows."""
    box = reader.find(f"pane-{pane}").bounding_box()
    assert box
    dz = study["axial"].entry["frames"]["position"][1][2]
    return Where(dict(box), 72, 256, dz / study["axial"].entry["spacing"][0])  # type: ignore[arg-type]


def test_a_value_in_another_plane_is_the_stored_one(open_viewer: Open, study: Study) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.press("mpr")
    expect(reader.find("volume-bar")).to_be_visible()
    expect(reader.find("pane-1").get_by_test_id("corner-tr")).to_contain_text("矢状位 重建")
    reader.press("tool-probe")
    reader.click(plane(reader, study, 1)(90.5, 20.5))
    # sagittal: column = row of the slice, row = from the top slice down, at column 128 of the slices
    stored = float(study["axial"].stored[71 - 20][90, 128]) - 1024
    assert reader.text("reading-probe") == f"{stored:.0f} HU"
    reader.press("tool-length")
    reader.drag(plane(reader, study, 1)(100, 10), plane(reader, study, 1)(100, 60))
    dz = study["axial"].entry["frames"]["position"][1][2]
    assert float(reader.text("reading-length").split()[0]) == pytest.approx(50 * dz, rel=0.02)
    picture(reader.page, "d11_1-mpr")


def test_a_point_is_located_in_all_planes_and_slabs_take_the_largest(
    open_viewer: Open, study: Study
) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.press("mpr")
    expect(reader.find("tool-locate")).to_have_attribute("aria-pressed", "true")
    reader.click(reader.where(study["axial"], 0)(70.5, 120.5))
    for pane, words in ((1, "图像 71 / 256"), (2, "图像 121 / 256")):
        assert words in (
            reader.find(f"pane-{pane}").get_by_test_id("corner-bl").text_content() or ""
        )
    reader.find("slab-mm").select_option("40")
    reader.press("tool-probe")
    reader.click(reader.where(study["axial"], 0)(100.5, 90.5))
    dz = study["axial"].entry["frames"]["position"][1][2]
    reach = int(40 / dz / 2)
    most = max(int(study["axial"].stored[n][90, 100]) for n in range(36 - reach, 37 + reach)) - 1024
    assert reader.text("reading-probe") == f"{most} HU"
    reader.find("close-volume").click()
    expect(reader.find("volume-bar")).to_be_hidden()
    assert reader.page.evaluate("window.__viewer.count") == 72


def test_a_window_is_shared_by_all_planes(open_viewer: Open, study: Study) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.press("mpr")
    expect(reader.find("volume-bar")).to_be_visible()
    reader.press("preset-骨窗")
    reader.settle()
    for pane in (0, 1, 2):
        corner = reader.find(f"pane-{pane}").get_by_test_id("corner-br")
        assert "窗宽 2000 窗位 500" in (corner.text_content() or "")


def test_the_volume_is_rendered_turned_cut_and_shown_as_mip(open_viewer: Open) -> None:
    reader = open_viewer(SMALL_DESK).all_loaded()
    reader.page.evaluate("window.__viewer.openVR()")
    wait_until(reader.page, f"{VR} !== null")
    reader.page.evaluate("window.__viewer.vrQuality(2, 256)")  # without a GPU all of it takes long

    def shown() -> np.ndarray:  # type: ignore[type-arg]
        script = "window.__viewer.vrRotate(0)"
        return reader.pixels(script, "window.__viewer.vrCanvas()").astype(int)

    front = shown()
    assert max(front.shape) == 256
    assert front.max() > 120
    assert 0.02 < (front.max(axis=2) > 20).mean() < 0.6
    reader.page.evaluate("window.__viewer.vrRotate(60)")
    assert np.abs(shown() - front).mean() > 1
    picture(reader.page, "d11_1-vr")
    reader.find("vr-reset").click()
    reader.find("vr-skin").click()
    skin = shown()
    assert (skin.max(axis=2) > 20).mean() > (front.max(axis=2) > 20).mean()
    reader.find("vr-cut").fill("50")
    assert np.abs(shown() - skin).mean() > 1
    reader.find("vr-reset").click()
    whole = shown()
    reader.find("vr-adjust").click()
    reader.find("vr-head").fill("60")  # what was cut off is dark, the rest as before
    cropped = shown()
    half = cropped.shape[0] // 2
    assert cropped[: half // 2].max() <= 20 < whole[: half // 2].max()
    assert np.abs(cropped[-half // 2 :] - whole[-half // 2 :]).mean() < 2
    reader.find("vr-head").fill("0")
    reader.find("vr-shift").fill("400")  # skin from 400 HU on: less of it
    assert (shown().max(axis=2) > 20).mean() < (whole.max(axis=2) > 20).mean()
    reader.find("vr-shift").fill("0")
    reader.find("vr-opacity").fill("10")
    assert shown().mean() < whole.mean()
    picture(reader.page, "d11_1-vr-adjust")
    reader.find("close-vr-adjust").click()
    reader.find("vr-reset").click()
    reader.find("vr-mip").click()
    mip = shown()
    assert (mip[:, :, 0] == mip[:, :, 2]).all()
    reader.page.evaluate("window.__viewer.vrQuality(2, 128)")
    assert max(shown().shape) == 128


def test_what_cannot_be_rebuilt_says_why(open_viewer: Open) -> None:
    reader = open_viewer(SMALL_DESK, series="us").all_loaded()
    reader.press("mpr")
    expect(reader.find("toast")).to_have_text("只有黑白断层影像可以三维重建。")


def test_a_phone_rebuilds_too_and_its_code_came_only_now(
    open_viewer: Open, server: ViewerServer
) -> None:
    reader = open_viewer(PHONE).all_loaded()
    assert not any("volume" in path for path in server.asked)
    reader.press("mpr")
    expect(reader.find("volume-bar")).to_be_visible()
    assert any("volume" in path for path in server.asked)
    reader.settle()
    picture(reader.page, "d11_1-phone")
    reader.find("close-volume").click()
    expect(reader.find("view-3d")).to_have_count(0)


def test_opening_and_closing_volumes_leaves_nothing_behind(open_viewer: Open) -> None:
    reader = open_viewer(SMALL_DESK, renderer="webgl2").all_loaded()
    for _ in range(6):
        reader.page.evaluate("window.__viewer.openMPR()")
        reader.find("close-volume").click()
        reader.settle()
    assert reader.page.evaluate("window.__viewer.renderer()") == "webgl2"
    assert reader.page.locator("canvas.cfv-canvas").count() == 1
    memory = reader.page.evaluate("window.__viewer.memory()")
    assert memory["used"] <= memory["budget"]
