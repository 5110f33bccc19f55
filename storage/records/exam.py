"""An examination and every query on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from domain.access import PatientViewer, StaffViewer, Viewer
from domain.exam import ExamStatus, PatientType

if TYPE_CHECKING:
    from storage.records.patient import Patient


class Exam(Model):
    """Natural key: (sender, accession_number). `public_id` is what APIs show (22 characters).

    `status` is computed by `domain.exam.status_of` from the facts and stored for queries only.
    `made_from_images` marks an examination that no order has named yet; its accession number is
    the image's own, or `IMG-` + a digest of the Study Instance UID where the image has none.
    """

    id = fields.BigIntField(primary_key=True)
    public_id = fields.CharField(max_length=22, unique=True)
    sender = fields.CharField(max_length=64)
    accession_number = fields.CharField(max_length=64, db_index=True)
    patient: fields.ForeignKeyRelation["Patient"] = fields.ForeignKeyField(
        "models.Patient", related_name="exams", on_delete=fields.RESTRICT
    )
    campus = fields.CharField(max_length=64, default="")
    procedure = fields.CharField(max_length=256, default="")
    body_part = fields.CharField(max_length=64, default="")
    modality = fields.CharField(max_length=16, default="")
    patient_type = fields.CharEnumField(PatientType, max_length=16, default=PatientType.UNKNOWN)
    status = fields.CharEnumField(ExamStatus, max_length=20, default=ExamStatus.SCHEDULED)
    is_cancelled = fields.BooleanField(default=False)
    scheduled_at = fields.DatetimeField(null=True)
    acquired_at = fields.DatetimeField(null=True)
    reported_at = fields.DatetimeField(null=True)
    study_instance_uid = fields.CharField(max_length=64, default="", db_index=True)
    made_from_images = fields.BooleanField(default=False)
    # version of the newest order message: "<sent_at iso>|<control_id>"
    order_version = fields.CharField(max_length=128, default="")
    # {field: stamp of the message that gave its value} (domain.matching.settled_facts)
    facts_versions: fields.JSONField[Any] = fields.JSONField(null=True)
    # an examination made from images that an order later claimed points to that order's row
    merged_into: fields.ForeignKeyNullableRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="merged_from", null=True, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField(auto_now_add=True)
    updated_at = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "exam"
        unique_together = (("sender", "accession_number"),)
        indexes = (("patient_id",), ("merged_into_id",))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty means anything. `words` is part of a name, or a whole
    accession or patient number."""

    words: str = ""
    modality: str = ""
    status: ExamStatus | None = None
    patient_type: PatientType | None = None
    since: datetime | None = None


async def list_newest(
    viewer: Viewer, wanted: Wanted | None = None, *, before: int | None = None, limit: int = 50
) -> list[Exam]:
    """Newest first within the viewer's campuses, by keyset: `before` is the last id seen."""
    wanted = wanted or Wanted()
    rows = Exam.filter(merged_into=None)
    if isinstance(viewer, PatientViewer):
        rows = rows.filter(id=viewer.exam_id)
    elif isinstance(viewer, StaffViewer) and viewer.campuses:
        rows = rows.filter(campus__in=sorted(viewer.campuses))
    if before is not None:
        rows = rows.filter(id__lt=before)
    for name in ("modality", "status", "patient_type"):
        if getattr(wanted, name):
            rows = rows.filter(**{name: getattr(wanted, name)})
    if wanted.since is not None:
        taken = Q(acquired_at__gte=wanted.since) | Q(scheduled_at__gte=wanted.since)
        rows = rows.filter(taken | Q(created_at__gte=wanted.since))
    if wanted.words:
        rows = rows.filter(
            Q(patient__name__icontains=wanted.words)
            | Q(accession_number=wanted.words)
            | Q(patient__patient_number=wanted.words)
        )
    return await rows.order_by("-id").limit(limit).prefetch_related("patient")
