"""Rebuilt planes turned by their lines: where they lie, what they show and what was measured on them,
beside values interpolated here from the stored slices."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from tests.support.browser import DESK, PHONE, picture
from tests.viewer.conftest import Open
from tests.viewer.driver import Reader, Where
from tests.viewer.server import ViewerServer
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]
STAFF = {"kind": "staff", "id": "7"}
ANGLE = math.radians(30)
# the sagittal plane turned by 30 degrees about the head-foot axis
RIGHT = np.array([-math.sin(ANGLE), math.cos(ANGLE), 0.0])
DOWN = np.array([0.0, 0.0, -1.0])
NORMAL = np.cross(RIGHT, DOWN)


@dataclass
class Scanned:
    """The slices as a field of Hounsfield units in the patient."""

    data: SeriesData

    def __post_init__(self) -> None:
        self.voxels = np.stack(self.data.stored).astype(float) - 1024
        positions = self.data.entry["frames"]["position"]
        self.origin = np.array(positions[0])
        dy, dx = self.data.entry["spacing"]
        self.mm = np.array([dx, dy, positions[1][2] - positions[0][2]])

    @property
    def middle(self) -> NDArray[np.float64]:
        """Where the planes cross at first: the middle of the middle slice."""
        return self.origin + np.array([127.5, 127.5, 36]) * self.mm

    def at(self, place: NDArray[np.float64]) -> float:
        voxel = (place - self.origin) / self.mm
        low = np.floor(voxel).astype(int)
        part = voxel - low
        total = 0.0
        for corner in itertools.product((0, 1), repeat=3):
            x, y, z = low + corner
            total += self.voxels[z, y, x] * np.prod(np.where(corner, part, 1 - part))
        return float(total)

    def near(self, place: NDArray[np.float64], depth: float = 0) -> tuple[float, float]:
        """The least and the largest that a pixel there may show: it is at most half a pixel away. With
        a `depth`: of the largest along the normal."""
        half = self.mm.min() * 0.55
        offsets = np.linspace(-half, half, 5)
        steps = np.arange(-depth, depth + 1e-6, self.mm.min() / 2) if depth else [0.0]
        found = [
            max(self.at(place + RIGHT * a + DOWN * b + NORMAL * t) for t in steps)
            for a in offsets
            for b in offsets
        ]
        return min(found), max(found)


def sagittal(reader: Reader, study: Study) -> Where:
    """Of the sagittal pane before it is turned: rows of slices are its columns."""
    scanned = Scanned(study["axial"])
    box = reader.find("pane-1").bounding_box()
    assert box
    return Where(dict(box), 72, 256, scanned.mm[2] / scanned.mm[1])  # type: ignore[arg-type]


def turn(reader: Reader, study: Study) -> None:
    """Take the sagittal plane's line in the axial pane by its upper handle and turn it."""
    where = reader.where(study["axial"], 0)
    x, y = where(128, 128)
    far = 0.27 * min(where.box["width"], where.box["height"])
    steps = [(x + far * math.sin(a), y - far * math.cos(a)) for a in (0, ANGLE / 2, ANGLE)]
    mouse = reader.page.mouse
    mouse.move(*steps[0])
    mouse.down()
    for step in steps[1:]:
        mouse.move(*step)
    mouse.up()
    reader.settle()


