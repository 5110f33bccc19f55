"""The text of a key becomes a criterion (PS3.4 C.2.2.2): single value, list of UIDs, universal,
wildcard and range matching."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Invalid
from storage.records.catalogue import Between, Criterion, OneOf, Wildcard

MAX_VALUES = 10_000
MAX_TEXT = 256
DAY = timedelta(days=1)


def criterion_of(  # noqa: PLR0911 - one line a kind of matching
    keyword: str, kind: str, values: list[str], zone: ZoneInfo
) -> Criterion | None:
    """None for universal matching. `kind` is uid, text, list, name, integer, date or day (a date
    without time, of birth). Invalid names the key that cannot be understood."""
    values = [value for value in values if value]
    if not values or values == ["*"]:
        return None
    check_values(keyword, values)
    match kind:
        case "uid":
            return OneOf(tuple(values))
        case "integer":
            return OneOf(tuple(_integer(keyword, value) for value in values))
        case "date" | "day":
            return _dates(keyword, values[0], zone if kind == "date" else None)
        case "name":
            return Wildcard(values[0], is_name=True)
        case "list":
            return _one_text(values[0]) if len(values) == 1 else OneOf(tuple(values))
        case _:
            return _one_text("\\".join(values))


def check_values(keyword: str, values: list[str]) -> None:
    """Invalid for too many, too long, or control characters, which no database takes."""
    has_control = any(char < " " for value in values for char in value)
    if len(values) > MAX_VALUES or any(len(value) > MAX_TEXT for value in values) or has_control:
        raise _invalid(keyword)


def times_of(keyword: str, values: list[str]) -> tuple[time, time] | None:
    """A range of the day, both ends included; None for universal matching."""
    text = values[0] if values else ""
    if not text or text == "*":
        return None
    first, dash, last = text.partition("-")
    low = _time(keyword, first, is_end=False) if first else time.min
    if not dash:
        last = first
    return low, _time(keyword, last, is_end=True) if last else time.max


def _one_text(text: str) -> Criterion:
    return Wildcard(text) if "*" in text or "?" in text else OneOf((text,))


def _integer(keyword: str, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise _invalid(keyword) from None
    if abs(number) >= 2**31:
        raise _invalid(keyword)
    return number


def _dates(keyword: str, text: str, zone: ZoneInfo | None) -> Between:
    """PS3.4 C.2.2.2.5; with a zone, the instants at which those days begin and end there."""
    first, dash, last = text.partition("-")
    low = _date(keyword, first) if first else None
    high = _date(keyword, last if dash else first)
    if low is None and high is None:
        raise _invalid(keyword)
    try:
        end = high + DAY if high is not None else None
    except OverflowError:
        end = None
    if zone is None:
        return Between(low, end)
    return Between(_begin(low, zone), _begin(end, zone))


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Dates outside what a clock can tell are open ends."""
    if day is None or not 1000 <= day.year <= 9000:
        return None
    return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC"))


def _date(keyword: str, text: str) -> date | None:
    if not text:
        return None
    digits = text.replace(".", "")
    try:
        if len(digits) != 8 or not digits.isascii():
            raise ValueError
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise _invalid(keyword) from None


def _time(keyword: str, text: str, *, is_end: bool) -> time:
    """A time of any precision: its first moment, or its last."""
    whole, _, fraction = text.replace(":", "").partition(".")
    try:
        if len(whole) not in (2, 4, 6) or not (whole + fraction).isdecimal():
            raise ValueError
        filled = whole + "595959"[len(whole) :] if is_end else whole.ljust(6, "0")
        micro = (fraction + ("999999" if is_end else "000000"))[:6]
        return time(int(filled[:2]), int(filled[2:4]), min(int(filled[4:6]), 59), int(micro))
    except ValueError:
        raise _invalid(keyword) from None


def _invalid(keyword: str) -> Invalid:
    return Invalid("query_key_malformed", detail=f"{keyword} cannot be understood")
