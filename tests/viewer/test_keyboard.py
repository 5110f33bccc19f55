"""Without a mouse: every control is reached with Tab, has a name, and does what a key asks."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import DESK, PHONE
from tests.viewer.conftest import Open
from tests.viewer.driver import Reader
from tests.viewer.server import ViewerServer

pytestmark = pytest.mark.browser
NAMELESS = """() => [...document.querySelectorAll("button, input, select, a[href], [tabindex]")]
  .filter(one => one.getClientRects().length > 0)
  .filter(one => {
    const name = one.getAttribute("aria-label") || one.closest("label")?.textContent || one.textContent;
    return one.tabIndex < 0 || !name.trim();
  })
  .map(one => one.dataset.testid || one.outerHTML.slice(0, 120))"""


def test_a_card_is_opened_with_space_and_with_enter(open_viewer: Open) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.find("series-1").focus()
    reader.page.keyboard.press("Space")
    expect(reader.find("series-1")).to_have_attribute("aria-selected", "true")
    expect(reader.find("cine")).to_have_attribute("aria-pressed", "false")  # Space was not for it
    reader.find("series-2").focus()
    reader.page.keyboard.press("Enter")
    expect(reader.find("series-2")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_control_has_a_name_and_a_place_in_the_order(
    open_viewer: Open, server: ViewerServer, size: tuple[int, int]
) -> None:
    server.desk.reader = {"kind": "staff", "id": "7"}
    reader = open_viewer(size).all_loaded()

    def check() -> None:
        assert reader.page.evaluate(NAMELESS) == []

    check()
    for sheet in ("measure", "more"):
        reader.find(sheet).click()
        check()
        reader.find("close-sheet").click()
    reader.press("corner-choice")
    check()
    reader.find("close-corner-choice").click()
    reader.press("mpr")
    expect(reader.find("volume-bar")).to_be_visible()
    reader.find("vr-adjust").click()
    check()


def corners(reader: Reader) -> str:
    reader.settle()
    return " ".join(reader.text(f"corner-{place}") for place in ("tl", "tr", "bl", "br", "left"))


def test_d9_6_what_stands_in_the_corners_is_the_readers_choice(open_viewer: Open) -> None:
    reader = open_viewer(DESK).all_loaded()
    assert "欧阳测试" in corners(reader) and "P0012345" in corners(reader)
    assert reader.text("corner-left") == "R"
    reader.press("corner-choice")
    for part in ("person", "patientId", "letters", "scale"):
        reader.find(f"corner-part-{part}").press("Space")
    reader.find("close-corner-choice").click()
    assert "欧阳测试" not in corners(reader) and "P0012345" not in corners(reader)
    assert "窗宽" in corners(reader) and reader.text("corner-left") == ""
    expect(reader.find("scale-bar")).to_have_count(0)
    reader.page.reload()
    expect(reader.find("corner-br")).to_contain_text("窗宽")
    assert "欧阳测试" not in corners(reader)
