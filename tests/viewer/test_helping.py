"""The tour, the key sheet, pictures to keep, windows by region and free-hand regions."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser import DESK, PHONE, TABLET, picture
from tests.viewer.conftest import Open
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]


def test_the_tour_is_offered_once_has_five_steps_and_can_be_seen_again(open_viewer: Open) -> None:
    reader = open_viewer(PHONE, is_first_visit=True).all_loaded()
    reader.find("start-tour").click()
    for step in range(1, 6):
        expect(reader.find("tour-count")).to_have_text(f"{step} / 5")
        card = reader.find("tour-card").bounding_box()
        assert card
        assert card["y"] >= 0
        assert card["y"] + card["height"] <= PHONE[1]
        if step == 3:
            picture(reader.page, "e9_3-tour")
        reader.find("tour-next").click()
    expect(reader.find("tour-steps")).to_have_count(0)
    reader.page.reload()
    reader.all_loaded()
    expect(reader.find("tour-offer")).to_have_count(0)
    reader.press("tour")
    reader.page.keyboard.press("Escape")
    expect(reader.find("tour-steps")).to_have_count(0)


def test_the_offer_of_a_tour_is_declined_for_good(open_viewer: Open) -> None:
    reader = open_viewer(TABLET, is_first_visit=True)
    reader.find("dismiss-tour").click()
    reader.page.reload()
    reader.all_loaded()
    expect(reader.find("tour-offer")).to_have_count(0)


def test_the_sheet_of_keys_names_what_the_keys_do(open_viewer: Open) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.page.keyboard.press("?")
    expect(reader.find("help-sheet")).to_contain_text("Ctrl + Z")
    reader.find("close-help").click()
    reader.page.keyboard.press("l")
    expect(reader.find("tool-length")).to_have_attribute("aria-pressed", "true")
    reader.page.keyboard.press("i")
    expect(reader.find("invert")).to_have_attribute("aria-pressed", "true")


def test_a_picture_is_kept_with_its_marks_and_without_a_name(
    open_viewer: Open, study: Study
) -> None:
    reader = open_viewer(DESK).all_loaded()
    where = reader.where(study["axial"])
    reader.press("tool-rectangle")
    reader.drag(where(60, 60), where(120, 120))
    reader.find("more").click()
    with reader.page.expect_download() as download:
        reader.find("capture").click()
    assert download.value.suggested_filename == "CT-37.png"
    image = np.asarray(Image.open(BytesIO(Path(download.value.path()).read_bytes())).convert("RGB"))
    pane = reader.find("pane-0").bounding_box()
    assert pane
    assert image.shape[:2] == (2 * round(pane["height"]), 2 * round(pane["width"]))
    tinted = (image.max(axis=2).astype(int) - image.min(axis=2)) > 60
    assert tinted.sum() > 500  # the rectangle and its reading
    left, top = 2 * (where(60, 60)[0] - pane["x"]), 2 * (where(60, 60)[1] - pane["y"])
    rows, columns = np.nonzero(tinted)
    assert rows.min() == pytest.approx(top, abs=16)  # the handles stand out
    assert columns.min() == pytest.approx(left, abs=16)


def test_the_window_follows_a_region_and_leaves_no_mark(open_viewer: Open, study: Study) -> None:
    reader = open_viewer(DESK).all_loaded()
    where = reader.where(study["axial"])
    reader.press("tool-region")
    reader.drag(where(100, 100), where(140, 140))
    window = reader.page.evaluate("window.__viewer.windowLevel()")
    values = study["axial"].stored[reader.index][100:140, 100:140].astype(int) - 1024
    assert window["center"] == pytest.approx((values.min() + values.max()) / 2, abs=60)
    assert window["width"] == pytest.approx(values.max() - values.min(), abs=120)
    expect(reader.find("mark-region")).to_have_count(0)
    expect(reader.find("undo")).to_be_disabled()


def test_a_region_is_drawn_in_one_stroke(open_viewer: Open, study: Study) -> None:
    reader = open_viewer(DESK).all_loaded()
    where = reader.where(study["axial"])
    reader.press("tool-freehand")
    mouse = reader.page.mouse
    angles = np.linspace(0, 2 * np.pi, 60)
    mouse.move(*where(150, 128))
    mouse.down()
    for angle in angles[1:]:
        mouse.move(*where(128 + 22 * np.cos(angle), 128 + 22 * np.sin(angle)))
    mouse.up()
    reader.settle()
    area = float(reader.text("reading-freehand").split()[1])
    spacing = study["axial"].entry["spacing"]
    assert area == pytest.approx(np.pi * 22**2 * spacing[0] * spacing[1] / 100, rel=0.03)
