"""Every measuring tool as people use it, with a mouse or a finger, and what it must say: computed
here from points of the image, the files' own numbers and the stored pixels."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.viewer.driver import Reader, Where
from tests.viewer.real_study import Truth

Point = tuple[float, float]


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"(?<![\w²])-?\d+(?:\.\d+)?", text)]


@dataclass
class Sheet:
    """One frame of one series under a reader's hand."""

    reader: Reader
    truth: Truth
    stored: NDArray[Any]
    where: Where
    suv_factor: float | None = None

    def on_screen(self, shares: Sequence[Point]) -> tuple[list[Point], list[Point]]:
        """Points at shares of width and height: whole pixels of the page, and what of the image
        lies there."""
        rows, cols = self.stored.shape[:2]
        page = [self.where(x * cols, y * rows) for x, y in shares]
        whole = [(float(round(x)), float(round(y))) for x, y in page]
        return whole, [self.where.back(at) for at in whole]

    def say(self, tool: str) -> str:
        """The last reading, its lines in one; cm² as mm²."""
        text = self.reader.find(f"reading-{tool}").last.text_content() or ""
        found = re.search(r"([\d.]+) cm²", text)
        return text.replace(found[0], f"{float(found[1]) * 100} mm²") if found else text

    def mm(self, points: Sequence[Point]) -> tuple[float, float, str]:
        """Millimetres of a row and of a column for a mark at `points`, and its unit."""
        for left, top, right, bottom, mm in self.truth.regions:
            inside = [left <= x <= right + 1 and top <= y <= bottom + 1 for x, y in points]
            if inside[0]:
                return (mm, mm, "mm") if mm and all(inside) else (1, 1, "像素")
        return (*self.truth.spacing, "mm") if self.truth.spacing else (1, 1, "像素")

    def values(self, inside: Callable[..., NDArray[Any]]) -> NDArray[np.float64]:
        rows, cols = self.stored.shape[:2]
        y, x = np.mgrid[:rows, :cols] + 0.5
        return self.stored[inside(x, y)].astype(float) * self.truth.slope + self.truth.intercept


def length(sheet: Sheet) -> None:
    page, (p, q) = sheet.on_screen([(0.3, 0.3), (0.62, 0.41)])
    sheet.reader.stroke(page[0], _middle(*page), page[1])
    row, col, unit = sheet.mm([p, q])
    said = sheet.say("length")
    assert numbers(said)[0] == _about(math.hypot((q[0] - p[0]) * col, (q[1] - p[1]) * row))
    _ends(sheet, said, unit)


def angle(sheet: Sheet) -> None:
    page, (p, corner, q) = sheet.on_screen([(0.7, 0.55), (0.35, 0.5), (0.5, 0.7)])
    sheet.reader.stroke(page[0], _middle(*page[:2]), page[1])
    sheet.reader.stroke(page[2])
    expected = _between(sheet, (corner, p), (corner, q))
    assert numbers(sheet.say("angle")) == [_about(expected)]
    assert "°" in sheet.say("angle")


def cobb(sheet: Sheet) -> None:
    page, (p, q, r, s) = sheet.on_screen([(0.3, 0.35), (0.7, 0.4), (0.3, 0.65), (0.7, 0.55)])
    for start, end in (page[:2], page[2:]):
        sheet.reader.stroke(start, _middle(start, end), end)
    expected = _between(sheet, (p, q), (r, s))
    assert numbers(sheet.say("cobb")) == [_about(min(expected, 180 - expected))]


def bidirectional(sheet: Sheet) -> None:
    page, (p, q, r, s) = sheet.on_screen([(0.35, 0.5), (0.65, 0.52), (0.5, 0.4), (0.52, 0.6)])
    for start, end in (page[:2], page[2:]):
        sheet.reader.stroke(start, _middle(start, end), end)
    row, col, unit = sheet.mm([p, q, r, s])
    sizes = [math.hypot((b[0] - a[0]) * col, (b[1] - a[1]) * row) for a, b in ((p, q), (r, s))]
    said = sheet.say("bidirectional")
    assert numbers(said)[:2] == [_about(size) for size in sorted(sizes, reverse=True)]
    _ends(sheet, said, unit)


def rectangle(sheet: Sheet) -> None:
    page, (p, q) = sheet.on_screen([(0.35, 0.4), (0.55, 0.6)])
    sheet.reader.stroke(page[0], _middle(*page), page[1])
    (left, right), (top, bottom) = sorted((p[0], q[0])), sorted((p[1], q[1]))
    row, col, unit = sheet.mm([p, q])
    inside = sheet.values(lambda x, y: (x >= left) & (x <= right) & (y >= top) & (y <= bottom))
    _region(sheet, "rectangle", (right - left) * col * (bottom - top) * row, unit, inside)


