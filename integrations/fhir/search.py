"""FHIR's search parameters (3.1.1): tokens, references, dates with prefixes; what is not understood
is left out, or refused where the caller wants that (`Prefer: handling=strict`)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain.errors import Invalid

Kind = Literal["id", "token", "number", "text", "reference", "date", "day", "code"]
DEFAULT_COUNT, MAX_COUNT = 50, 500
MAX_VALUES = 200
_PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)

# resource -> parameter -> how it is read
PARAMETERS: dict[str, dict[str, Kind]] = {
    "Patient": {"_id": "id", "identifier": "token", "name": "text", "birthdate": "day",
                "gender": "code"},
    "ImagingStudy": {"_id": "id", "identifier": "token", "patient": "reference",
                     "subject": "reference", "patient.identifier": "token", "started": "date",
                     "modality": "token", "status": "code"},
    "DiagnosticReport": {"_id": "id", "identifier": "token", "patient": "reference",
                         "subject": "reference", "patient.identifier": "token", "date": "date",
                         "issued": "date", "status": "code"},
}  # fmt: skip
_COMMON = ("_count", "_format", "_pretty", "_after", "_total", "_summary", "_elements")


@dataclass(frozen=True, slots=True)
class DateRange:
    """`prefix` against [low, high)."""

    prefix: str
    low: datetime
    high: datetime


@dataclass(slots=True)
class Asked:
    """Parameters of one search: each name once for each condition, its values any of which do."""

    resource: str
    values: list[tuple[str, list[str]]] = field(default_factory=list)
    dates: list[tuple[str, list[DateRange]]] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    after: int | None = None
    used: list[tuple[str, str]] = field(default_factory=list)


def read_search(
    resource: str, parameters: Iterable[tuple[str, str]], *, zone: ZoneInfo, is_strict: bool
) -> Asked:
    """Invalid names the parameter that cannot be understood."""
    asked, known = Asked(resource), PARAMETERS[resource]
    for given, value in parameters:
        name, _, modifier = given.partition(":")
        if name in _COMMON:
            _common(asked, name, value)
            continue
        kind = known.get(name)
        is_typed_reference = kind == "reference" and modifier == "Patient"
        if kind is None or (modifier and not is_typed_reference):
            if is_strict or modifier:  # a modifier that is ignored would turn the meaning round
                raise _invalid(given)
            continue
        values = [part for part in value.split(",") if part]
        if len(values) > MAX_VALUES or any(len(part) > 256 or "\0" in part for part in values):
            raise _invalid(name)
        if not values:
            continue
        asked.used.append((given, value))
        if kind in ("date", "day"):
            days = ZoneInfo("UTC") if kind == "day" else zone
            asked.dates.append((name, [read_date(name, part, days) for part in values]))
        else:
            asked.values.append((name, [_one(name, kind, part) for part in values]))
    return asked


def _common(asked: Asked, name: str, value: str) -> None:
    if name == "_count":
        asked.count = min(_number(name, value), MAX_COUNT)
        asked.used.append((name, str(asked.count)))
    elif name == "_after":
        asked.after = _number(name, value)


def _number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise _invalid(name)
    return int(value)


def _one(name: str, kind: Kind, value: str) -> str:
    match kind:
        case "id":
            return value if value.isascii() and value.isdigit() and len(value) < 19 else "0"
        case "token":
            return value.removeprefix("urn:oid:").rpartition("|")[2].removeprefix("urn:oid:")
        case "reference":
            number = value.rpartition("/")[2]
            is_patient = "/" not in value or value.rpartition("/")[0].endswith("Patient")
            is_number = number.isascii() and number.isdigit() and len(number) < 19
            return number if is_patient and is_number else "0"
        case _:
            return value


def read_date(name: str, text: str, zone: ZoneInfo) -> DateRange:
    """`ge2026-01-10`: a range as wide as the date is exact. Without a zone it is the hospital's."""
    prefix, rest = ("eq", text) if text[:2] not in _PREFIXES else (text[:2], text[2:])
    match = _DATE.fullmatch(rest)
    if match is None:
        raise _invalid(name)
    year, month, day, hour, minute, second, offset = match.groups()
    try:
        low = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            int(second or 0), tzinfo=zone,
        )  # fmt: skip
        if offset:
            low = datetime.fromisoformat(
                low.replace(tzinfo=None).isoformat() + offset.replace("Z", "+00:00")
            )
        high = _end(low, month, day, hour, second)
        if not 1000 <= low.year <= 9000:
            raise ValueError
        return DateRange(prefix, low.astimezone(UTC), high.astimezone(UTC))
    except (ValueError, OverflowError):
        raise _invalid(name) from None


def _end(
    low: datetime, month: str | None, day: str | None, hour: str | None, second: str | None
) -> datetime:
    if month is None:
        return low.replace(year=low.year + 1)
    if day is None:
        return low.replace(year=low.year + low.month // 12, month=low.month % 12 + 1)
    if hour is None:
        return low + timedelta(days=1)
    return low + (timedelta(minutes=1) if second is None else timedelta(seconds=1))


def _invalid(name: str) -> Invalid:
    return Invalid(
        "search_parameter", f"查询参数 {name[:32]} 不能理解。",
        detail=f"{name[:64]} cannot be understood",
    )  # fmt: skip
