"""The WeChat path in a real browser with WeChat's user agents: scan, login, digits with consent,
bind, the next scan is one tap, unbind."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from demo.fake_wechat import FakeWeChat
from tests.flows.test_journey import ACCESSION, PATIENT, order_and_report, send_hl7
from tests.flows.test_pages import SIZES, check_layout
from tests.support.browser import PHONE, new_context, picture
from tests.support.product import Product, product
from tests.support.wechat import ANDROID, IPHONE, SERVICE, channel_settings, fake_wechat

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, FakeWeChat, str]]:
    """The product beside the fake, and an examination's code."""
    folder: Path = tmp_path_factory.mktemp("wechat")
    with fake_wechat() as fake, pytest.MonkeyPatch.context() as patch:
        for name, value in channel_settings(folder / "secrets", fake.base_url).items():
            patch.setitem(os.environ, f"CLOUDFILM_{name.upper()}", str(value))
        with product(folder / "var") as running:
            fake.world.apps[SERVICE].oauth_domains.append(running.base_url.removeprefix("http://"))
            for message in order_and_report():
                send_hl7(running, message)
            yield running, fake, running.wait_code(ACCESSION, "completed")


def new_page(browser: Browser, agent: str, user: str) -> Page:
    context = new_context(browser, PHONE, user_agent=f"{agent} FakeUser/{user}")
    return context.new_page()


def at_every_size(page: Page, name: str) -> None:
    """Nothing overflows and all can be touched: phone, tablet, desk, and large text on a phone."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        check_layout(page)
        picture(page, f"{name}-{size}")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.get_by_test_id("large-text").click()
    check_layout(page)
    picture(page, f"{name}-large-text-phone")
    page.get_by_test_id("large-text").click()


def invitation_is_shown(browser: Browser, link: str) -> None:
    """To somebody of the family in WeChat, and to one without WeChat."""
    for agent, seen in ((IPHONE, "accept"), ("Mozilla/5.0 (X11; Linux x86_64)", "wechat-needed")):
        page = new_page(browser, agent, "carol")
        page.goto(link)
        page.get_by_test_id(seen).wait_for()
        assert PATIENT.name not in page.locator("body").inner_text()
        at_every_size(page, f"e3_1-invitation-{seen}")
        page.context.close()
    page = new_page(browser, IPHONE, "carol")
    page.goto(link)
    page.get_by_test_id("accept").click()
    page.get_by_test_id("open-report").wait_for()
    page.goto(page.url.split("/home")[0] + "/home")
    page.get_by_test_id("open-report").wait_for()
    page.context.close()


@pytest.mark.parametrize(("agent", "user"), [(IPHONE, "alice"), (ANDROID, "bob")])
def test_scan_login_consent_bind_one_tap_unbind(
    walked: tuple[Product, FakeWeChat, str], browser: Browser, agent: str, user: str
) -> None:
    _, _, code = walked
    page = new_page(browser, agent, user)
    page.goto(code)
    assert page.url.split("#")[0] == code  # clean: neither code nor state stays behind
    page.locator('input[name="digits"]').fill(PATIENT.id_card[-6:])
    if user == "alice":  # consent is asked once
        page.get_by_test_id("consent-text").click()
        page.get_by_text("单独同意").wait_for()
        assert "同意" in page.get_by_test_id("submit-digits").inner_text()
        at_every_size(page, "e5_1-consent")
    else:
        assert page.get_by_test_id("consent-text").count() == 0
    page.get_by_test_id("submit-digits").click()
    page.get_by_test_id("open-report").wait_for()
    page.get_by_test_id("bind-self").click()
    page.get_by_test_id("bound").wait_for()
    check_layout(page)
    page.context.close()

    page = new_page(browser, agent, user)  # another day
    page.goto(code)
    page.get_by_test_id("enter").wait_for()
    assert PATIENT.name not in page.locator("body").inner_text()
    at_every_size(page, "e3_1-one-tap")
    page.get_by_test_id("enter").click()
    page.get_by_test_id("open-report").wait_for()
    page.get_by_test_id("open-family").click()
    page.get_by_test_id("invite-child").click()
    link = page.get_by_test_id("invitation-link").inner_text()
    at_every_size(page, "e3_1-family")
    if user == "alice":
        invitation_is_shown(browser, link)
    mine = page.locator(".line", has_text="这个微信").get_by_test_id("unbind-self")
    mine.click()
    page.locator('input[name="digits"]').wait_for()  # its session ended with it
    page.context.close()
