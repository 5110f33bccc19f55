"""A headless Chromium for tests that look at pages as people do."""

import asyncio
import os
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.servers import need

T = TypeVar("T")

PHONE, TABLET, DESK = (390, 844), (820, 1180), (1440, 900)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--use-gl=angle",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """The machine's Chromium; the test is skipped (in CI: fails) when there is none."""
    program = need("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()


def new_context(
    browser: Browser, size: tuple[int, int], *, user_agent: str | None = None
) -> BrowserContext:
    """A new person's browser, with a finger unless it is a desk's."""
    return browser.new_context(
        user_agent=user_agent,
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if size == PHONE else 1,
        has_touch=size != DESK,
        is_mobile=size == PHONE,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )


def picture(page: Page, name: str) -> None:
    """Keep a picture for the documentation when CLOUDFILM_SCREENS names a folder."""
    folder = os.environ.get("CLOUDFILM_SCREENS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / f"{name}.png"
        page.screenshot(path=path)
        if not name.startswith(("e8", "d8")):  # pages have few colours; images keep all
            Image.open(path).convert("RGB").quantize(96).save(path, optimize=True)


def wait_until(page: Page, expression: str, limit_s: float = 60) -> None:
    """Poll a JavaScript expression; the pages' own policy forbids Playwright's way (eval)."""
    deadline = time.monotonic() + limit_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"not in {limit_s} s: {expression}"
        page.wait_for_timeout(50)


def run_beside(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` in a thread: Playwright keeps a loop of its own in the test's thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
