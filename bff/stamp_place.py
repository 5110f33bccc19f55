"""Where a code goes on a PDF: the configured place, changed by a request's query."""

import math
from dataclasses import fields, replace
from typing import Any

from sanic.request import Request

from documents.stamp import CORNERS, MAX_MM, MIN_MM, StampPlace
from domain.errors import Invalid

_NAMES = {field.name for field in fields(StampPlace)}


def configured_place(text: str) -> StampPlace:
    """`page=1,corner=top-right,size_mm=24`; Invalid names what is wrong."""
    parts = [part.strip().split("=", 1) for part in text.split(",") if part.strip()]
    asked = {part[0]: part[-1] for part in parts}
    if not set(asked) <= _NAMES:
        raise Invalid("place_malformed", detail=f"a place has {sorted(_NAMES)}")
    return _changed(StampPlace(), asked)


def place_in(request: Request, configured: str) -> StampPlace:
    """The request's place. Invalid for a value that is none."""
    asked = {name: request.args.get(name) for name in _NAMES if name in request.args}
    return _changed(configured_place(configured), asked)


def _changed(place: StampPlace, asked: dict[str, str]) -> StampPlace:
    changes: dict[str, Any] = {name: _value(name, text) for name, text in asked.items()}
    if "corner" in changes:  # a corner asked for outranks a configured point
        changes = {"x_mm": None, "y_mm": None} | changes
    changed = replace(place, **changes)
    if (changed.x_mm is None) != (changed.y_mm is None):
        raise Invalid("place_malformed", "x_mm 和 y_mm 要一起给出。")
    return changed


def _value(name: str, text: str) -> Any:
    known = f"{name} 的值不对。"
    match name:
        case "corner" if text in CORNERS:
            return text
        case "page" if text == "last":
            return 0
        case "page" if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 99_999:
            return int(text[:6])
        case "size_mm" | "x_mm" | "y_mm" | "margin_mm":
            low, high = (MIN_MM, MAX_MM) if name == "size_mm" else (0.0, 2000.0)
            number = _number(text)
            if low <= number <= high:
                return number
            raise Invalid("place_malformed", known, detail=f"{name} is {low} to {high}")
    raise Invalid("place_malformed", known, detail=f"{name}: {text[:20]}")


def _number(text: str) -> float:
    """NaN for what is none; it lies in no range."""
    try:
        return float(text) if len(text) < 20 else math.nan
    except ValueError:
        return math.nan
