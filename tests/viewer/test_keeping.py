"""Marks that outlive the page: on the server for staff, in the tab for everybody else."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import DESK, PHONE, picture
from tests.viewer.conftest import Open
from tests.viewer.driver import Reader
from tests.viewer.server import ViewerServer
from tests.viewer.studies import SeriesData

pytestmark = pytest.mark.browser
Study = dict[str, SeriesData]
STAFF = {"kind": "staff", "id": "7"}


def drawn_length(reader: Reader, study: Study) -> str:
    where = reader.where(study["axial"])
    reader.press("tool-length")
    reader.drag(where(60, 100), where(160, 100))
    return reader.text("reading-length")


def saved(reader: Reader) -> None:
    expect(reader.find("keep-state")).to_have_text("标注已保存")


def test_a_doctors_marks_are_restored_on_another_device(
    open_viewer: Open, server: ViewerServer, study: Study
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(DESK, series="axial").all_loaded()
    reading = drawn_length(reader, study)
    saved(reader)
    (mark,) = server.desk.kept["study"]["marks"]
    assert (mark["kind"], mark["series"], mark["frame"]) == ("length", "axial", 1)
    assert mark["sop_instance_uid"] == f"2.25.5.{reader.index + 1}"
    assert mark["points"][0] == pytest.approx([60, 100], abs=0.6)
    phone = open_viewer(PHONE, series="axial").all_loaded()
    expect(phone.find("reading-length")).to_have_text(reading)
    phone.press("tool-probe")
    where = phone.where(study["axial"])
    phone.touch([[where(128, 128)], [where(128, 128)]])
    saved(phone)
    assert [mark["kind"] for mark in server.desk.kept["study"]["marks"]] == ["length", "probe"]
    # the desk still has the older version: it merges, and shows what the phone made
    reader.drag(reader.where(study["axial"])(60, 140), reader.where(study["axial"])(160, 140))
    expect(reader.find("mark-probe")).to_have_count(1)
    saved(reader)
    assert len(server.desk.kept["study"]["marks"]) == 3


def test_without_a_network_it_says_so_and_saves_when_it_is_back(
    open_viewer: Open, server: ViewerServer, study: Study
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(DESK, series="axial").all_loaded()
    saved_before = dict(server.desk.kept)
    reader.context.set_offline(True)
    drawn_length(reader, study)
    expect(reader.find("keep-state")).to_have_text("标注未保存,等待网络")
    picture(reader.page, "d10_1-unsaved-desk")
    assert server.desk.kept == saved_before
    reader.context.set_offline(False)
    saved(reader)
    assert len(server.desk.kept["study"]["marks"]) == 1


def test_an_ended_session_is_said(open_viewer: Open, server: ViewerServer, study: Study) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(DESK, series="axial").all_loaded()
    server.faults["/marks/study"] = 401
    drawn_length(reader, study)
    expect(reader.find("keep-state")).to_have_text("登录已过期,标注未保存")
    expect(reader.find("mark-length")).to_have_count(1)


HOSTILE = "<img src=x onerror=alert(1)></script>{{7*7}}"


def test_colleagues_marks_are_read_and_never_changed(
    open_viewer: Open, server: ViewerServer, study: Study
) -> None:
    server.desk.reader = STAFF
    theirs: dict[str, Any] = {
        "uid": "theirs-01", "kind": "text", "series": "axial", "sop_instance_uid": "2.25.5.37",
        "frame": 1, "points": [[128, 90]], "text": HOSTILE, "at": "2026-11-24T01:00:00+00:00",
    }  # fmt: skip
    server.desk.others = [
        {
            "author": HOSTILE,
            "title": "主任医师",
            "updated_at": "2026-11-24T01:00:00+00:00",
            "marks": [theirs],
        }
    ]
    dialogs: list[str] = []
    reader = open_viewer(DESK, series="axial").all_loaded()
    reader.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    expect(reader.find("others-text")).to_have_count(1)
    assert HOSTILE in reader.text("reading-text")
    reader.click(reader.where(study["axial"])(128, 90))
    expect(reader.find("mark-bar")).to_be_hidden()  # nothing was selected
    drawn_length(reader, study)
    reader.press("clear-marks")
    expect(reader.find("mark-length")).to_have_count(0)
    expect(reader.find("others-text")).to_have_count(1)
    reader.find("measure").click()
    expect(reader.find("others-list")).to_contain_text(HOSTILE)
    expect(reader.page.get_by_text(f"{HOSTILE} 主任医师的标注(只读)(1)")).to_be_visible()
    picture(reader.page, "d10_9-others-desk")
    reader.find("close-sheet").click()
    reader.press("toggle-others")
    expect(reader.find("others-text")).to_have_count(0)
    assert reader.page.locator("img[src=x]").count() == 0 and dialogs == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_list_jumps_renames_and_deletes(
    open_viewer: Open, server: ViewerServer, study: Study, size: tuple[int, int]
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(size, series="axial").all_loaded()
    reading = drawn_length(reader, study)
    made_at = reader.index
    reader.scroll_to(5)
    reader.press("key-image")
    reader.settle()
    expect(reader.find("key-badge")).to_be_visible()
    reader.scroll_to(60)
    reader.settle()
    expect(reader.find("key-badge")).to_be_hidden()
    reader.find("measure").click()
    expect(reader.find("go-mark-0")).to_contain_text(reading.split("mm")[0])
    reader.find("rename-mark-0").click()
    reader.find("ask-text").fill("右肺结节")
    reader.find("ask-ok").click()
    expect(reader.find("go-mark-0")).to_contain_text("右肺结节")
    picture(reader.page, f"d10_1-list-{'phone' if size == PHONE else 'desk'}")
    reader.find("go-mark-0").click()
    reader.settle()
    assert reader.index == made_at
    assert reader.text("reading-length").startswith("右肺结节")
    reader.find("measure").click()
    reader.find("key-list").get_by_role("button", name="关键影像 第 6 幅").click()
    reader.settle()
    assert reader.index == 5
    reader.find("measure").click()
    reader.find("remove-mark-0").click()
    expect(reader.find("mark-list")).to_have_count(0)
    reader.find("remove-mark-0").click()
    expect(reader.find("key-list")).to_have_count(0)
    reader.find("close-sheet").click()
    reader.press("undo")
    reader.scroll_to(5)
    reader.settle()
    expect(reader.find("key-badge")).to_be_visible()


def test_a_patients_marks_stay_in_the_tab(
    open_viewer: Open, server: ViewerServer, study: Study
) -> None:
    server.desk.reader = {"kind": "patient", "id": ""}
    reader = open_viewer(PHONE).all_loaded()
    reading = drawn_length(reader, study)
    expect(reader.find("keep-state")).to_have_text("标注仅存本页")
    reader.page.reload()
    reader.all_loaded()
    expect(reader.find("reading-length")).to_have_text(reading)
    assert not [path for path in server.asked if "/marks/" in path]
    assert server.desk.kept == {}


def test_a_calibration_comes_back_with_its_mark(
    open_viewer: Open, server: ViewerServer, study: Study
) -> None:
    server.desk.reader = STAFF
    reader = open_viewer(DESK, series="us").all_loaded()
    where = reader.where(study["us"])
    reader.press("tool-calibrate")
    reader.drag(where(100, 50), where(200, 50))
    reader.find("ask-text").fill("50")
    reader.find("ask-ok").click()
    saved(reader)
    again = open_viewer(DESK, series="us").all_loaded()
    again.press("tool-length")
    again.drag(where(100, 150), where(180, 150))
    assert float(again.text("reading-length").split()[0]) == pytest.approx(40, abs=0.5)