def ellipse(sheet: Sheet) -> None:
    page, (p, q) = sheet.on_screen([(0.35, 0.35), (0.65, 0.6)])
    sheet.reader.stroke(page[0], _middle(*page), page[1])
    cx, cy = (p[0] + q[0]) / 2, (p[1] + q[1]) / 2
    rx, ry = abs(q[0] - p[0]) / 2, abs(q[1] - p[1]) / 2
    row, col, unit = sheet.mm([p, q])
    inside = sheet.values(lambda x, y: ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1)
    _region(sheet, "ellipse", math.pi * rx * col * ry * row, unit, inside)


def circle(sheet: Sheet) -> None:
    page, (p, q) = sheet.on_screen([(0.5, 0.5), (0.6, 0.58)])
    sheet.reader.stroke(page[0], _middle(*page), page[1])
    row, col, unit = sheet.mm([p, q])
    r = math.hypot((q[0] - p[0]) * col, (q[1] - p[1]) * row)
    inside = sheet.values(lambda x, y: ((x - p[0]) * col) ** 2 + ((y - p[1]) * row) ** 2 <= r * r)
    assert numbers(sheet.say("circle"))[0] == _about(2 * r)
    _region(sheet, "circle", math.pi * r * r, unit, inside, skip=1)


def polygon(sheet: Sheet) -> None:
    page, corners = sheet.on_screen([(0.3, 0.4), (0.5, 0.3), (0.65, 0.5), (0.45, 0.65)])
    for at in (*page, page[0]):
        sheet.reader.stroke(at)
    _drawn(sheet, "polygon", corners)


def freehand(sheet: Sheet) -> None:
    page, corners = sheet.on_screen([(0.4, 0.45), (0.55, 0.42), (0.62, 0.55), (0.45, 0.62)])
    sheet.reader.stroke(*page, page[0])
    _drawn(sheet, "freehand", corners)


def probe(sheet: Sheet) -> None:
    page, [(x, y)] = sheet.on_screen([(0.52, 0.47)])
    sheet.reader.stroke(page[0])
    sample = sheet.stored[math.floor(y), math.floor(x)]
    said = sheet.say("probe")
    if sheet.stored.ndim == 3:
        assert said == "RGB " + ", ".join(map(str, sample))
        return
    value = float(sample) * sheet.truth.slope + sheet.truth.intercept
    assert numbers(said)[0] == _about(value)
    assert sheet.truth.unit in said
    assert ("SUVbw" in said) == (sheet.suv_factor is not None)
    if sheet.suv_factor is not None:
        assert numbers(said)[1] == _about(value * sheet.suv_factor, 0.006)


TOOLS: dict[str, Callable[[Sheet], None]] = {
    f.__name__: f
    for f in (length, angle, cobb, bidirectional, rectangle, ellipse, circle, polygon, freehand, probe)
}  # fmt: skip


def _region(
    sheet: Sheet, tool: str, area: float, unit: str, inside: NDArray[np.float64], skip: int = 0
) -> None:
    """Area, mean, deviation, least and largest; colour has its area alone."""
    said = sheet.say(tool)
    found = numbers(said)[skip:]
    assert found[0] == _about(area, max(area * 0.001, 0.51 if area >= 100 or unit != "mm" else 0.06))  # fmt: skip
    assert f"{unit}²" in said
    if sheet.stored.ndim == 2:
        expected = [inside.mean(), inside.std(), inside.min(), inside.max()]
        assert found[1:5] == [_about(float(value)) for value in expected], (said, expected)
        assert sheet.truth.unit in said
    if sheet.suv_factor is not None:
        assert numbers(said)[-1] == _about(float(inside.max()) * sheet.suv_factor, 0.006)
    assert sheet.truth.note in said


def _drawn(sheet: Sheet, tool: str, corners: list[Point]) -> None:
    """Even-odd, by crossing numbers of all pixels at once."""
    row, col, unit = sheet.mm(corners)
    pairs = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    area = abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2

    def inside(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
        crossed = np.zeros(x.shape, np.bool_)
        for (ax, ay), (bx, by) in pairs:
            if ay != by:
                at = (bx - ax) * (y - ay) / (by - ay) + ax
                crossed ^= ((ay > y) != (by > y)) & (x < at)
        return crossed

    _region(sheet, tool, area * row * col, unit, sheet.values(inside))


def _between(sheet: Sheet, first: tuple[Point, Point], second: tuple[Point, Point]) -> float:
    row, col, _ = sheet.mm([*first, *second])
    (ax, ay), (bx, by) = (
        ((q[0] - p[0]) * col, (q[1] - p[1]) * row) for p, q in (first, second)
    )  # fmt: skip
    cosine = (ax * bx + ay * by) / math.hypot(ax, ay) / math.hypot(bx, by)
    return math.degrees(math.acos(cosine))


def _middle(p: Point, q: Point) -> Point:
    return (p[0] + q[0]) / 2, (p[1] + q[1]) / 2


def _ends(sheet: Sheet, said: str, unit: str) -> None:
    assert f" {unit}" in said
    if unit == "mm":
        assert sheet.truth.note in said


def _about(value: float, within: float = 0.0501) -> Any:
    """Equal within the last digit that is shown."""
    return pytest.approx(value, abs=within, rel=0)
