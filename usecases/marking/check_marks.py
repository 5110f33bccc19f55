"""What a browser calls marks is either of the right shape or refused; nothing in it is ever more
than numbers, short texts and names from closed lists (abuse A9: texts are shown as text)."""

import math
import re
import unicodedata
from typing import Any

from domain.errors import Invalid

MAX_MARKS = 400
MAX_TEXT = 200
MAX_POINTS = 2_000
MAX_ALL_POINTS = 20_000
FARTHEST = 100_000.0  # pixels; no image is larger
# kind -> how many points it has, at least and at most; `key` is a key image: a frame, no points
POINTS: dict[str, tuple[int, int]] = {
    "length": (2, 2), "angle": (3, 3), "cobb": (4, 4), "bidirectional": (4, 4),
    "rectangle": (2, 2), "ellipse": (2, 2), "circle": (2, 2), "probe": (1, 1), "arrow": (2, 2),
    "text": (1, 1), "calibrate": (2, 2), "polygon": (3, MAX_POINTS), "freehand": (3, MAX_POINTS),
    "key": (0, 0),
}  # fmt: skip
PLANES = ("axial", "sagittal", "coronal")
_UID = re.compile(r"[A-Za-z0-9_-]{8,22}")
_SERIES = re.compile(r"[A-Za-z0-9_-]{22}")
_SOP = re.compile(r"[0-9.]{1,64}")

Mark = dict[str, Any]


def check_marks(value: Any) -> list[Mark]:
    """The marks with nothing else in them. Invalid("marks_malformed") says what is wrong."""
    if not isinstance(value, list) or len(value) > MAX_MARKS:
        raise _wrong(f"marks must be a list of at most {MAX_MARKS}")
    marks = [_mark(one) for one in value]
    if len({mark["uid"] for mark in marks}) != len(marks):
        raise _wrong("two marks have one uid")
    if sum(len(mark["points"]) for mark in marks) > MAX_ALL_POINTS:
        raise _wrong("too many points")
    return marks


def _mark(value: Any) -> Mark:
    if not isinstance(value, dict):
        raise _wrong("a mark must be an object")
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in POINTS:
        raise _wrong("a mark of an unknown kind")
    checked: Mark = {
        "uid": _matching(value, "uid", _UID),
        "kind": kind,
        "series": _matching(value, "series", _SERIES),
        "sop_instance_uid": _matching(value, "sop_instance_uid", _SOP),
        "frame": _frame(value.get("frame")),
        "points": _points(value.get("points"), *POINTS[kind]),
        "text": _text(value.get("text", "")),
    }
    if value.get("plane") is not None:
        checked["plane"] = _plane(value["plane"])
    return checked


def _matching(value: Mark, name: str, pattern: re.Pattern[str]) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise _wrong(f"{name} is malformed")
    return text


def _frame(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1_000_000:
        raise _wrong("frame counts from 1")
    return value


def _points(value: Any, least: int, most: int) -> list[list[float]]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _wrong("the wrong number of points")
    return [_point(point) for point in value]


def _point(value: Any) -> list[float]:
    if not isinstance(value, list) or len(value) != 2:
        raise _wrong("a point is [x, y]")
    for number in value:
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise _wrong("a point is two numbers")
        if not math.isfinite(number) or abs(number) > FARTHEST:
            raise _wrong("a point lies nowhere")
    return [round(float(number), 3) for number in value]


def _plane(value: Any) -> Mark:
    """Where a rebuilt plane lies: right and down of all three, and a point of the patient on it."""
    if not isinstance(value, dict) or value.get("name") not in PLANES:
        raise _wrong("a plane is axial, sagittal or coronal")
    views = [round(number, 9) for number in _numbers(value.get("views"), 18, 1.0)]
    point = [round(number, 6) for number in _numbers(value.get("point"), 3, FARTHEST)]
    return {"name": value["name"], "views": views, "point": point}


def _numbers(value: Any, count: int, most: float) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise _wrong("the wrong number of numbers")
    for number in value:
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise _wrong("a plane is made of numbers")
        if not math.isfinite(number) or abs(number) > most:
            raise _wrong("a plane lies nowhere")
    return [float(number) for number in value]


def _text(value: Any) -> str:
    """One line without control, bidi and other invisible characters."""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _wrong(f"text has at most {MAX_TEXT} characters")
    return "".join(c for c in value if unicodedata.category(c)[0] != "C").strip()


def _wrong(detail: str) -> Invalid:
    return Invalid("marks_malformed", "标注的内容不对,没有保存。请刷新页面后再试。", detail=detail)
