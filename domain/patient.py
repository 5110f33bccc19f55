"""How a patient is named and aged on screens."""

from datetime import date

# surnames of two characters in use (百家姓), so that 欧阳明轩 is masked as 欧阳**
_DOUBLE_SURNAMES = frozenset(
    ["欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容", "长孙",
     "宇文", "司徒", "司空", "令狐", "南宫", "独孤", "端木", "轩辕", "百里", "呼延"]
)  # fmt: skip


def masked_name(name: str) -> str:
    """张*三, 李*, 欧阳**; a name in Latin letters keeps its first letter."""
    name = name.strip()
    if not name:
        return "***"
    if not any("\u2e80" <= c <= "\U0003134f" for c in name):
        return name[0] + "***"
    if len(name) > 2 and name[:2] in _DOUBLE_SURNAMES:
        return name[:2] + "*" * (len(name) - 2)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * max(len(name) - 2, 1) + (name[-1] if len(name) > 2 else "")


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def is_id_card(text: str) -> bool:
    """A citizen's number of 18 characters with a real birth date and a right check digit
    (GB 11643, ISO 7064 MOD 11-2)."""
    if len(text) != 18 or not text.isascii() or not text[:17].isdigit():
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == text[17]


def age_text(birth_date: date | None, on: date) -> str:
    """Ages as hospitals write them: 岁, from three years down 月 is added, under a month 天."""
    if birth_date is None or birth_date > on:
        return ""
    months = (on.year - birth_date.year) * 12 + on.month - birth_date.month
    months -= on.day < birth_date.day
    if months < 1:
        return f"{(on - birth_date).days}天"
    if months < 12:
        return f"{months}月"
    years, rest = divmod(months, 12)
    return f"{years}岁{rest}月" if years < 3 and rest else f"{years}岁"
