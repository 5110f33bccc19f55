"""What the scanners sent: studies, series, instances, and what could not be filed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.models import Model

from storage.transactions import db_now, run_sql

if TYPE_CHECKING:
    from storage.records.exam import Exam


class Study(Model):
    """A DICOM study. `exam` is set by matching and may change when an order comes late."""

    id = fields.BigIntField(primary_key=True)
    public_id = fields.CharField(max_length=22, unique=True)
    study_instance_uid = fields.CharField(max_length=64, unique=True)
    exam: fields.ForeignKeyNullableRelation["Exam"] = fields.ForeignKeyField(
        "models.Exam", related_name="studies", null=True, on_delete=fields.RESTRICT
    )
    accession_number = fields.CharField(max_length=64, default="", db_index=True)
    patient_id = fields.CharField(max_length=64, default="")
    patient_name = fields.CharField(max_length=256, default="")
    patient_sex = fields.CharField(max_length=16, default="")
    patient_birth_date = fields.DateField(null=True)
    study_description = fields.CharField(max_length=256, default="")
    study_id = fields.CharField(max_length=16, default="", db_default="")
    referring_physician = fields.CharField(max_length=256, default="", db_default="")
    study_at = fields.DatetimeField(null=True)
    calling_ae = fields.CharField(max_length=16, default="")
    last_received_at = fields.DatetimeField(null=True, db_index=True)
    # rendering: `wanted` grows with each change, `rendered` follows it (wanted > rendered = work)
    wanted_revision = fields.IntField(default=0)
    rendered_revision = fields.IntField(default=0)
    manifest_key = fields.CharField(max_length=200, default="")
    manifest_sha256 = fields.CharField(max_length=64, default="")
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "study"
        indexes = (("patient_id",), ("study_at",), ("exam_id",))


class Series(Model):
    """A DICOM series and its ready-made renditions (docs/web-format.md)."""

    id = fields.BigIntField(primary_key=True)
    public_id = fields.CharField(max_length=22, unique=True)
    study: fields.ForeignKeyRelation[Study] = fields.ForeignKeyField(
        "models.Study", related_name="series", on_delete=fields.RESTRICT
    )
    series_instance_uid = fields.CharField(max_length=64, unique=True)
    modality = fields.CharField(max_length=16, default="")
    series_number = fields.IntField(null=True)
    series_description = fields.CharField(max_length=256, default="")
    body_part = fields.CharField(max_length=64, default="")
    wanted_revision = fields.IntField(default=0)
    rendered_revision = fields.IntField(default=0)
    # written by usecases/rendering; see docs/web-format.md for what the objects hold
    frames_key = fields.CharField(max_length=200, default="")
    frames_index: fields.JSONField[Any] = fields.JSONField(
        null=True
    )  # [[offset, length], ...] in display order
    preview_key = fields.CharField(max_length=200, default="")
    thumbnail_key = fields.CharField(max_length=200, default="")
    tags_key = fields.CharField(max_length=200, default="", db_default="")
    rendition: fields.JSONField[Any] = fields.JSONField(
        null=True
    )  # this series' entry of the manifest

    class Meta:
        table = "series"
        indexes = (("study_id",),)


class Instance(Model):
    """One SOP instance exactly as it was sent. `series` is null until it has been indexed."""

    id = fields.BigIntField(primary_key=True)
    sop_instance_uid = fields.CharField(max_length=64, unique=True)
    sop_class_uid = fields.CharField(max_length=64)
    transfer_syntax_uid = fields.CharField(max_length=64)
    object_key = fields.CharField(max_length=200)
    sha256 = fields.CharField(max_length=64)  # of the whole Part 10 object
    size = fields.BigIntField()
    calling_ae = fields.CharField(max_length=16, default="")
    received_at = fields.DatetimeField(auto_now_add=True)
    series: fields.ForeignKeyNullableRelation[Series] = fields.ForeignKeyField(
        "models.Series", related_name="instances", null=True, on_delete=fields.RESTRICT
    )
    instance_number = fields.IntField(null=True)
    frames = fields.IntField(null=True)
    rows = fields.IntField(null=True)
    columns = fields.IntField(null=True)
    bits_allocated = fields.IntField(null=True)
    # "" = indexed; otherwise the stable code of why it cannot be read or shown
    problem = fields.CharField(max_length=64, default="")

    class Meta:
        table = "instance"
        indexes = (("series_id",),)


class QuarantinedInstance(Model):
    """The same SOP Instance UID with other bytes: both are kept, neither overwritten."""

    id = fields.BigIntField(primary_key=True)
    sop_instance_uid = fields.CharField(max_length=64, db_index=True)
    sop_class_uid = fields.CharField(max_length=64)
    transfer_syntax_uid = fields.CharField(max_length=64)
    object_key = fields.CharField(max_length=200)
    sha256 = fields.CharField(max_length=64)
    size = fields.BigIntField()
    calling_ae = fields.CharField(max_length=16, default="")
    received_at = fields.DatetimeField(auto_now_add=True)
    reason = fields.CharField(max_length=64)

    class Meta:
        table = "quarantined_instance"
        unique_together = (("sop_instance_uid", "sha256"),)


@dataclass(frozen=True, slots=True)
class NewInstance:
    """What the receiver knows of an instance: nothing of its inside."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    object_key: str
    sha256: str
    size: int
    calling_ae: str
    problem: str = ""


async def quarantine_instance(row: NewInstance, *, reason: str) -> None:
    """Keep the object beside the one that has its UID; asking twice is one row."""
    await run_sql(
        "INSERT INTO quarantined_instance (sop_instance_uid, sop_class_uid, transfer_syntax_uid, "
        "object_key, sha256, size, calling_ae, received_at, reason) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (sop_instance_uid, sha256) DO NOTHING",
        row.sop_instance_uid, row.sop_class_uid, row.transfer_syntax_uid, row.object_key,
        row.sha256, row.size, row.calling_ae, await db_now(), reason,
    )  # fmt: skip
