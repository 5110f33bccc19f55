from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0005_foreign_keys")]

    initial = False

    operations = [
        ops.CreateModel(
            name="StaffPreference",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.StaffAccount",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="preferences",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=32)),
                ("value", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "staff_preference",
                "app": "models",
                "unique_together": (("account", "name"),),
                "pk_attr": "id",
                "table_description": "One setting of one account, by name.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StudyMarks",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "study",
                    fields.ForeignKeyField(
                        "models.Study",
                        source_field="study_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="marks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.StaffAccount",
                        source_field="account_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="marks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField(default=0)),
                ("marks", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "study_marks",
                "app": "models",
                "unique_together": (("study", "account"),),
                "pk_attr": "id",
                "table_description": "All marks of one account on one study. `version` grows with each saving.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Series",
            name="tags_key",
            field=fields.CharField(default="", db_default="", max_length=200),
        ),
    ]
