"""A reader at the viewer: presses what people press, and knows where an image point ought to stand
on the screen, computed here from the pane's size and not asked of the viewer."""

import math
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator

from tests.support.browser import DESK, wait_until
from tests.viewer.server import ViewerServer
from tests.viewer.studies import SeriesData
from tests.viewer.tabs import Tabs, new_page

# what a button does to (x, y) on the screen
SCREEN_TURNS = {
    "turn-right": ((0, -1), (1, 0)),
    "turn-left": ((0, 1), (-1, 0)),
    "flip-horizontal": ((-1, 0), (0, 1)),
    "flip-vertical": ((1, 0), (0, -1)),
}

# a canvas may have fewer pixels than it covers: laid over its pane as the browser lays it
IN_ITS_PANE = """canvas => {
  if (canvas.dataset.testid !== "viewer-canvas") return canvas.toDataURL();
  const [box, at, ratio] = [canvas.parentElement, canvas.getBoundingClientRect(), devicePixelRatio];
  const {left, top} = box.getBoundingClientRect();
  const whole = document.createElement("canvas");
  [whole.width, whole.height] = [Math.round(box.clientWidth * ratio), Math.round(box.clientHeight * ratio)];
  const c = whole.getContext("2d", {alpha: false});
  c.drawImage(canvas, ...[at.left - left, at.top - top, at.width, at.height].map(v => v * ratio));
  return whole.toDataURL();
}"""


@dataclass
class Where:
    """Image points to page coordinates, while the image fits its pane."""

    box: dict[str, float]
    rows: int
    cols: int
    aspect: float = 1
    turn: NDArray[Any] = field(default_factory=lambda: np.eye(2))
    zoom: float = 1
    pan: tuple[float, float] = (0, 0)

    @property
    def scale(self) -> float:
        """CSS pixels of one column."""
        wide, tall = self.cols, self.rows * self.aspect
        if self.turn[0, 0] == 0:
            wide, tall = tall, wide
        return min(self.box["width"] / wide, self.box["height"] / tall) * self.zoom

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        from_middle = [(x - self.cols / 2), (y - self.rows / 2) * self.aspect]
        right, down = self.turn @ np.array(from_middle) * self.scale + self.pan
        return (
            float(self.box["x"] + self.box["width"] / 2 + right),
            float(self.box["y"] + self.box["height"] / 2 + down),
        )

    def back(self, at: tuple[float, float]) -> tuple[float, float]:
        """The image point under a point of the page."""
        right = at[0] - self.box["x"] - self.box["width"] / 2 - self.pan[0]
        down = at[1] - self.box["y"] - self.box["height"] / 2 - self.pan[1]
        x, y = self.turn.T @ np.array([right, down]) / self.scale
        return float(x + self.cols / 2), float(y / self.aspect + self.rows / 2)

    def turned(self, button: str) -> "Where":
        return replace(self, turn=np.array(SCREEN_TURNS[button]) @ self.turn)

    def zoomed(self, factor: float, focus: tuple[float, float]) -> "Where":
        """Larger by `factor`, with what is under `focus` staying there."""
        middle = np.array([self.box["x"] + self.box["width"] / 2, self.box["y"] + self.box["height"] / 2])  # fmt: skip
        away = np.array(focus) - middle
        x, y = away - (away - self.pan) * factor
        return replace(self, zoom=self.zoom * factor, pan=(float(x), float(y)))

    def moved(self, dx: float, dy: float) -> "Where":
        return replace(self, pan=(self.pan[0] + dx, self.pan[1] + dy))


