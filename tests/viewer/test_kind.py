"""Robust and kind: every control has a name and is reached by keyboard, sheets hold the focus, text
grows, patients read in a light room, and a lost GPU context or a web view's quirk stops nobody."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.browser import DESK, PHONE, TABLET, picture, wait_until
from tests.viewer.conftest import Open
from tests.viewer.driver import Reader
from tests.viewer.server import ViewerServer

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [PHONE, TABLET, DESK], ids=["phone", "tablet", "desk"])
STAFF: dict[str, Any] = {"kind": "staff", "id": "7"}
PATIENT: dict[str, Any] = {"kind": "patient", "id": ""}
ACTIVE = "document.activeElement?.dataset?.testid ?? document.activeElement?.tagName"
TOO_SMALL = """() => [...document.querySelectorAll(".cfv button, .cfv a, .cfv select")]
  .filter((e) => e.checkVisibility({checkVisibilityCSS: true}) && e.getClientRects().length)
  .map((e) => [e.dataset.testid, e.getBoundingClientRect()])
  .filter(([, b]) => b.height < 43.5 || b.width < 43.5)
  .map(([name, b]) => `${name} ${Math.round(b.width)}x${Math.round(b.height)}`)"""


def nameless(reader: Reader) -> list[str]:
    """Nodes of the accessibility tree that take the focus, or are pictures, and have no name."""
    session = reader.context.new_cdp_session(reader.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    seen = [node for node in nodes if not node["ignored"]]
    assert len(seen) > 20
    found = []
    for node in seen:
        role = node["role"]["value"]
        facts = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
        is_met = facts.get("focusable") or role in (
            "image",
            "dialog",
            "toolbar",
            "listbox",
            "group",
        )
        if role in ("RootWebArea", "StaticText") or not is_met:
            continue
        if not node.get("name", {}).get("value", "").strip():
            found.append(role)
    return found


@pytest.mark.parametrize(
    ("who", "size"),
    [(STAFF, DESK), (STAFF, PHONE), (PATIENT, PHONE), (PATIENT, TABLET)],
    ids=["staff-desk", "staff-phone", "patient-phone", "patient-tablet"],
)
def test_everything_has_a_name_for_a_screen_reader(
    open_viewer: Open, server: ViewerServer, size: tuple[int, int], who: dict[str, Any]
) -> None:
    server.desk.reader = who
    reader = open_viewer(size).all_loaded()
    assert nameless(reader) == []
    for sheet in ("measure", "more"):
        reader.find(sheet).click()
        assert nameless(reader) == []
        assert reader.page.evaluate(TOO_SMALL) == []
        reader.find("close-sheet").click()
    label = reader.page.evaluate("window.__viewer.canvas().getAttribute('aria-label')")
    assert label == "胸部 轴位 肺窗,第 37 幅,共 72 幅"


@SIZES
def test_tab_reaches_every_control_and_shows_where_it_is(
    open_viewer: Open, size: tuple[int, int]
) -> None:
    reader = open_viewer(size).all_loaded()
    wanted = set(
        reader.page.evaluate(
            "[...document.querySelectorAll('.cfv button:not([disabled])')]"
            ".filter((e) => e.checkVisibility()).map((e) => e.dataset.testid)"
        )
    ) | {"slice-slider", "pane-0"}
    reached = set()
    for _ in range(len(wanted) + 8):
        reader.page.keyboard.press("Tab")
        reached.add(reader.page.evaluate(ACTIVE))
        ring = reader.page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return document.activeElement === document.body || s.outlineStyle !== 'none'; })()"
        )
        assert ring, reader.page.evaluate(ACTIVE)
    assert wanted - reached == set()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_sheet_holds_the_focus_and_gives_it_back(
    open_viewer: Open, size: tuple[int, int]
) -> None:
    reader = open_viewer(size).all_loaded()
    reader.find("more").focus()
    reader.page.keyboard.press("Enter")
    expect(reader.find("more-sheet")).to_be_visible()
    inside = "document.querySelector('.cfv-sheet').contains(document.activeElement)"
    assert reader.page.evaluate(ACTIVE) == "close-sheet"
    reader.page.keyboard.press("Shift+Tab")  # from the first stop to the last
    assert reader.page.evaluate(inside)
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate(ACTIVE) == "close-sheet"
    for _ in range(8):
        reader.page.keyboard.press("Tab")
        assert reader.page.evaluate(inside)
    reader.page.keyboard.press("Escape")
    expect(reader.find("more-sheet")).to_be_hidden()
    assert reader.page.evaluate(ACTIVE) == "more"


def test_the_keyboard_alone_chooses_a_cell_and_scrolls_it(
    open_viewer: Open, server: ViewerServer
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(DESK).all_loaded()
    reader.find("pane-1").focus()
    expect(reader.find("pane-1")).to_have_attribute("data-active", "")
    reader.page.keyboard.press("Home")
    reader.settle()
    assert "1 / 44" in reader.find("pane-1").get_by_test_id("corner-bl").inner_text()


def test_a_lost_gpu_context_is_rebuilt_and_lost_again_done_without(open_viewer: Open) -> None:
    reader = open_viewer(DESK, renderer="webgl2", series="axial").all_loaded()
    reader.press("turn-right")
    reader.page.evaluate("window.__viewer.setWL(40, 400)")
    before = reader.pixels()
    for expected in ("webgl2", "2d"):
        reader.page.evaluate(
            """() => {
              window.lostCanvas = window.__viewer.canvas();
              const gl = window.lostCanvas.getContext("webgl2");
              gl.getExtension("WEBGL_lose_context").loseContext();
            }"""
        )
        wait_until(reader.page, "window.__viewer.canvas() !== window.lostCanvas")
        assert reader.page.evaluate("window.__viewer.renderer()") == expected
        after = reader.pixels()
        assert after.shape == before.shape
        assert np.abs(after.astype(int) - before).mean() < 1
    reader.page.keyboard.press("ArrowDown")
    assert reader.index == 37


@SIZES
def test_large_text_grows_tools_and_readings_and_is_remembered(
    open_viewer: Open, server: ViewerServer, size: tuple[int, int]
) -> None:
    server.desk.reader = PATIENT
    reader = open_viewer(size).all_loaded()
    height = "document.querySelector('[data-testid=reset]').getBoundingClientRect().height"
    small = reader.page.evaluate(height)
    reader.press("large-text")
    assert reader.page.evaluate(height) > 1.2 * small
    name = {PHONE: "phone", TABLET: "tablet", DESK: "desk"}[size]
    picture(reader.page, f"e8_1-large-text-{name}")
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not reader.page.evaluate(overflow)
    for testid in ("scroll", "window"):
        box = reader.find(f"tool-{testid}").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= size[0]
    for sheet in ("measure", "more"):
        reader.find(sheet).click()
        assert reader.page.evaluate(TOO_SMALL) == []
        box = reader.find(f"{sheet}-sheet").bounding_box()
        assert box and box["x"] >= -1 and box["x"] + box["width"] <= size[0] + 1
        assert box["y"] >= 0 and box["y"] + box["height"] <= size[1] + 1
        reader.find("close-sheet").click()
    reader.page.reload()
    reader.all_loaded()
    assert reader.page.evaluate(height) > 1.2 * small


def test_patients_read_in_a_light_room_and_doctors_in_a_dark_one(
    open_viewer: Open, server: ViewerServer
) -> None:
    ground = "getComputedStyle(document.querySelector('.cfv-tools')).backgroundColor"
    stage = "getComputedStyle(document.querySelector('.cfv-pane')).backgroundColor"
    rooms = ((PATIENT, PHONE, "phone"), (PATIENT, DESK, "desk"), (STAFF, DESK, ""))
    for who, size, name in rooms:
        server.desk.reader = who
        reader = open_viewer(size).all_loaded()
        expected = "rgb(255, 255, 255)" if who is PATIENT else "rgb(17, 20, 24)"
        assert reader.page.evaluate(ground) == expected
        assert reader.page.evaluate(stage) == "rgb(0, 0, 0)"
        if name:
            reader.find("more").click()
            reader.settle()
            picture(reader.page, f"e8_1-light-{name}")
        reader.close()


WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; V2324A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
    " Chrome/126.0.6478.188 Mobile Safari/537.36 XWEB/1260117 MicroMessenger/8.0.54"
)


def test_in_wechat_a_picture_is_shown_to_be_kept_and_fonts_stay(open_viewer: Open) -> None:
    reader = open_viewer(PHONE).all_loaded()
    reader.context.add_init_script(
        f"Object.defineProperty(navigator, 'userAgent', {{get: () => {WECHAT!r}}});"
        "window.asked = []; window.WeixinJSBridge = {invoke: (...a) => window.asked.push(a)};"
    )
    reader.page.reload()
    reader.all_loaded()
    assert reader.page.evaluate("window.asked") == [["setFontSizeCallback", {"fontSize": 0}]]
    reader.find("more").click()
    expect(reader.find("full-screen")).to_have_count(0)
    reader.find("capture").click()
    expect(reader.find("keep-picture").locator("img")).to_be_visible()
    wait_until(reader.page, "document.querySelector('.cfv-kept').naturalWidth > 100")
    source = reader.find("keep-picture").locator("img").get_attribute("src")
    assert source and source.startswith("data:image/png")
    picture(reader.page, "e8_1-keep-picture-phone")
    reader.find("close-picture").click()
    expect(reader.find("keep-picture")).to_have_count(0)
