"""THE place where rights are decided: who is looking, and what they may see.

Every read in `storage/records` that returns a patient's data takes a `Viewer`.
"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["admin", "doctor"]


@dataclass(frozen=True, slots=True)
class PatientViewer:
    """Somebody who proved the patient's digits for one examination's code."""

    exam_id: int
    session_id: int


@dataclass(frozen=True, slots=True)
class StaffViewer:
    """A signed-in member of staff. `campuses` empty means every campus."""

    account_id: int
    role: Role
    campuses: frozenset[str]


@dataclass(frozen=True, slots=True)
class SystemViewer:
    """One of our own processes, or a third party's system by name (`ris`)."""

    name: str


Viewer = PatientViewer | StaffViewer | SystemViewer


def may_see_exam(viewer: Viewer, *, exam_id: int, campus: str) -> bool:
    """Whether `viewer` may see this examination. The caller answers 404 on False."""
    match viewer:
        case PatientViewer():
            return viewer.exam_id == exam_id
        case StaffViewer():
            return not viewer.campuses or campus in viewer.campuses
        case SystemViewer():
            return True
