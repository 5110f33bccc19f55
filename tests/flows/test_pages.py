"""The patient's pages at the three sizes of `UI.md`, on the demonstration's examples: nothing
overflows, everything that can be touched is large enough, nothing fails behind the page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.demo.test_demo import demo
from tests.support.browser import DESK, PHONE, TABLET, new_context, picture, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SIZES = {"phone": PHONE, "tablet": TABLET, "desk": DESK}
TOO_SMALL = """() => [...document.querySelectorAll("button, a, input, [role=button]")]
  .filter((e) => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}))
  .map((e) => [e.dataset.testid ?? e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
  .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with demo(tmp_path_factory.mktemp("pages") / "var") as (_, contract):
        yield contract


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of the size that the test's parameter names; its failures fail the test."""
    context = new_context(browser, SIZES[request.node.callspec.params["size"]])
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    opened.on("response", lambda r: failures.append(r.url) if r.status >= 500 else None)
    yield opened
    context.close()
    assert failures == []


def exam_of(told: dict[str, Any], modality: str, status: str) -> dict[str, Any]:
    found = [e for e in told["exams"] if (e["modality"], e["status"]) == (modality, status)]
    return dict(found[0])


def check_layout(page: Page) -> None:
    assert not page.evaluate(OVERFLOWS)
    assert page.evaluate(TOO_SMALL) == []


def enter(page: Page, exam: dict[str, Any]) -> None:
    page.goto(exam["code_url"])
    page.locator('input[name="digits"]').fill(exam["digits"])
    page.locator("button[type=submit]").click()
    page.get_by_test_id("open-report").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_e5_1_digits(told: dict[str, Any], page: Page, size: str) -> None:
    exam = exam_of(told, "CT", "completed")
    page.goto(exam["code_url"])
    box = page.locator('input[name="digits"]')
    box.wait_for()
    text = page.locator("body").inner_text()
    assert exam["patient_name"] not in text  # masked until proven
    assert exam["patient_name"][0] in text and "身份证后六位" in text
    assert box.get_attribute("inputmode") in ("none", "numeric", "text")
    check_layout(page)
    picture(page, f"e5_1-digits-{size}")
    wrong = "000000" if exam["digits"] != "000000" else "111111"
    box.fill(wrong)
    page.locator("button[type=submit]").click()
    page.get_by_text("输入的数字不对").wait_for()
    picture(page, f"e5_1-wrong-{size}")
    box.fill(exam["digits"])
    page.locator("button[type=submit]").click()
    page.get_by_test_id("open-images").wait_for()


@pytest.mark.parametrize("size", ["phone"])
def test_e5_1_the_keypad_types_for_large_fingers(
    told: dict[str, Any], page: Page, size: str
) -> None:
    exam = exam_of(told, "MR", "completed")
    page.goto(exam["code_url"])
    page.get_by_test_id("large-text").click()
    check_layout(page)
    for digit in exam["digits"]:
        page.get_by_test_id(f"key-{digit}").click()
    picture(page, "e5_1-large-text-phone")
    page.locator("button[type=submit]").click()
    page.get_by_test_id("open-images").wait_for()
    check_layout(page)
    picture(page, "e6_1-large-text-phone")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("modality", "status", "label"),
    [
        ("CT", "completed", "已完成"),
        ("CT", "awaiting_report", "待诊断"),
        ("DX", "scheduled", "待检查"),
    ],
)
def test_e6_1_e11_1_home(
    told: dict[str, Any], page: Page, size: str, modality: str, status: str, label: str
) -> None:
    exam = exam_of(told, modality, status)
    enter(page, exam)
    text = page.locator("body").inner_text()
    assert exam["patient_name"] in text and exam["accession_number"] in text and label in text
    check_layout(page)
    picture(page, f"e11_1-{status}-{size}")
    assert page.get_by_test_id("open-images").is_enabled() == (status != "scheduled")
    assert page.get_by_test_id("open-report").is_enabled() == (status == "completed")


@pytest.mark.parametrize("size", SIZES)
def test_e7_1_report(told: dict[str, Any], page: Page, size: str, tmp_path: Path) -> None:
    enter(page, exam_of(told, "CT", "completed"))
    page.get_by_test_id("open-report").click()
    page.get_by_text("诊断意见").wait_for()
    check_layout(page)
    picture(page, f"e7_1-report-{size}")
    pdf = page.request.get(told["base_url"] + "/api/patient/v1/report.pdf")
    assert pdf.ok and pdf.body().startswith(b"%PDF-")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("modality", ["CT", "MR", "DX"])
def test_e8_1_images(told: dict[str, Any], page: Page, size: str, modality: str) -> None:
    enter(page, exam_of(told, modality, "completed"))
    page.get_by_test_id("open-images").click()
    wait_until(page, "window.__perf?.marks?.allLoaded > 0", 90)
    assert not page.evaluate(OVERFLOWS)
    picture(page, f"e8_1-{modality.lower()}-{size}")


@pytest.mark.parametrize("size", ["phone"])
def test_an_unknown_code_says_what_to_do(told: dict[str, Any], page: Page, size: str) -> None:
    page.goto(told["base_url"] + "/q/AAAAAAAAAAAAAAAAAAAAAA")
    page.get_by_text("咨询").first.wait_for()
    check_layout(page)
    picture(page, "e2_1-unknown-code-phone")


@pytest.mark.parametrize("size", ["phone"])
def test_e8_1_without_webgl_the_same_pixels(told: dict[str, Any], page: Page, size: str) -> None:
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return kind.startsWith('webgl') ? null : get.call(this, kind, ...more); };"
    )
    enter(page, exam_of(told, "CT", "completed"))
    page.get_by_test_id("open-images").click()
    wait_until(page, "window.__perf?.marks?.allLoaded > 0", 90)
    lit = page.evaluate(
        "(async () => { await window.__viewer.scrollTo(80); const c = window.__viewer.canvas();"
        " const copy = document.createElement('canvas'); copy.width = copy.height = 64;"
        " const draw = copy.getContext('2d'); draw.drawImage(c, 0, 0, 64, 64);"
        " return draw.getImageData(0, 0, 64, 64).data.filter((v, i) => i % 4 === 0 && v > 40).length;"
        " })()"
    )
    assert lit > 300
