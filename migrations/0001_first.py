from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.exam import ExamStatus, PatientType


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="ApiClient",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("name", fields.CharField(unique=True, max_length=64)),
                ("token_sha256", fields.CharField(unique=True, max_length=64)),
                ("scopes", fields.CharField(max_length=200)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "api_client",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A RIS or other system. `scopes` is a space-separated list such as `ris`.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InboundMessage",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("sender", fields.CharField(max_length=64)),
                ("control_id", fields.CharField(max_length=199)),
                ("sha256", fields.CharField(max_length=64)),
                ("message_type", fields.CharField(max_length=16)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("received_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("object_key", fields.CharField(default="", max_length=200)),
                ("answer", fields.CharField(max_length=2)),
                ("problem", fields.CharField(default="", max_length=256)),
            ],
            options={
                "table": "inbound_message",
                "app": "models",
                "unique_together": (("sender", "control_id", "sha256"),),
                "pk_attr": "id",
                "table_description": "Natural key: (sender, control_id, sha256). The text lies sealed in the object store.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutboxRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("topic", fields.CharField(max_length=32)),
                ("subject", fields.BigIntField()),
                ("revision", fields.IntField(default=1)),
                ("attempts", fields.IntField(default=0)),
                ("available_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "dispatched_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("dead_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_error", fields.CharField(default="", max_length=500)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "outbox",
                "app": "models",
                "unique_together": (("topic", "subject"),),
                "indexes": [Index(fields=["dead_at", "dispatched_at", "available_at"])],
                "pk_attr": "id",
                "table_description": "One piece of work. A row leaves the table when its job has done it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Patient",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("sender", fields.CharField(max_length=64)),
                ("patient_number", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=128)),
                ("sex", fields.CharField(default="", max_length=1)),
                ("birth_date", fields.DateField(null=True)),
                ("id_card_sealed", fields.BinaryField(null=True)),
                ("id_card_index", fields.CharField(default="", db_index=True, max_length=64)),
                ("phone_sealed", fields.BinaryField(null=True)),
                ("phone_index", fields.CharField(default="", db_index=True, max_length=64)),
                ("facts_version", fields.CharField(default="", max_length=128)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "patient",
                "app": "models",
                "unique_together": (("sender", "patient_number"),),
                "pk_attr": "id",
                "table_description": "Natural key: (sender, patient_number). ID card and phone are sealed (`storage/sealed.py`).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Exam",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("public_id", fields.CharField(unique=True, max_length=22)),
                ("sender", fields.CharField(max_length=64)),
                ("accession_number", fields.CharField(db_index=True, max_length=64)),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "models.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="exams",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("campus", fields.CharField(default="", max_length=64)),
                ("procedure", fields.CharField(default="", max_length=256)),
                ("body_part", fields.CharField(default="", max_length=64)),
                ("modality", fields.CharField(default="", max_length=16)),
                (
                    "patient_type",
                    fields.CharEnumField(
                        default=PatientType.UNKNOWN,
                        description="OUTPATIENT: outpatient\nINPATIENT: inpatient\nEMERGENCY: emergency\nCHECKUP: checkup\nUNKNOWN: unknown",
                        enum_type=PatientType,
                        max_length=16,
                    ),
                ),
                (
                    "status",
                    fields.CharEnumField(
                        default=ExamStatus.SCHEDULED,
                        description="SCHEDULED: scheduled\nAWAITING_REPORT: awaiting_report\nCOMPLETED: completed\nCANCELLED: cancelled",
                        enum_type=ExamStatus,
                        max_length=20,
                    ),
                ),
                ("is_cancelled", fields.BooleanField(default=False)),
                (
                    "scheduled_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "acquired_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "reported_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("study_instance_uid", fields.CharField(default="", db_index=True, max_length=64)),
                ("made_from_images", fields.BooleanField(default=False)),
                ("order_version", fields.CharField(default="", max_length=128)),
                (
                    "merged_into",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="merged_into_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="merged_from",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("updated_at", fields.DatetimeField(auto_now=True, auto_now_add=False)),
            ],
            options={
                "table": "exam",
                "app": "models",
                "unique_together": (("sender", "accession_number"),),
                "pk_attr": "id",
                "table_description": "Natural key: (sender, accession_number). `public_id` is what APIs show (22 characters).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=True)),
                ("actor", fields.CharField(max_length=80)),
                ("action", fields.CharField(max_length=40)),
                (
                    "exam",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="exam_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="audit",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("outcome", fields.CharField(default="ok", max_length=40)),
                ("request_id", fields.CharField(default="", max_length=36)),
            ],
            options={
                "table": "audit_entry",
                "app": "models",
                "pk_attr": "id",
                "table_description": "`actor` is `patient:<session id>`, `staff:<id>`, `client:<name>` or `device:<digest>`.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ExamCode",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "exam",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="exam_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="codes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("token_sha256", fields.CharField(unique=True, max_length=64)),
                ("token_sealed", fields.BinaryField()),
                ("wrong_recent", fields.IntField(default=0)),
                ("wrong_day", fields.IntField(default=0)),
                (
                    "day_started_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("wrong_total", fields.IntField(default=0)),
                (
                    "locked_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "exam_code",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One live code an examination: a revoked one stays, so that its holder is told so.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="QuarantinedInstance",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("sop_instance_uid", fields.CharField(db_index=True, max_length=64)),
                ("sop_class_uid", fields.CharField(max_length=64)),
                ("transfer_syntax_uid", fields.CharField(max_length=64)),
                ("object_key", fields.CharField(max_length=200)),
                ("sha256", fields.CharField(max_length=64)),
                ("size", fields.BigIntField()),
                ("calling_ae", fields.CharField(default="", max_length=16)),
                ("received_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("reason", fields.CharField(max_length=64)),
            ],
            options={
                "table": "quarantined_instance",
                "app": "models",
                "unique_together": (("sop_instance_uid", "sha256"),),
                "pk_attr": "id",
                "table_description": "The same SOP Instance UID with other bytes: both are kept, neither overwritten.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "exam",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="exam_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reports",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.CharField(max_length=128)),
                ("state", fields.CharField(max_length=16)),
                ("findings", fields.TextField(default="", unique=False)),
                ("impression", fields.TextField(default="", unique=False)),
                ("reporter", fields.CharField(default="", max_length=64)),
                ("reviewer", fields.CharField(default="", max_length=64)),
                (
                    "reported_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("pdf_key", fields.CharField(default="", max_length=200)),
                ("pdf_sha256", fields.CharField(default="", max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "report",
                "app": "models",
                "unique_together": (("exam", "version"),),
                "pk_attr": "id",
                "table_description": "Natural key: (exam, version).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StaffAccount",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("username", fields.CharField(unique=True, max_length=64)),
                ("password_hash", fields.CharField(max_length=200)),
                ("role", fields.CharField(max_length=16)),
                ("state", fields.CharField(default="approved", max_length=16)),
                ("display_name", fields.CharField(max_length=64)),
                ("campus", fields.CharField(default="", max_length=64)),
                ("department", fields.CharField(default="", max_length=64)),
                ("title", fields.CharField(default="", max_length=64)),
                ("staff_number", fields.CharField(default="", max_length=64)),
                ("wrong_tries", fields.IntField(default=0)),
                (
                    "locked_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "staff_account",
                "app": "models",
                "pk_attr": "id",
                "table_description": "`state`: pending, approved, rejected, cancelled (tender A4.1).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Study",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("public_id", fields.CharField(unique=True, max_length=22)),
                ("study_instance_uid", fields.CharField(unique=True, max_length=64)),
                (
                    "exam",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="exam_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="studies",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("accession_number", fields.CharField(default="", db_index=True, max_length=64)),
                ("patient_id", fields.CharField(default="", max_length=64)),
                ("patient_name", fields.CharField(default="", max_length=256)),
                ("patient_sex", fields.CharField(default="", max_length=16)),
                ("patient_birth_date", fields.DateField(null=True)),
                ("study_description", fields.CharField(default="", max_length=256)),
                ("study_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("calling_ae", fields.CharField(default="", max_length=16)),
                (
                    "last_received_at",
                    fields.DatetimeField(
                        null=True, db_index=True, auto_now=False, auto_now_add=False
                    ),
                ),
                ("wanted_revision", fields.IntField(default=0)),
                ("rendered_revision", fields.IntField(default=0)),
                ("manifest_key", fields.CharField(default="", max_length=200)),
                ("manifest_sha256", fields.CharField(default="", max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "study",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A DICOM study. `exam` is set by matching and may change when an order comes late.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Series",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("public_id", fields.CharField(unique=True, max_length=22)),
                (
                    "study",
                    fields.ForeignKeyField(
                        "models.Study",
                        source_field="study_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="series",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("series_instance_uid", fields.CharField(unique=True, max_length=64)),
                ("modality", fields.CharField(default="", max_length=16)),
                ("series_number", fields.IntField(null=True)),
                ("series_description", fields.CharField(default="", max_length=256)),
                ("body_part", fields.CharField(default="", max_length=64)),
                ("wanted_revision", fields.IntField(default=0)),
                ("rendered_revision", fields.IntField(default=0)),
                ("frames_key", fields.CharField(default="", max_length=200)),
                ("frames_index", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("preview_key", fields.CharField(default="", max_length=200)),
                ("thumbnail_key", fields.CharField(default="", max_length=200)),
                ("rendition", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "series",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A DICOM series and its ready-made renditions (docs/web-format.md).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Instance",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("sop_instance_uid", fields.CharField(unique=True, max_length=64)),
                ("sop_class_uid", fields.CharField(max_length=64)),
                ("transfer_syntax_uid", fields.CharField(max_length=64)),
                ("object_key", fields.CharField(max_length=200)),
                ("sha256", fields.CharField(max_length=64)),
                ("size", fields.BigIntField()),
                ("calling_ae", fields.CharField(default="", max_length=16)),
                ("received_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                (
                    "series",
                    fields.ForeignKeyField(
                        "models.Series",
                        source_field="series_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="instances",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("instance_number", fields.IntField(null=True)),
                ("frames", fields.IntField(null=True)),
                ("problem", fields.CharField(default="", max_length=64)),
            ],
            options={
                "table": "instance",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One SOP instance exactly as it was sent. `series` is null until it has been indexed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ViewingSession",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("token_sha256", fields.CharField(unique=True, max_length=64)),
                (
                    "exam",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="exam_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.StaffAccount",
                        source_field="account_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("channel", fields.CharField(default="browser", max_length=16)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "viewing_session",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Either a patient's (exam set) or a member of staff's (account set).",
            },
            bases=["Model"],
        ),
    ]
