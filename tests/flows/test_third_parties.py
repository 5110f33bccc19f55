"""The pages of third parties in a real browser: consent, the ticket into the viewer, the interfaces'
document; nothing overflows, everything can be touched, no script of the page fails."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from playwright.sync_api import Browser, Page

from tests.flows.test_pages import SIZES, check_layout
from tests.support.browser import DESK, new_context, picture, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CALLBACK = "https://portal.example.cn/cb"
VERIFIER = "v" * 64


@pytest.fixture(scope="module")
def program(told: dict[str, Any]) -> Iterator[OAuth2Client]:
    """A program that an administrator has registered, over HTTP."""
    with httpx.Client(base_url=told["base_url"], timeout=30) as admin:
        assert admin.post("/api/staff/v1/session", json=told["accounts"]["admin"]).is_success
        made = admin.post(
            "/api/admin/v1/oauth-clients",
            json={
                "name": "互联网医院医生工作台", "scopes": ["fhir.read", "dicomweb.read", "exams.read"],
                "redirect_uris": [CALLBACK],
            },
        ).json()  # fmt: skip
    with OAuth2Client(
        made["client_id"], made["client_secret"], redirect_uri=CALLBACK,
        code_challenge_method="S256", scope="exams.read fhir.read dicomweb.read", timeout=30,
    ) as client:  # fmt: skip
        yield client


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    size = getattr(request.node, "callspec", None)
    context = new_context(browser, SIZES[size.params["size"]] if size else DESK)
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    opened.on("response", lambda r: failures.append(r.url) if r.status >= 500 else None)
    yield opened
    context.close()
    assert failures == []


@pytest.mark.parametrize("size", SIZES)
def test_a5_1_a_doctor_allows_a_program(
    told: dict[str, Any], program: OAuth2Client, page: Page, size: str
) -> None:
    url, state = program.create_authorization_url(
        f"{told['base_url']}/oauth/authorize", code_verifier=VERIFIER
    )
    came: list[str] = []
    page.route(f"{CALLBACK}*", lambda route: (came.append(route.request.url), route.abort()))
    page.goto(url)
    page.locator('input[name="username"]').fill("doctor")
    page.locator('input[name="password"]').fill("wrong")
    page.get_by_test_id("sign-in").click()
    page.get_by_text("用户名或密码不对").wait_for()
    check_layout(page)
    picture(page, f"a5_1-sign-in-{size}")
    page.locator('input[name="password"]').fill(told["accounts"]["doctor"]["password"])
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("allow").wait_for()
    shown = page.locator("body").inner_text()
    assert "互联网医院医生工作台" in shown and "portal.example.cn" in shown and "演示医生" in shown
    check_layout(page)
    picture(page, f"a5_1-consent-{size}")
    page.get_by_test_id("allow").click()
    deadline = 200
    while not came and deadline:
        page.wait_for_timeout(50)
        deadline -= 1
    answer = {name: found[0] for name, found in parse_qs(urlsplit(came[0]).query).items()}
    assert answer["state"] == state and answer["iss"] == told["base_url"]
    token = program.fetch_token(
        f"{told['base_url']}/oauth/token", code=answer["code"], code_verifier=VERIFIER
    )
    assert token["refresh_token"]


def test_b2_2_the_viewers_address_shows_the_images_once(
    told: dict[str, Any], browser: Browser, page: Page
) -> None:
    oauth = told["oauth"]
    with OAuth2Client(oauth["client_id"], oauth["client_secret"], timeout=30) as system:
        system.fetch_token(
            f"{told['base_url']}/oauth/token", grant_type="client_credentials", scope="exams.read"
        )
        exam = next(
            e for e in told["exams"] if e["modality"] == "CT" and e["status"] == "completed"
        )
        found = system.get(
            f"{told['base_url']}/api/open/v1/exams",
            params={"imaging_number": exam["accession_number"]},
        ).json()["exams"]
    address = found[0]["viewer_url"]
    page.goto(address)
    page.wait_for_url("**/viewer?exam=*")
    wait_until(page, "document.querySelectorAll('canvas').length > 0")
    other = new_context(browser, DESK).new_page()
    other.goto(address)
    other.get_by_test_id("problem").wait_for()
    assert "请从原来的系统重新打开" in other.locator("body").inner_text()
    other.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_the_interfaces_can_be_read(told: dict[str, Any], page: Page, size: str) -> None:
    page.goto(f"{told['base_url']}/docs")
    page.get_by_role("heading", name="开放接口", exact=True).wait_for()
    page.get_by_text("/api/ris/v1/orders", exact=True).click()
    page.get_by_text("patient.patient_number").first.wait_for()
    assert (
        "exams.read" in page.locator("body").inner_text() or page.get_by_text("exams.read").count()
    )
    assert not page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    picture(page, f"docs-{size}")


def test_an_unknown_program_is_told_to_the_person(told: dict[str, Any], page: Page) -> None:
    page.goto(f"{told['base_url']}/oauth/authorize?client_id=none&response_type=code")
    page.get_by_test_id("refused").wait_for()
    assert "请联系信息科" in page.locator("body").inner_text()
