"""The digits that prove who a patient is, and how wrong tries lock a code (BATTERY section 5).

Six digits by default; five wrong ones lock for 15 minutes, ten within 24 hours for 24 hours,
twenty in the code's life until staff reset it. The counters live in the database and are raised
before anything is compared.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from domain.errors import Invalid

DigitsKind = Literal["id_card", "phone"]

MAX_RECENT: Final = 5
MAX_DAY: Final = 10
MAX_TOTAL: Final = 20
RECENT_LOCK: Final = timedelta(minutes=15)
DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Question:
    """What the page asks for."""

    kind: DigitsKind
    count: int

    @property
    def allows_x(self) -> bool:
        return self.kind == "id_card"

    @property
    def label(self) -> str:
        word = "身份证" if self.kind == "id_card" else "手机号"
        numbers = "零一二三四五六七八"
        return f"{word}后{numbers[self.count]}位"


def normalized_digits(text: str, question: Question) -> str:
    """What was typed, in one form. Invalid when it cannot be an answer; that is no try."""
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(c for c in plain if not c.isspace() and c not in "-·")
    allowed = set("0123456789X" if question.allows_x else "0123456789")
    if len(plain) != question.count or not set(plain) <= allowed or "X" in plain[:-1]:
        extra = ",最后一位可以是 X" if question.allows_x else ""
        raise Invalid("digits_malformed", f"请输入{question.label}数字{extra}。")
    return plain


def expected_digits(question: Question, *, id_card: str, phone: str) -> str:
    """The right answer; "" when this patient cannot be asked this."""
    source = id_card.upper() if question.kind == "id_card" else phone
    tail = source[-question.count :]
    return tail if len(tail) == question.count else ""


@dataclass(frozen=True, slots=True)
class Tries:
    """A code's counters after this try was counted."""

    recent: int
    day: int
    total: int


def lock_after(tries: Tries, now: datetime) -> datetime | None:
    """Until when a wrong answer locks the code; None while tries are left."""
    if tries.total >= MAX_TOTAL:
        return datetime.max.replace(tzinfo=now.tzinfo)
    if tries.day >= MAX_DAY:
        return now + DAY
    if tries.recent >= MAX_RECENT:
        return now + RECENT_LOCK
    return None


def tries_left(tries: Tries) -> int:
    return max(min(MAX_RECENT - tries.recent, MAX_DAY - tries.day, MAX_TOTAL - tries.total), 0)
