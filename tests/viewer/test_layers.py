"""What lies between stored values and the eye: overlays, shutters, look-up tables, the three window
functions, pixels that are not square; beside the server's own renderer on real files."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from imaging.dicom.reader import DicomFile, read_file
from imaging.output.rendering import render_frame
from tests.support.browser import DESK, PHONE, picture
from tests.viewer.driver import Reader
from tests.viewer.layered_study import SIDE, layered_files, layered_study, plane, written
from tests.viewer.server import ViewerServer, viewer_server
from tests.viewer.studies import SeriesData
from tests.viewer.test_real_reading import best_fit

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]


@pytest.fixture(scope="module")
def files(shared_dicom: Path) -> dict[str, DicomFile]:
    return {name: read_file(data) for name, data in layered_files(shared_dicom).items()}


@pytest.fixture(scope="module")
def layered(shared_dicom: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return layered_study(shared_dicom, tmp_path_factory.mktemp("frames"))


@pytest.fixture(scope="module")
def layered_server(pages: Path, layered: Study):  # type: ignore[no-untyped-def]
    with viewer_server(pages, layered) as running:
        yield running


@pytest.fixture(scope="module", params=["webgl2", "2d"])
def reader(request: pytest.FixtureRequest, browser: Browser, layered_server: ViewerServer):  # type: ignore[no-untyped-def]
    opened = Reader(
        browser, layered_server, DESK, {"renderer": request.param}, is_first_visit=False
    )
    yield opened
    opened.close()
    assert opened.complaints == []


def check(reader: Reader, expected: np.ndarray, share: float = 0.995, window: str = "") -> None:  # type: ignore[type-arg]
    """The canvas at one to one shows this picture."""
    reader.page.keyboard.press("1")
    center, _, width = window.partition("/")
    set_window = f"window.__viewer.setWL({center}, {width})"
    away = best_fit(reader.pixels(set_window) if window else reader.pixels(), expected)
    assert away.max() <= 1
    assert (away == 0).mean() > share


@pytest.mark.parametrize(
    ("name", "window"),
    [("overlay", ""), ("planes", ""), ("shutter", ""), ("bitmap", ""), ("voi-table", ""),
     ("modality-table", "511/900"), ("exact", "")],
)  # fmt: skip
def test_a_file_is_seen_as_the_server_draws_it(
    reader: Reader, layered: Study, files: dict[str, DicomFile], name: str, window: str
) -> None:
    reader.show(layered, name, [])
    check(reader, render_frame(files[name], 0, window or "file"), 0.97, window)
    if name in ("overlay", "shutter"):
        picture(reader.page, f"d8_2-layers-{name}-1440")


def test_overlays_and_shutters_go_and_come_back(
    reader: Reader, layered: Study, files: dict[str, DicomFile], shared_dicom: Path
) -> None:
    reader.show(layered, "shutter", [])
    plain = render_frame(read_file(written(shared_dicom)), 0)
    lines = plane(3)
    part = plane(5)[:300, :200][21:, :113]
    lines[:279, 399:] |= part
    whole = render_frame(files["shutter"], 0)
    assert (whole[lines] == 255).all() and (whole == 0x5A).mean() > 0.2  # grey outside the shutter
    reader.press("toggle-shutter")
    check(reader, np.where(lines, 255, plain).astype(np.uint8))
    reader.press("toggle-overlays")
    check(reader, plain)
    reader.find("more").click()
    expect(reader.find("toggle-overlays")).to_have_attribute("aria-pressed", "false")
    expect(reader.find("toggle-shutter")).to_have_attribute("aria-pressed", "false")
    reader.find("close-sheet").click()
    reader.press("reset")
    check(reader, whole)
    reader.press("invert")
    inverted = render_frame(files["shutter"], 0, is_inverted=True)
    check(reader, inverted)
    reader.press("reset")


def test_windows_of_a_mammogram_by_name_and_curve(
    reader: Reader, layered: Study, files: dict[str, DicomFile]
) -> None:
    reader.show(layered, "sigmoid", [])
    check(reader, render_frame(files["sigmoid"], 0), 0.97)
    for number, preset in ((3, "SOFTER"), (5, "曲线 HARDER")):
        reader.press(f"preset-{preset}")
        check(reader, render_frame(files["sigmoid"], 0, str(number)), 0.97)
    assert "灰阶曲线 曲线 HARDER" in reader.text("corner-br")
    reader.find("more").click()
    expect(reader.find("preset-曲线 HARDER")).to_have_attribute("aria-pressed", "true")
    expect(reader.find("preset-SOFTER")).to_have_attribute("aria-pressed", "false")
    picture(reader.page, "d9_3-curves-mg-1440")
    reader.find("close-sheet").click()
    reader.press("reset")


def test_several_windows_of_one_file_and_their_exact_rule(
    reader: Reader, layered: Study, files: dict[str, DicomFile]
) -> None:
    reader.show(layered, "exact", [])
    reader.press("preset-肺")
    check(reader, render_frame(files["exact"], 0, "2"))
    check(reader, render_frame(files["exact"], 0, "-600/1400/LINEAR_EXACT"))
    reader.press("reset")


def test_colour_under_layers_and_high_pixels(reader: Reader, layered: Study) -> None:
    where = replace(reader.show(layered, "narrow", []), aspect=4 / 3)
    drawn = reader.pixels().max(axis=2) > 40
    columns = np.flatnonzero(drawn.any(axis=0))
    rows = np.flatnonzero(drawn.any(axis=1))
    source = layered["narrow"].stored[0].max(axis=2) > 40
    wide, high = (np.ptp(np.flatnonzero(source.any(axis=axis))) + 1 for axis in (0, 1))
    shown = (np.ptp(rows) + 1) / (np.ptp(columns) + 1)
    assert shown == pytest.approx(high / wide * 4 / 3, rel=0.03)
    small = Image.open(BytesIO(layered["narrow"].thumbnail))
    assert small.size == (256, 160)  # 256 × 120 pixels, each 4:3 high
    reader.press("tool-length")
    reader.stroke(where(50, 20), where(50, 60), where(50, 80))
    assert reader.text("reading-length").startswith(f"{60 * 4 / 3:.1f} 像素")
    reader.page.keyboard.press("Control+z")
    reader.press("tool-scroll")


def test_measuring_where_pixels_are_higher_than_wide(reader: Reader, layered: Study) -> None:
    where = replace(reader.show(layered, "tall", []), aspect=1.5)
    reader.press("tool-angle")
    for at in ((300, 300), (100, 100), (300, 100)):
        reader.click(where(*at))
    degrees = np.degrees(np.arctan2(200 * 1.5, 200))
    assert float(reader.text("reading-angle").split("°")[0]) == pytest.approx(degrees, abs=0.6)
    reader.page.keyboard.press("Control+z")
    reader.press("tool-ellipse")
    reader.drag(where(100, 100), where(200, 180))
    area = np.pi * 50 * 40 * 1.5
    told = reader.text("reading-ellipse")
    assert float(told.split("面积 ")[1].split(" ")[0]) == pytest.approx(area, rel=0.03)
    assert "按像素宽计" in told
    reader.page.keyboard.press("Control+z")
    reader.press("tool-scroll")


def test_a_capture_and_a_thumbnail_show_them_too(
    browser: Browser, layered_server: ViewerServer, layered: Study, files: dict[str, DicomFile]
) -> None:
    small = np.asarray(Image.open(BytesIO(layered["bitmap"].thumbnail)))
    assert small.shape == (256, 256) and small[:44].max() == 0
    reader = Reader(browser, layered_server, PHONE, {}, is_first_visit=False)
    where = reader.show(layered, "bitmap", [])
    reader.find("more").click()
    with reader.page.expect_download() as download:
        reader.find("capture").click()
    image = np.asarray(Image.open(BytesIO(Path(download.value.path()).read_bytes())).convert("L"))
    box = where.box
    left, top = (2 * (a - box[b]) for a, b in zip(where(0, 0), "xy", strict=True))
    right, bottom = (2 * (a - box[b]) for a, b in zip(where(SIDE, SIDE), "xy", strict=True))
    step = (bottom - top) / SIDE
    hidden = image[round(top + 2 * step) : round(top + 88 * step), round(left) : round(right)]
    assert hidden.max() == 0
    seen = image[round(top + 100 * step) : round(bottom - 80 * step), round(left) : round(right)]
    assert seen.std() > 20
    picture(reader.page, "d8_2-layers-shutter-390")
    reader.close()
