"""What a browser keeps of the images: there at the next visit, gone with the session."""

import pytest
from playwright.sync_api import Browser

from bff.access import COOKIE
from tests.support.browser import DESK, new_context, wait_until
from tests.viewer.server import ViewerServer

pytestmark = pytest.mark.browser
# what of the series can be read without asking the server
READ = """async () => {
  let found = 0;
  for (const part of ["preview", ...Array.from({length: 44}, (_, i) => `frames/${i}`)]) {
    const url = `/api/viewing/v1/series/coronal/${part}?r=1`;
    const kept = await fetch(url, {cache: "only-if-cached", mode: "same-origin"}).catch(() => null);
    if (kept?.ok) found++;
  }
  return found;
}"""


def test_images_are_kept_between_visits_and_never_past_the_session(
    browser: Browser, server: ViewerServer
) -> None:
    server.is_kept = True
    context = new_context(browser, DESK)

    def sign_in(token: str) -> None:
        context.add_cookies([{"name": COOKIE, "value": token, "url": server.url}])

    def visit() -> int:
        """How many images the server was asked for."""
        server.asked.clear()
        page = context.new_page()
        page.goto(f"{server.url}/viewer?series=coronal")
        wait_until(page, "window.__perf?.marks?.allLoaded !== undefined")
        page.close()
        return sum("coronal/frames" in path or "coronal/preview" in path for path in server.asked)

    sign_in("one")
    assert visit() == 45
    assert visit() == 0
    page = context.new_page()
    page.goto(
        f"{server.url}/api/viewing/v1/series/dx/thumbnail.png"
    )  # of the same origin, and asks for nothing
    assert page.evaluate(READ) == 45
    context.clear_cookies()  # the session has expired
    assert page.evaluate(READ) == 0
    sign_in("another")
    assert page.evaluate(READ) == 0
    sign_in("one")
    assert page.evaluate(READ) == 45
    assert page.evaluate("fetch('/sign-out', {method: 'POST'}).then(r => r.status)") == 204
    assert page.evaluate(READ) == 0  # though the cookie is the same
    context.close()
