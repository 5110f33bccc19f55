"""What a viewer holds and how it fetches: a phone's memory on a very long series, nothing left
behind by studies that were closed, a network that breaks off, cine before the exact pixels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from imaging.pixels.windows import Window
from tests.support.browser import DESK, PHONE, picture, wait_until
from tests.viewer.driver import Reader
from tests.viewer.server import ViewerServer, viewer_server
from tests.viewer.studies import SeriesData, repeated, series

pytestmark = pytest.mark.browser
BUDGET = 192 << 20
MB = 1 << 20


@pytest.fixture(scope="module")
def long_study(study: dict[str, SeriesData]) -> dict[str, SeriesData]:
    y, x = np.mgrid[:512, :512]
    slices = [(1000 + x + 40 * n - y).clip(0).astype(np.uint16) for n in range(4)]
    few = series("few", slices, Window(-100, 1200), intercept=-1024, description="四幅", unit="HU")
    return {
        "long": repeated(few, "long", 1500),
        "clip": repeated(study["us"], "clip", 500),
        "few": few,
        "dx": study["dx"],
    }


@pytest.fixture
def server(pages: Path, long_study: dict[str, SeriesData]) -> Iterator[ViewerServer]:
    with viewer_server(pages, long_study) as running:
        yield running


def heap(reader: Reader) -> dict[str, float]:
    """Bytes of objects and of buffers in the page, after everything unused has gone."""
    session = reader.context.new_cdp_session(reader.page)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    usage: dict[str, Any] = session.send("Runtime.getHeapUsage")
    session.send("Performance.enable")
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return {
        "objects": usage["usedSize"],
        "buffers": usage["backingStorageSize"],
        "nodes": metrics["Nodes"],
        "listeners": metrics["JSEventListeners"],
    }


def test_a_phone_keeps_1500_slices_within_its_memory(
    browser: Browser, server: ViewerServer
) -> None:
    reader = Reader(browser, server, PHONE, {"series": "long"}, is_first_visit=False)
    progress = "document.querySelector('[data-testid=load-progress]').textContent"
    reader.page.evaluate(
        """window.most = 0; setInterval(() => {
          const {used} = window.__viewer.memory(); if (used > window.most) window.most = used;
        }, 5)"""
    )
    for place in (750, 0, 1499, 400):
        reader.scroll_to(place)
        wait_until(reader.page, f"{progress}.includes('其余翻到时载入')")
        memory = reader.page.evaluate("window.__viewer.memory()")
        assert memory["budget"] == BUDGET
        assert 0.9 * BUDGET < memory["used"] <= BUDGET
        assert np.array_equal(reader.stored(place)[::37], server.data["long"].stored[place][::37])
    assert reader.page.evaluate("window.most") <= BUDGET
    measured = heap(reader)
    assert measured["objects"] + measured["buffers"] < BUDGET + 24 * MB  # code, DOM and the test
    frames = sum("/frames/" in path for path in server.asked)
    assert frames < 1500  # nothing is fetched to be thrown away
    picture(reader.page, "d8_2-1500-slices-phone")
    reader.close()
    assert reader.complaints == []


def test_thirty_studies_opened_and_closed_leave_nothing_behind(
    browser: Browser, server: ViewerServer
) -> None:
    """With textures and shaders, of which browsers keep few."""
    query = {"series": "few", "renderer": "webgl2"}
    reader = Reader(browser, server, DESK, query, is_first_visit=False)
    page = reader.page

    def visit() -> None:
        page.evaluate("window.__viewer.reopen()")
        wait_until(page, "document.querySelector('[data-testid=load-progress]').textContent === ''")
        page.evaluate("window.__viewer.scrollTo(1)")

    for _ in range(8):
        visit()
    before = heap(reader)
    for _ in range(30):
        visit()
    # what the browser lets go of late is a few of the last visits, not one a visit
    slack = {"objects": 0, "buffers": 8 * MB, "nodes": 20, "listeners": 20}
    for _ in range(20):
        after = heap(reader)
        over = {k: v for k, v in after.items() if v > 1.1 * before[k] + slack[k]}
        if not over:
            break
        page.wait_for_timeout(500)
    assert not over, (before, after)
    assert page.locator("canvas").count() <= 4
    assert page.evaluate("window.__viewer.renderer()") == "webgl2"
    reader.close()
    assert reader.complaints == []


def test_a_network_that_breaks_off_shows_what_is_missing_and_goes_on(
    browser: Browser, server: ViewerServer
) -> None:
    server.dropped = "/frames/"
    reader = Reader(browser, server, PHONE, {"series": "few"}, is_first_visit=False)
    expect(reader.find("offline")).to_be_visible()
    expect(reader.find("load-progress")).to_have_text("已载入 0 / 4 幅")
    reader.page.keyboard.press("End")
    expect(reader.find("corner-br")).to_contain_text("预览")  # what is here can be read meanwhile
    expect(reader.find("notice")).to_be_hidden()
    picture(reader.page, "d8_2-network-lost")
    server.dropped = ""
    reader.all_loaded()
    expect(reader.find("offline")).to_be_hidden()
    expect(reader.find("load-progress")).to_have_text("")
    expect(reader.find("corner-br")).not_to_contain_text("预览")
    reader.close()


def test_a_preview_that_breaks_off_comes_again(browser: Browser, server: ViewerServer) -> None:
    server.dropped = "/preview"
    reader = Reader(browser, server, DESK, {"series": "clip"}, is_first_visit=False)
    expect(reader.find("offline")).to_be_visible()
    server.dropped = ""
    for _ in range(200):
        if sum(path.endswith("clip/preview") for path in server.asked) > 1:
            break
        reader.page.wait_for_timeout(50)
    else:
        raise AssertionError("the preview was asked for once")
    expect(reader.find("offline")).to_be_hidden()
    reader.close()


def test_500_frames_play_before_any_exact_pixel_has_come(
    browser: Browser, server: ViewerServer
) -> None:
    server.held = "/frames/"
    reader = Reader(browser, server, PHONE, {"series": "clip"}, is_first_visit=False)
    wait_until(reader.page, "window.__perf.marks.firstImage !== undefined")
    reader.press("cine")
    assert reader.text("cine-speed") == "25 幅/秒"
    before = reader.index
    wait_until(reader.page, f"(window.__viewer.index() - {before} + 500) % 500 > 20")
    expect(reader.find("corner-br")).to_contain_text("预览")
    assert reader.pixels().std() > 10
    server.held = ""
    reader.find("cine-stop").click()
    reader.close()
