"""What DICOM peers do and what they are refused becomes rows of the audit book (abuse A20).

The actor is `dicom:TITLE@address`. A peer chooses its title itself, so it is cut down to plain
characters before it is kept.
"""

import re
from collections.abc import Sequence

from storage.records.audit import AuditEntry

MAX_EXAMS = 200


def actor_of(ae_title: str, address: str) -> str:
    """At most 80 characters."""
    title = re.sub(r"[^A-Za-z0-9_. -]", "?", ae_title)[:16] or "-"
    return f"dicom:{title}@{address[:50]}"


async def note_refusal(ae_title: str, address: str, action: str, why: str) -> None:
    """One row for somebody who was turned away."""
    await AuditEntry.create(
        actor=actor_of(ae_title, address), action=action, outcome=f"refused {why}"[:40]
    )


async def note_retrieval(ae_title: str, address: str, exam_ids: Sequence[int]) -> None:
    """A row for each examination whose images were asked for; one without when there is none."""
    exams: list[int | None] = [*sorted(set(exam_ids))[:MAX_EXAMS]]
    actor = actor_of(ae_title, address)
    exams = exams or [None]
    await AuditEntry.bulk_create(
        [AuditEntry(actor=actor, action="dicom_retrieve", exam_id=exam) for exam in exams]
    )


async def note_query(ae_title: str, address: str) -> None:
    """One row for a question about any number of examinations."""
    await AuditEntry.create(actor=actor_of(ae_title, address), action="dicom_query")