def test_planes_are_turned_by_hand_and_show_what_lies_there(
    open_viewer: Open, study: Study
) -> None:
    reader = open_viewer(DESK).all_loaded()
    scanned = Scanned(study["axial"])
    reader.press("mpr")
    expect(reader.find("volume-bar")).to_be_visible()
    where = sagittal(reader, study)
    turn(reader, study)
    for pane, words in ((0, "轴位 重建"), (1, "矢状位 斜切"), (2, "冠状位 斜切")):
        assert words in (
            reader.find(f"pane-{pane}").get_by_test_id("corner-tr").text_content() or ""
        )
    # the located point stays where it was on the screen, and as large
    x, y = where(128, 72 - 36.5)
    scale = where.scale / scanned.mm[1]
    reader.press("tool-probe")
    for across, down in ((20, -15), (-35, 30), (5, 40)):
        reader.click((x + across * scale, y + down * scale))
        told = float(reader.text("reading-probe").split(" ")[0])
        low, high = scanned.near(scanned.middle + RIGHT * across + DOWN * down)
        assert low - 1 <= told <= high + 1, (across, down)
        reader.page.keyboard.press("Control+z")
    reader.find("slab-mm").select_option("10")
    reader.click((x + 20 * scale, y - 15 * scale))
    told = float(reader.text("reading-probe").split(" ")[0])
    low, high = scanned.near(scanned.middle + RIGHT * 20 - DOWN * 15, 4.5)
    assert low - 1 <= told <= high + 40
    reader.page.keyboard.press("Control+z")
    reader.find("slab-mm").select_option("0")
    picture(reader.page, "d11_1-oblique-desk")
    reader.press("reset")
    expect(reader.find("pane-1").get_by_test_id("corner-tr")).to_contain_text("矢状位 重建")


def test_a_length_on_a_turned_plane_is_found_again_on_another_device(
    open_viewer: Open, server: ViewerServer, study: Study
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(DESK, series="axial").all_loaded()
    scanned = Scanned(study["axial"])
    reader.press("mpr")
    expect(reader.find("volume-bar")).to_be_visible()
    where = sagittal(reader, study)
    turn(reader, study)
    x, y = where(128, 72 - 36.5)
    scale = where.scale / scanned.mm[1]
    reader.press("tool-length")
    reader.drag((x - 30 * scale, y + 10 * scale), (x + 30 * scale, y - 20 * scale))
    reading = reader.text("reading-length")
    assert float(reading.split(" ")[0]) == pytest.approx(math.hypot(60, 30), abs=0.6)
    expect(reader.find("keep-state")).to_have_text("标注已保存")
    (mark,) = server.desk.kept["study"]["marks"]
    assert (mark["series"], mark["plane"]["name"]) == ("axial", "sagittal")
    assert mark["plane"]["views"][6:12] == pytest.approx([*RIGHT, *DOWN], abs=0.01)
    place = np.array(mark["plane"]["point"])
    (a, b), (c, d) = mark["points"]
    ends = [place + RIGHT * right + DOWN * down for right, down in ((a, b), (c, d))]
    assert ends[0] == pytest.approx(scanned.middle - RIGHT * 30 + DOWN * 10, abs=1)
    assert ends[1] == pytest.approx(scanned.middle + RIGHT * 30 - DOWN * 20, abs=1)
    # leaving and coming back in this page
    reader.find("close-volume").click()
    expect(reader.find("reading-length")).to_have_count(0)
    phone = open_viewer(PHONE, series="axial").all_loaded()
    for one in (reader, phone):
        one.find("measure").click()
        expect(one.find("mark-list")).to_contain_text("重建平面")
        one.find("go-mark-0").click()
        expect(one.find("volume-bar")).to_be_visible()
        expect(one.find("reading-length")).to_have_text(reading)
    picture(phone.page, "d11_1-oblique-phone")
    assert [one["uid"] for one in server.desk.kept["study"]["marks"]] == [mark["uid"]]


def test_planes_are_turned_from_the_keyboard_too(open_viewer: Open) -> None:
    reader = open_viewer(DESK).all_loaded()
    reader.press("mpr")
    expect(reader.find("volume-bar")).to_be_visible()
    reader.find("turn-planes-right").focus()
    reader.page.keyboard.press("Enter")
    reader.settle()
    corner = reader.find("pane-1").get_by_test_id("corner-tr")
    expect(corner).to_contain_text("斜切")
    reader.find("turn-planes-left").press("Enter")
    reader.press("reset")
    expect(corner).not_to_contain_text("斜切")
