from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0013_instance_pixels")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Hl7Outbound",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("destination", fields.CharField(max_length=64)),
                ("event_key", fields.CharField(max_length=120)),
                (
                    "exam",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="exam_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="outbound",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("control_id", fields.CharField(unique=True, max_length=20)),
                ("message_type", fields.CharField(max_length=16)),
                ("message_sealed", fields.BinaryField(null=True)),
                ("attempts", fields.IntField(default=0)),
                ("refusals", fields.IntField(default=0)),
                ("available_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "leased_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("done_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("dead_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("answer", fields.CharField(default="", max_length=2)),
                ("last_error", fields.CharField(default="", max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "hl7_outbound",
                "app": "models",
                "unique_together": (("destination", "event_key"),),
                "indexes": [
                    Index(fields=["destination", "done_at", "dead_at", "id"]),
                    Index(fields=["exam_id"]),
                ],
                "pk_attr": "id",
                "table_description": "Natural key: (destination, event_key), so that an event is one message however often it is",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PatientMerge",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("issuer", fields.CharField(max_length=64)),
                ("low_number", fields.CharField(max_length=64)),
                ("high_number", fields.CharField(max_length=64)),
                ("surviving_number", fields.CharField(max_length=64)),
                ("is_undo", fields.BooleanField(default=False)),
                ("version", fields.CharField(max_length=128)),
                ("actor", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "patient_merge",
                "app": "models",
                "unique_together": (("issuer", "low_number", "high_number", "version"),),
                "indexes": [Index(fields=["issuer", "high_number"])],
                "pk_attr": "id",
                "table_description": "Natural key: (issuer, the two numbers in order, version). The newest row of a pair stands.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ViewMark",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("name", fields.CharField(unique=True, max_length=64)),
                ("mark", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("rows_taken", fields.BigIntField(default=0)),
                ("rows_refused", fields.BigIntField(default=0)),
                (
                    "last_read_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("failures", fields.IntField(default=0)),
                ("last_error", fields.CharField(default="", max_length=300)),
            ],
            options={
                "table": "view_mark",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Natural key: the view's name. Everything up to `mark` (the view's own time stamps) has been",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Exam",
            name="facts_versions",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="InboundMessage",
            name="effect",
            field=fields.CharField(default="", db_default="", max_length=256),
        ),
        ops.AddField(
            model_name="InboundMessage",
            name="peer",
            field=fields.CharField(default="", db_default="", max_length=64),
        ),
        ops.AddField(
            model_name="Patient",
            name="facts_versions",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="Patient",
            name="patient_type",
            field=fields.CharField(default="", db_default="", max_length=16),
        ),
        ops.AddField(
            model_name="Patient",
            name="ward",
            field=fields.CharField(default="", db_default="", max_length=64),
        ),
    ]
