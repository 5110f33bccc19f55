"""Which numbers are one person: what the HIS said (A40, A37) or staff undid. Rows are only added.

No examination ever moves: a merge is an edge between two numbers of one issuer, a person is what
edges join. So a merge with itself, in a circle, repeated, reversed or undone can lose nothing, and
every order of arrival ends in the same persons (docs/decisions/0026).
"""

from collections import defaultdict

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

Number = tuple[str, str]  # (issuer, patient number)
MAX_NUMBERS = 200


class PatientMerge(Model):
    """Natural key: (issuer, the two numbers in order, version). The newest row of a pair stands."""

    id = fields.BigIntField(primary_key=True)
    issuer = fields.CharField(max_length=64)
    low_number = fields.CharField(max_length=64)
    high_number = fields.CharField(max_length=64)
    surviving_number = fields.CharField(max_length=64)
    is_undo = fields.BooleanField(default=False)
    version = fields.CharField(max_length=128)  # "<sent_at iso>|<control_id>"
    actor = fields.CharField(max_length=80)  # client:<sender>, staff:<id> or cli:<user>
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "patient_merge"
        unique_together = (("issuer", "low_number", "high_number", "version"),)
        indexes = (("issuer", "high_number"),)


async def numbers_joined_to(starts: set[Number]) -> set[Number]:
    """`starts` and every number that standing merges join to them, at most MAX_NUMBERS."""
    found, frontier = set(starts), set(starts)
    while frontier and len(found) < MAX_NUMBERS:
        pairs: dict[tuple[str, str, str], list[PatientMerge]] = defaultdict(list)
        for row in await _touching(frontier):
            pairs[row.issuer, row.low_number, row.high_number].append(row)
        joined = {
            (issuer, number)
            for (issuer, low, high), rows in pairs.items()
            if not max(rows, key=_standing).is_undo
            for number in (low, high)
        }
        frontier = joined - found
        found |= frontier
    return found


def _standing(row: PatientMerge) -> tuple[str, bool]:
    """The newest; of two at one moment the undo."""
    return row.version, row.is_undo


async def _touching(numbers: set[Number]) -> list[PatientMerge]:
    by_issuer: dict[str, list[str]] = defaultdict(list)
    for issuer, number in numbers:
        by_issuer[issuer].append(number)
    rows: list[PatientMerge] = []
    for issuer, several in sorted(by_issuer.items()):
        either = Q(low_number__in=several) | Q(high_number__in=several)
        rows += await PatientMerge.filter(either, issuer=issuer)
    return rows
