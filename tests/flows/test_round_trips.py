"""Design rule 4: from the scan to the first pixels of the images in three round trips. Counted are
the requests that wait for one another; the page's script and styles are not, they are immutable,
kept for a year and come while the patient types."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request

from tests.flows.test_pages import exam_of
from tests.support.browser import PHONE, new_context, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

STATIC = ("/assets/", "/favicon.svg", "/fonts/")
SHOWN = "document.querySelector('[data-testid=open-images] img')?.naturalWidth > 0"


class Trips:
    """Which trip each request is: one more than the latest of those that had been answered."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        self._answered = 0

    def start(self, request: Request) -> None:
        if not urlsplit(request.url).path.startswith(STATIC):
            self.of[request.url] = self._answered + 1

    def end(self, request: Request) -> None:
        self._answered = max(self._answered, self.of.get(request.url, 0))


def test_from_the_scan_to_the_first_pixels_are_three_trips(
    told: dict[str, Any], browser: Browser
) -> None:
    exam = exam_of(told, "CT", "completed")
    context = new_context(browser, PHONE)
    page, trips = context.new_page(), Trips()
    page.on("request", trips.start)
    page.on("requestfinished", trips.end)
    page.goto(exam["code_url"])
    page.locator('input[name="digits"]').fill(exam["digits"])
    page.get_by_test_id("submit-digits").click()
    wait_until(page, SHOWN)
    first = {urlsplit(url).path: trip for url, trip in trips.of.items()}
    pixels = [trip for path, trip in first.items() if path.endswith("/thumbnail.png")]
    token = exam["code_url"].rsplit("/", 1)[1]
    assert first[f"/q/{token}"] == 1
    assert first[f"/api/patient/v1/codes/{token}/verify"] == 2
    assert min(pixels) <= 3
    assert max(first.values()) <= 3 and len(first) <= 4, first  # and nothing besides
    context.close()
