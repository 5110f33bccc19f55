from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0007_page_settings")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CommitmentReport",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("ae_title", fields.CharField(max_length=16)),
                ("transaction_uid", fields.CharField(max_length=64)),
                ("sop_references", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("attempts", fields.IntField(default=0)),
                ("due_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "commitment_report",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One request that was taken and whose result its sender has not heard.",
            },
            bases=["Model"],
        ),
    ]
