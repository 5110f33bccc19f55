"""Who may be bound to a patient, as what. A relation says what the WeChat user is to the patient:
`parent` is the parent of the patient, `child` the patient's grown-up child.

Digits alone make the patient's own binding, or that of a child's parent; everybody else needs the
patient's invitation (PIPL art. 29, 31).
"""

from datetime import date
from typing import Final, Literal, get_args

Relation = Literal["self", "parent", "child", "spouse", "guardian"]
RELATIONS: Final[tuple[Relation, ...]] = get_args(Relation)
LABELS: Final[dict[str, str]] = {
    "self": "本人",
    "parent": "父母",
    "child": "子女",
    "spouse": "配偶",
    "guardian": "监护人",
}
MAX_BINDINGS: Final = 8  # of one patient


def is_minor(birth_date: date | None, today: date, *, adult_age: int = 18) -> bool:
    """False where the hospital did not say when the patient was born."""
    if birth_date is None:
        return False
    years = today.year - birth_date.year
    return years - ((today.month, today.day) < (birth_date.month, birth_date.day)) < adult_age


def relations_by_digits(birth_date: date | None, today: date) -> tuple[Relation, ...]:
    """As what somebody who knows the digits may bind, the likeliest first."""
    return ("parent", "self") if is_minor(birth_date, today) else ("self",)


def may_withdraw(relation: str) -> bool:
    """Consent is the patient's, or a parent's for a child; a digits session is the patient's."""
    return relation in ("", "self", "parent")
