"""What a message to a patient may say: which examination and when, never a finding. WeChat cuts
what does not fit a field's kind, or refuses it (47003), so we cut first."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

LONGEST: Final = {
    "thing": 20, "number": 32, "letter": 32, "character_string": 32, "name": 10, "phrase": 5,
    "time": 32, "date": 32, "const": 20,
}  # fmt: skip
FACTS: Final = ("procedure", "reported_at", "acquired_at", "hospital")
DEFAULT_LONGEST: Final = 200  # the older fields: first, keyword1, remark
NOTHING: Final = "影像检查"


def fitted(field: str, text: str) -> str:
    """One line without control characters, as long as the field's kind allows."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    plain = " ".join(plain.split()) or NOTHING
    longest = LONGEST.get(re.sub(r"\d+$", "", field), DEFAULT_LONGEST)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def message_data(fields: Mapping[str, str], facts: Mapping[str, str]) -> dict[str, str]:
    """`fields` is the hospital's map from a template's field to one of FACTS."""
    return {name: fitted(name, facts.get(fact, "")) for name, fact in fields.items()}
