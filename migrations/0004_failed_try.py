from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0003_study_query")]

    initial = False

    operations = [
        ops.CreateModel(
            name="FailedTry",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                (
                    "device",
                    fields.CharField(default="", db_index=True, db_default="", max_length=64),
                ),
                (
                    "address",
                    fields.CharField(default="", db_index=True, db_default="", max_length=64),
                ),
            ],
            options={
                "table": "failed_try",
                "app": "models",
                "pk_attr": "id",
                "table_description": "`device` and `address` are keyed digests. Rows live for a day.",
            },
            bases=["Model"],
        ),
    ]
