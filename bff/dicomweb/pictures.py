"""The query parameters of rendered resources (PS3.18 8.3.5): window, viewport, quality."""

import math
from dataclasses import dataclass

from sanic.request import Request

from domain.errors import Invalid

MAX_SIDE = 8192
_FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """As `usecases.dicomweb.render_picture` asks for it."""

    frame: int
    window: str
    size: tuple[int, int]
    region: tuple[float, float, float, float] | None
    quality: int
    is_png: bool


def read_picture_query(
    request: Request, *, frame: int, is_png: bool, side: int = 0
) -> PictureQuery:
    """`side` is the box of a picture whose caller names none. Invalid names the parameter."""
    size, region = _viewport(str(request.args.get("viewport", "")))
    return PictureQuery(
        frame, _window(str(request.args.get("window", ""))), size or (side, side), region,
        _quality(str(request.args.get("quality", ""))), is_png,
    )  # fmt: skip


def _window(text: str) -> str:
    """`center,width,function` as our renderer writes it."""
    if not text:
        return "file"
    parts = text.split(",")
    function = _FUNCTIONS.get(parts[2].lower()) if len(parts) == 3 else "LINEAR"
    numbers = _floats("window", parts[:2])
    if len(parts) not in (2, 3) or len(numbers) != 2 or function is None:
        raise _invalid("window")
    center, width = numbers
    if not 1 <= width < 1e9 or abs(center) >= 1e9:
        raise _invalid("window")
    return f"{center}/{width}/{function}"


def _viewport(
    text: str,
) -> tuple[tuple[int, int] | None, tuple[float, float, float, float] | None]:
    """`vw,vh` or `vw,vh,sx,sy,sw,sh`."""
    if not text:
        return None, None
    numbers = _floats("viewport", text.split(","))
    if len(numbers) not in (2, 6) or not all(1 <= side <= MAX_SIDE for side in numbers[:2]):
        raise _invalid("viewport")
    size = int(numbers[0]), int(numbers[1])
    if len(numbers) == 2:
        return size, None
    if any(abs(value) > 1e6 for value in numbers[2:]):
        raise _invalid("viewport")
    x, y, width, height = numbers[2:]
    return size, (x, y, width, height)


def _quality(text: str) -> int:
    if not text:
        return 90
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 100:
        raise _invalid("quality")
    return int(text)


def _floats(name: str, parts: list[str]) -> list[float]:
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        raise _invalid(name) from None
    if not all(math.isfinite(number) for number in numbers):
        raise _invalid(name)
    return numbers


def _invalid(name: str) -> Invalid:
    return Invalid(f"{name}_malformed", detail=f"{name} cannot be understood")
