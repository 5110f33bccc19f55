"""Browser windows that tests use one after the other, because a new one costs a third of a test."""

from playwright.sync_api import Browser, Error, Page

from tests.support.browser import new_context


class Tabs:
    """A page that is given back is as good as new: every test has a server and so an origin of its
    own, and what a page keeps is kept by origin."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._free: dict[tuple[int, int], list[Page]] = {}

    def take(self, size: tuple[int, int]) -> Page:
        """A page of somebody who has been here before (no tour is offered)."""
        free = self._free.setdefault(size, [])
        return free.pop() if free else new_page(self.browser, size, is_first_visit=False)

    def give_back(self, page: Page, size: tuple[int, int]) -> None:
        try:
            for other in page.context.pages:
                if other is not page:
                    other.close()
            page.goto("about:blank")
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.mouse.move(0, 0)
        except Error:  # it is not to be trusted any more
            page.context.close()
            return
        self._free.setdefault(size, []).append(page)


def new_page(browser: Browser, size: tuple[int, int], *, is_first_visit: bool) -> Page:
    context = new_context(browser, size)
    if not is_first_visit:
        context.add_init_script("try { localStorage.setItem('cf.viewer.toured', '1') } catch {}")
    return context.new_page()
