"""The patient's pages at the three sizes of `UI.md`, on the demonstration's examples: nothing
overflows, everything that can be touched is large enough, nothing fails behind the page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import DESK, PHONE, TABLET, new_context, picture, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SIZES = {"phone": PHONE, "tablet": TABLET, "desk": DESK}
TOO_SMALL = """() => [...document.querySelectorAll("button, a, input, [role=button]")]
  .filter((e) => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}))
  .map((e) => [e.dataset.testid ?? e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
  .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


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
    """The first of this kind."""
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
    mark = "allLoaded" if size == "phone" else "firstImage"
    wait_until(page, f"window.__perf?.marks?.{mark} > 0", 90)
    assert not page.evaluate(OVERFLOWS)
    shown = page.evaluate(
        "(() => { const b = document.querySelector('[data-testid=pane-0]').getBoundingClientRect();"
        " return (b.width * b.height) / (innerWidth * innerHeight); })()"
    )
    assert shown > 0.7  # the image is what the page is for
    page.wait_for_timeout(600)  # the progress bar goes
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


@pytest.mark.parametrize("size", SIZES)
def test_e4_1_retrieval_without_a_code(told: dict[str, Any], page: Page, size: str) -> None:
    exam = exam_of(told, "CT", "completed")
    page.goto(told["base_url"])
    page.get_by_test_id("open-query").click()
    page.get_by_test_id("query-name").fill(exam["patient_name"])
    page.get_by_test_id("query-number").fill("没有这个号")
    page.locator('input[name="digits"]').fill(exam["digits"])
    page.get_by_test_id("submit-query").click()
    page.get_by_text("没有查到相符的检查").wait_for()
    check_layout(page)
    picture(page, f"e4_1-query-{size}")
    page.get_by_test_id("query-number").fill(exam["accession_number"])
    page.get_by_test_id("submit-query").click()
    page.get_by_test_id("open-images").wait_for()
    page.reload()  # the address is the home's by now: a reload asks for nothing again
    page.get_by_test_id("open-images").wait_for()
    assert page.url.endswith("/home")


@pytest.mark.parametrize("size", SIZES)
def test_e12_1_history(told: dict[str, Any], page: Page, size: str) -> None:
    exam = exam_of(told, "CT", "completed")
    prior = exam_of(told, "DX", "completed")
    same = [e for e in told["exams"] if e["patient_id"] == exam["patient_id"] and e != exam]
    assert same and prior
    enter(page, exam)
    page.get_by_test_id("open-history").click()
    page.get_by_test_id(f"exam-{same[0]['accession_number']}").wait_for()
    numbers = page.locator("[data-testid^=exam-]").evaluate_all(
        "all => all.map((e) => e.dataset.testid)"
    )
    assert numbers == [f"exam-{same[0]['accession_number']}", f"exam-{exam['accession_number']}"]
    check_layout(page)
    page.wait_for_timeout(400)  # thumbnails
    picture(page, f"e12_1-history-{size}")
    page.get_by_test_id("sort-time").click()
    page.wait_for_timeout(300)
    assert page.locator("[data-testid^=exam-]").first.get_attribute("data-testid") == numbers[1]
    page.get_by_test_id(f"exam-{same[0]['accession_number']}").click()
    page.get_by_text(same[0]["accession_number"]).wait_for()
    page.get_by_test_id("open-images").click()
    wait_until(page, "window.__perf?.marks?.allLoaded > 0", 60)
    assert page.evaluate("window.__viewer.count") == 1


@pytest.mark.parametrize("size", SIZES)
def test_e10_1_share_and_stop(
    told: dict[str, Any], page: Page, browser: Browser, size: str
) -> None:
    enter(page, exam_of(told, "MR", "completed"))
    page.get_by_test_id("open-share").click()
    page.get_by_test_id("days-5").click()
    page.get_by_test_id("share-pass-code").fill("8866")
    check_layout(page)
    picture(page, f"e10_1-share-{size}")
    page.get_by_test_id("make-share").click()
    page.get_by_test_id("share-code").wait_for()
    page.wait_for_timeout(300)  # the QR picture
    picture(page, f"e10_1-made-{size}")
    link = page.get_by_test_id("share-link").inner_text()
    guest = new_context(browser, SIZES[size])
    theirs = guest.new_page()
    theirs.goto(link)
    theirs.get_by_test_id("pass-code").fill("0000")
    theirs.get_by_test_id("open-share").click()
    theirs.get_by_text("还可以再试 4 次").wait_for()
    check_layout(theirs)
    picture(theirs, f"e10_1-pass-code-{size}")
    theirs.get_by_test_id("pass-code").fill("8866")
    theirs.get_by_test_id("open-share").click()
    theirs.get_by_test_id("open-images").wait_for()
    assert theirs.get_by_test_id("open-share").count() == 0
    page.get_by_test_id("stop-share").click()
    page.get_by_test_id("make-share").wait_for()  # the form is back: it has been stopped
    page.get_by_text("已停止").first.wait_for()
    theirs.goto(link)
    theirs.get_by_text("分享已停止").wait_for()
    check_layout(theirs)
    picture(theirs, f"e10_3-stopped-{size}")
    guest.close()


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_e10_4_card_and_who_looked(told: dict[str, Any], page: Page, size: str) -> None:
    enter(page, exam_of(told, "CT", "completed"))
    page.get_by_test_id("open-card").click()
    card = page.get_by_test_id("qr-card")
    card.wait_for()
    wait_until(page, "document.querySelector('[data-testid=qr-card]').naturalWidth === 750")
    check_layout(page)
    picture(page, f"e10_4-card-{size}")
    page.get_by_test_id("back").click()
    page.get_by_test_id("open-visits").click()
    page.get_by_text("验证身份").first.wait_for()
    check_layout(page)
    picture(page, f"e6_2-visits-{size}")


def sign_in(page: Page, told: dict[str, Any], path: str = "/doctor") -> None:
    page.goto(told["base_url"] + path)
    account = told["accounts"]["doctor"]
    page.get_by_test_id("username").fill(account["username"])
    page.get_by_test_id("password").fill(account["password"])
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("sign-out").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_d7_1_a_doctor_finds_an_examination_and_opens_its_images(
    told: dict[str, Any], page: Page, size: str
) -> None:
    exam = exam_of(told, "CT", "completed")
    number, rows = exam["accession_number"], page.get_by_test_id("rows").locator("li")
    page.goto(told["base_url"] + "/doctor")
    page.get_by_test_id("username").wait_for()
    check_layout(page)
    picture(page, f"d1_1-sign-in-{size}")
    page.get_by_test_id("username").fill("doctor")
    page.get_by_test_id("password").fill("wrong")
    page.get_by_test_id("sign-in").click()
    page.get_by_text("用户名或密码不对").wait_for()
    sign_in(page, told)
    page.get_by_test_id(f"exam-{number}").wait_for()
    assert rows.count() == len(told["exams"])
    check_layout(page)
    picture(page, f"d5_2-list-{size}")
    page.get_by_test_id("filter-modality-MR").click()
    page.get_by_test_id(f"exam-{number}").wait_for(state="detached")
    assert rows.count() == 1
    page.get_by_test_id("clear-filters").click()
    page.get_by_test_id("search").fill("没有这个人")
    page.get_by_test_id("empty").wait_for()
    page.get_by_test_id("search").fill(exam["patient_name"])
    page.get_by_test_id(f"exam-{number}").click()
    page.get_by_test_id("impression").wait_for()
    page.get_by_test_id("priors").locator("li").wait_for()
    check_layout(page)
    picture(page, f"d7_1-exam-{size}")
    if size == "desk":
        page.get_by_test_id("dark").click()
        picture(page, "d7_1-exam-dark-desk")
        page.get_by_test_id("dark").click()
    if size == "phone":
        page.get_by_test_id("large-text").click()
        check_layout(page)
        page.get_by_test_id("large-text").click()
    pdf = page.get_by_test_id("open-report").get_attribute("href")
    assert (
        page.request.get(told["base_url"] + str(pdf)).headers["content-type"] == "application/pdf"
    )
    page.get_by_test_id("open-images").click()
    wait_until(page, "window.__perf?.marks?.firstImage !== undefined")
    if size == "desk":
        page.get_by_test_id("tool-length").click()
        page.get_by_test_id("pane-0").drag_to(
            page.get_by_test_id("pane-0"),
            source_position={"x": 400, "y": 300}, target_position={"x": 600, "y": 300},
        )  # fmt: skip
        page.get_by_text("标注已保存").wait_for()
        page.reload()
        page.get_by_test_id("reading-length").wait_for()
    page.get_by_test_id("back").click()
    page.get_by_test_id("impression").wait_for()
    page.get_by_test_id("back").click()
    page.get_by_test_id("search").wait_for()
    assert page.get_by_test_id("search").input_value() == exam["patient_name"]
    page.get_by_test_id("sign-out").click()
    page.get_by_test_id("username").wait_for()


IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ARK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36  ArkWeb/4.1.6.1"
AGENTS = {  # who opens the page, at which size, whether it opens PDFs
    "wechat-ios": (f"{IOS} Mobile/15E148 MicroMessenger/8.0.42(0x18002a2e) Language/zh_CN", PHONE, False),
    "wechat-android": (
        "Mozilla/5.0 (Linux; Android 13; V2203A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
        "Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49.2600 WeChat/arm64 MiniProgramEnv/android",
        PHONE, False,
    ),
    "arkweb-phone": (f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {ARK} Mobile", PHONE, False),
    "arkweb-tablet": (f"Mozilla/5.0 (Tablet; OpenHarmony 5.0) {ARK}", TABLET, False),
    "safari": (f"{IOS} Version/16.6 Mobile/15E148 Safari/604.1", PHONE, True),
    "pc": (None, DESK, True),
}  # fmt: skip


@pytest.mark.parametrize("agent", AGENTS)
def test_e7_1_the_report_opens_in_every_browser(
    told: dict[str, Any], browser: Browser, agent: str
) -> None:
    """Where no PDF opens, its pages are pictures; nobody meets a door that leads nowhere."""
    user_agent, size, opens_pdf = AGENTS[agent]
    context = new_context(browser, size, user_agent=user_agent)
    page = context.new_page()
    enter(page, exam_of(told, "CT", "completed"))
    page.get_by_test_id("open-report").click()
    page.get_by_test_id("open-pages").click()
    wait_until(page, "document.querySelector('[data-testid=report-page-1]')?.naturalWidth === 1240")
    assert page.get_by_test_id("open-pdf").count() == int(opens_pdf)
    check_layout(page)
    picture(page, f"e7_1-original-{agent}")
    context.close()


def test_e4_2_the_page_follows_the_administrator(told: dict[str, Any], browser: Browser) -> None:
    """Conditions, words and the switch, from the next visit on."""
    context = new_context(browser, PHONE)
    page = context.new_page()
    page.goto(told["base_url"])
    page.request.post(told["base_url"] + "/api/staff/v1/session", data=told["accounts"]["admin"])
    url, version = told["base_url"] + "/api/admin/v1/pages/query", 0

    def change(**values: Any) -> None:
        nonlocal version
        answer = page.request.put(url, data={"based_on": version, "values": values})
        assert answer.ok, answer.text()
        version += 1

    change(conditions=["name", "accession_number"], title="查询检查结果", note="周末人工窗口休息",
           fee_note="查询不收费;冲印胶片每张 20 元")  # fmt: skip
    page.goto(told["base_url"] + "/query")
    page.get_by_test_id("query-accession-number").wait_for()
    assert page.locator("h1").inner_text() == "查询检查结果"
    assert "20 元" in page.get_by_test_id("query-fee").inner_text()
    check_layout(page)
    picture(page, "e4_2-configured-phone")
    change(is_open=False, closed_text="系统维护,请到一楼大厅自助机查询")
    page.goto(told["base_url"] + "/query")
    page.get_by_text("请到一楼大厅自助机查询").wait_for()
    picture(page, "e4_2-closed-phone")
    change()
    context.close()
