"""docs/host-contract.md in a browser: an app that offers `scan`, `setTitle`, `download` and `close`
is asked for them, in ArkWeb and in the web-views of Android and iOS; one whose functions throw, or
that offers none, leaves the pages as good as any browser's."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.flows.test_pages import AGENTS, IOS, check_layout, enter, exam_of
from tests.support.browser import PHONE, new_context, picture, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

HOSTS = {
    "arkweb": AGENTS["arkweb-phone"][0],
    "android": "Mozilla/5.0 (Linux; Android 13; V2203A; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 HospitalApp/3.1",
    "ios": f"{IOS} Mobile/15E148 HospitalApp/3.1",
}
HOST = """
window.asked = JSON.parse(sessionStorage.getItem("asked") ?? "[]");
const note = (name) => (...what) => {
  window.asked.push([name, ...what]);
  sessionStorage.setItem("asked", JSON.stringify(window.asked));
};
window.cloudfilmHost = {
  scan: () => window.next ?? "",
  setTitle: note("setTitle"), download: note("download"), close: note("close"),
};"""
BROKEN = """
const fail = () => { throw new Error("no such thing"); };
window.cloudfilmHost = {scan: async () => fail(), setTitle: fail, download: fail, close: fail};"""


def asked(page: Page, name: str) -> list[list[str]]:
    return [rest for first, *rest in page.evaluate("window.asked") if first == name]


def scan(page: Page, text: str) -> None:
    page.evaluate("text => { window.next = text; }", text)
    page.get_by_test_id("scan").click()


@pytest.mark.parametrize("host", HOSTS)
def test_e3_1_a_host_app_is_asked_for_what_it_offers(
    told: dict[str, Any], browser: Browser, host: str
) -> None:
    exam = exam_of(told, "CT", "completed")
    context = new_context(browser, PHONE, user_agent=HOSTS[host])
    context.add_init_script(HOST)
    page = context.new_page()
    page.goto(told["base_url"])
    check_layout(page)
    picture(page, "e3_1-host-app-phone")
    token = exam["code_url"].rsplit("/", 1)[1]
    for foreign in (
        "https://evil.example/q/" + token, told["base_url"] + "/q/short", "javascript:alert(1)",
        told["base_url"] + "@evil.example/q/" + token, told["base_url"] + "/doctor", "一段文字",
    ):  # fmt: skip
        scan(page, foreign)
        page.get_by_text("这不是本院的二维码").wait_for()
    scan(page, "")  # the person came back without one
    page.get_by_text("这不是本院的二维码").wait_for(state="detached")
    scan(page, exam["code_url"])
    page.locator('input[name="digits"]').fill(exam["digits"])
    page.get_by_test_id("submit-digits").click()
    page.get_by_test_id("open-report").click()
    page.get_by_test_id("open-pdf").click()
    page.get_by_test_id("back").click()
    page.get_by_test_id("open-card").click()
    page.get_by_test_id("save-card").click()
    (pdf, pdf_name), (card, card_name) = asked(page, "download")
    assert pdf.startswith(told["base_url"] + "/api/patient/v1/report.pdf")
    assert card.startswith(told["base_url"] + "/api/patient/v1/card.png")
    number = exam["accession_number"]
    assert (pdf_name, card_name) == (f"检查报告-{number}.pdf", f"检查卡片-{number}.png")
    titles = [title for (title,) in asked(page, "setTitle")]
    assert titles[-4:] == ["检查结果", "检查报告", "检查结果", "二维码卡片"]
    assert page.title() == titles[-1]
    page.get_by_test_id("back").click()
    page.get_by_test_id("sign-out").click()
    wait_until(page, "window.asked.some(([name]) => name === 'close')")
    page.goto(told["base_url"] + "/enter/" + "A" * 22)
    page.get_by_test_id("close").click()
    assert len(asked(page, "close")) == 2
    context.close()


def test_a_host_app_whose_functions_throw_stops_nobody(
    told: dict[str, Any], browser: Browser
) -> None:
    context = new_context(browser, PHONE, user_agent=HOSTS["android"])
    context.add_init_script(BROKEN)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(told["base_url"])
    page.get_by_test_id("scan").click()
    enter(page, exam_of(told, "CT", "completed"))
    page.get_by_test_id("sign-out").click()
    page.locator('input[name="digits"]').wait_for()
    assert failures == []
    context.close()


@pytest.mark.parametrize("agent", ["wechat-ios", "safari"])
def test_without_a_host_app_nothing_is_offered_that_nobody_does(
    told: dict[str, Any], browser: Browser, agent: str
) -> None:
    user_agent, size, _ = AGENTS[agent]
    context = new_context(browser, size, user_agent=user_agent)
    page = context.new_page()
    page.goto(told["base_url"])
    page.get_by_test_id("open-query").wait_for()
    for nothing in ("scan", "close"):
        assert page.get_by_test_id(nothing).count() == 0
    enter(page, exam_of(told, "CT", "completed"))
    page.get_by_test_id("open-card").click()
    page.get_by_test_id("qr-card").wait_for()
    assert page.get_by_test_id("save-card").count() == int(agent == "safari")
    context.close()
