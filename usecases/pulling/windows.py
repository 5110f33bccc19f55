"""A stretch of time becomes questions that every PACS understands: one day each, with a range of
the day where it is not whole.

Study Date and Study Time are matched apart from each other (PS3.4 C.2.2.2.5), so a range over
midnight in one question would ask for something else.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

SHORTEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Window:
    """From `first` to `last`, both included, of one day in the hospital's time."""

    first: datetime
    last: datetime

    @property
    def study_date(self) -> str:
        return f"{self.first:%Y%m%d}"

    @property
    def study_time(self) -> str:
        """Empty for the whole day."""
        if self.first.time() == time() and self.last.time() >= time(23, 59, 59):
            return ""
        return f"{self.first:%H%M%S}-{self.last:%H%M%S}"

    def halves(self) -> tuple["Window", "Window"] | None:
        """For a PACS that does not answer so many at once; None when it is short already."""
        if self.last - self.first < 2 * SHORTEST:
            return None
        middle = (self.first + (self.last - self.first) / 2).replace(microsecond=0)
        return Window(self.first, middle), Window(middle + timedelta(seconds=1), self.last)


def windows(
    start: datetime, end: datetime, zone: ZoneInfo, *, matches_times: bool = True
) -> list[Window]:
    """The newest day first. Whole days where the PACS does not match times."""
    first, last = (one.astimezone(zone).replace(microsecond=0, tzinfo=None) for one in (start, end))
    found = []
    day = last.date()
    while day >= first.date():
        begin, close = datetime.combine(day, time()), datetime.combine(day, time(23, 59, 59))
        if matches_times:
            begin, close = max(begin, first), min(close, last)
        found.append(Window(begin, close))
        day -= timedelta(days=1)
    return found
