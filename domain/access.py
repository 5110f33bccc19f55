"""THE place where rights are decided: who is looking, and what they may see.

Every read in `storage/records` that returns a patient's data takes a `Viewer`.
"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["admin", "doctor"]


@dataclass(frozen=True, slots=True)
class PatientViewer:
    """Somebody who proved the patient's digits, or is bound to the patient. `exam_id` is the
    examination whose code was scanned; `patient_ids` are the rows of this person (one a sender and
    patient number); `relation` says what a bound WeChat user is to the patient (domain.guardian),
    "" is a session by digits."""

    exam_id: int
    session_id: int
    patient_ids: frozenset[int]
    relation: str = ""

    @property
    def is_guardian(self) -> bool:
        return self.relation not in ("", "self")

    @property
    def actor(self) -> str:
        return f"{'guardian' if self.is_guardian else 'patient'}:{self.session_id}"


@dataclass(frozen=True, slots=True)
class ShareViewer:
    """Somebody to whom the patient gave one examination, for a while."""

    exam_id: int
    session_id: int
    share_id: int

    @property
    def actor(self) -> str:
        return f"share:{self.share_id}"


@dataclass(frozen=True, slots=True)
class StaffViewer:
    """A signed-in member of staff. `campuses` empty means every campus."""

    account_id: int
    role: Role
    campuses: frozenset[str]

    @property
    def actor(self) -> str:
        return f"staff:{self.account_id}"


@dataclass(frozen=True, slots=True)
class SystemViewer:
    """One of our own processes, or a third party's system by name (`ris`)."""

    name: str

    @property
    def actor(self) -> str:
        return f"client:{self.name}"


@dataclass(frozen=True, slots=True)
class TicketViewer:
    """Somebody whom a third party sent to one examination's images."""

    exam_id: int
    session_id: int
    client: str

    @property
    def actor(self) -> str:
        return f"ticket:{self.client}"


GuestViewer = PatientViewer | ShareViewer
Viewer = PatientViewer | ShareViewer | StaffViewer | SystemViewer | TicketViewer


def may_see_exam(viewer: Viewer, *, exam_id: int, patient_id: int, campus: str) -> bool:
    """Whether `viewer` may see this examination. The caller answers 404 on False."""
    match viewer:
        case PatientViewer():
            return viewer.exam_id == exam_id or patient_id in viewer.patient_ids
        case ShareViewer() | TicketViewer():
            return viewer.exam_id == exam_id
        case StaffViewer():
            return not viewer.campuses or campus in viewer.campuses
        case SystemViewer():
            return True
