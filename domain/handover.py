"""Somebody whom the hospital's own app sends to us, with what the app vouches for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

PersonKind = Literal["patient", "staff"]

MAX_SKEW: Final = timedelta(seconds=300)
"""How far an app's clock may be from ours."""


@dataclass(frozen=True, slots=True)
class HandedPerson:
    """A patient is found by ID card; `name`, where given, has to agree, and `accession_number`
    names the examination to open. A member of staff is found by staff number."""

    kind: PersonKind
    id_card: str = ""
    name: str = ""
    accession_number: str = ""
    staff_number: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """`once` is used up with the first use: an app's nonce, a token's id."""

    app_id: str
    once: str
    person: HandedPerson
    asks_digits: bool = False
