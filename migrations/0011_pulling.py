from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0010_name_search")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PullState",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("pacs", fields.CharField(unique=True, max_length=64)),
                (
                    "polled_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("swept_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("failures", fields.IntField(default=0)),
                (
                    "next_try_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("last_error", fields.CharField(default="", max_length=200)),
            ],
            options={
                "table": "pull_state",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One PACS: how far it was asked, and when it is tried again after a failure.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PulledStudy",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("pacs", fields.CharField(max_length=64)),
                ("study_instance_uid", fields.CharField(max_length=64)),
                ("study_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("theirs", fields.IntField(null=True)),
                ("ours", fields.IntField(default=0)),
                ("failures", fields.IntField(default=0)),
                ("next_try_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "complete_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("last_error", fields.CharField(default="", max_length=200)),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "pulled_study",
                "app": "models",
                "unique_together": (("pacs", "study_instance_uid"),),
                "indexes": [
                    Index(fields=["pacs", "complete_at", "next_try_at"]),
                    Index(fields=["study_at"]),
                ],
                "pk_attr": "id",
                "table_description": "One study of one PACS: its count, ours when it was last compared.",
            },
            bases=["Model"],
        ),
    ]