class Reader:
    """One browser window with the viewer open. `complaints`: what the console should not say."""

    def __init__(
        self,
        browser: Browser,
        server: ViewerServer,
        size: tuple[int, int],
        query: dict[str, str],
        is_first_visit: bool,
        tabs: Tabs | None = None,
    ) -> None:
        self.size, self.tabs, self.is_closed = size, None if is_first_visit else tabs, False
        if self.tabs:
            self.page = self.tabs.take(size)
        else:
            self.page = new_page(browser, size, is_first_visit=is_first_visit)
        self.context = self.page.context
        self.complaints: list[str] = []
        self.page.on("pageerror", self._hear_error)
        self.page.on("console", self._hear_console)
        self.page.goto(f"{server.url}/viewer?{urlencode(query)}")
        wait_until(self.page, "window.__perf?.marks?.ready !== undefined")

    def close(self) -> None:
        """Once; again it does nothing."""
        if self.is_closed:
            return
        self.is_closed = True
        self.page.remove_listener("pageerror", self._hear_error)
        self.page.remove_listener("console", self._hear_console)
        if self.tabs:
            self.tabs.give_back(self.page, self.size)
        else:
            self.context.close()

    def _hear_error(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _hear_console(self, said: ConsoleMessage) -> None:
        if "Content Security" in said.text:
            self.complaints.append(said.text)

    def all_loaded(self) -> "Reader":
        wait_until(self.page, "window.__perf?.marks?.allLoaded !== undefined")
        return self

    def find(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    def text(self, testid: str) -> str:
        return self.find(testid).first.text_content() or ""

    def press(self, testid: str) -> None:
        """The button, wherever this size keeps it."""
        for sheet in ("", "measure", "more"):
            if sheet:
                self.find(sheet).click()
            if self.find(testid).is_visible():
                self.find(testid).click()
                return
            if sheet:
                self.find("close-sheet").click()
        raise AssertionError(f"no button {testid}")

    @property
    def index(self) -> int:
        return int(self.page.evaluate("window.__viewer.index()"))

    def scroll_to(self, index: int) -> None:
        self.page.evaluate(f"window.__viewer.scrollTo({index})")

    def settle(self) -> None:
        """Two frames: one that draws, one after it."""
        self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))"
        )

    def where(self, series: SeriesData, pane: int = 0) -> Where:
        box = self.find(f"pane-{pane}").evaluate(
            "e => { const {left, top} = e.getBoundingClientRect();"
            " return {x: left, y: top, width: e.clientWidth, height: e.clientHeight}; }"
        )
        spacing = series.entry["spacing"] or [1, 1]
        return Where(box, series.entry["rows"], series.entry["cols"], spacing[0] / spacing[1])

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], button: Any = "left"
    ) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down(button=button)
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        mouse.move(*end)
        mouse.up(button=button)
        self.settle()

    def click(self, at: tuple[float, float]) -> None:
        self.page.mouse.move(*at)
        self.page.mouse.down()
        self.page.mouse.up()
        self.settle()

    def touch(self, steps: Sequence[Sequence[tuple[float, float]]]) -> None:
        """Fingers down at the first step, moved through the others, then up."""
        session = self.context.new_cdp_session(self.page)

        def send(kind: str, points: Sequence[tuple[float, float]]) -> None:
            touches = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

        for n in range(len(steps[0])):
            send("touchStart", steps[0][: n + 1])
        for step in steps[1:]:
            send("touchMove", step)
        send("touchEnd", [])
        self.settle()

    @property
    def is_touch(self) -> bool:
        return self.size != DESK

    def show(self, study: dict[str, SeriesData], name: str, steps: list[str]) -> Where:
        """Open a series, wait for all of it, and see it in that way ("zoom" or a turn's button)."""
        self.find(f"series-{list(study).index(name)}").click()
        done = "document.querySelector('[data-testid=load-progress]').textContent === ''"
        wait_until(self.page, done)
        self.settle()
        where = self.where(study[name])
        for step in steps:
            if step == "zoom":
                where = self.zoomed(where)
            else:
                self.press(step)
                where = where.turned(step)
        self.settle()
        return where

    def zoomed(self, where: Where) -> Where:
        """By a pinch, or by Ctrl and the wheel, about a point beside the middle."""
        x, y = (round(v) for v in where(where.cols * 0.45, where.rows * 0.55))
        if self.is_touch:
            hands = ((x - 40, x + 40), (x - 60, x + 40), (x - 60, x + 60))
            self.touch([[(left, y), (right, y)] for left, right in hands])
            # one finger by 20, then the other, each about the middle of both
            where = where.zoomed(100 / 80, (x - 10, y)).moved(-10, 0)
            return where.zoomed(120 / 100, (x, y)).moved(10, 0)
        self.page.mouse.move(x, y)
        self.page.keyboard.down("Control")
        self.page.mouse.wheel(0, -120)
        self.page.keyboard.up("Control")
        return where.zoomed(math.exp(120 / 300), (x, y))

    def stroke(self, *points: tuple[float, float]) -> None:
        """Press at the first point, by way of the others, and lift; one point: a tap."""
        if self.is_touch:
            return self.touch([[point] for point in points])
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point)
        self.page.mouse.up()
        self.settle()

    def stored(self, index: int) -> NDArray[Any]:
        """What the browser holds of a slice."""
        held = self.page.evaluate(
            """async index => {
              const s = await window.__viewer.stored(index);
              const {buffer, byteOffset, byteLength} = s.pixels;
              const bytes = new Uint8Array(buffer, byteOffset, byteLength);
              let text = "";
              for (let i = 0; i < bytes.length; i += 8192)
                text += String.fromCharCode(...bytes.subarray(i, i + 8192));
              return {kind: s.pixels.constructor.name, rows: s.rows, cols: s.cols, data: btoa(text)};
            }""",
            index,
        )
        kind = {"Int16Array": np.int16, "Uint16Array": np.uint16, "Uint8Array": np.uint8}[
            held["kind"]
        ]
        pixels = np.frombuffer(b64decode(held["data"]), kind)
        return pixels.reshape(held["rows"], held["cols"], -1).squeeze()

    def pixels(
        self,
        script: str = "window.__viewer.scrollTo(window.__viewer.index())",
        canvas: str = "window.__viewer.canvas()",
    ) -> NDArray[Any]:
        """What `script` drew, as it stands in its pane: (rows, columns, 3) of device pixels, read
        before it is presented."""
        drawn = self.page.evaluate(f"() => {script}.then(() => ({IN_ITS_PANE})({canvas}))")
        png = BytesIO(b64decode(drawn.partition(",")[2]))
        return np.asarray(Image.open(png).convert("RGB"))
