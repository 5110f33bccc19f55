"""What single vendors do otherwise than the standard says: every quirk by name, with what it
changes in the way we speak to that PACS. Nothing else in the product asks for a vendor.

A peer's table names its quirks (`quirks = ["move_cut_at_30_s"]`); the rest of the code only sees
`Habits`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Habits:
    """How we speak to a peer; the defaults are the standard's way."""

    matches_times: bool = True
    answers_counts: bool = True
    takes_uid_lists: bool = True
    retrieves_instances: bool = True
    instances_a_retrieve: int = 200
    keeps_association: bool = True
    names_host_in_certificate: bool = True


STANDARD: Final = Habits()
# name -> what the peer does, what of our habits it changes
QUIRKS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "move_cut_at_30_s": (
        "ends a C-MOVE or C-GET after 30 seconds, whatever is left: retrieved 20 images at a time",
        {"instances_a_retrieve": 20},
    ),
    "no_time_matching": (
        "ignores or refuses a range in Study Time: asked for whole days",
        {"matches_times": False},
    ),
    "no_counts": (
        "leaves Number of Study/Series Related Instances empty or says a wrong number: images are "
        "counted one by one",
        {"answers_counts": False},
    ),
    "no_uid_lists": (
        "takes only the first UID of a list: retrieved one image at a time",
        {"takes_uid_lists": False},
    ),
    "no_instance_retrieve": (
        "retrieves whole series only: a series that lacks an image is retrieved again",
        {"retrieves_instances": False},
    ),
    "one_operation_an_association": (
        "stops answering after the first operation: an association for each",
        {"keeps_association": False},
    ),
    "certificate_without_host": (
        "its TLS certificate does not name its host: only the authority is checked",
        {"names_host_in_certificate": False},
    ),
}


def habits_of(quirks: Iterable[str]) -> Habits:
    """KeyError names a quirk that is not known."""
    habits = STANDARD
    for quirk in quirks:
        habits = replace(habits, **QUIRKS[quirk][1])
    return habits
