from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0006_marks")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PageSettings",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("page", fields.CharField(max_length=32)),
                ("campus", fields.CharField(default="", max_length=64)),
                ("version", fields.IntField()),
                ("content", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("author", fields.CharField(max_length=80)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "page_settings",
                "app": "models",
                "unique_together": (("page", "campus", "version"),),
                "pk_attr": "id",
                "table_description": "The newest version of (page, campus) stands. An empty campus is the whole hospital.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="UsedOnce",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("used_sha256", fields.CharField(unique=True, max_length=64)),
                (
                    "used_at",
                    fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "used_once",
                "app": "models",
                "pk_attr": "id",
                "table_description": "`used_sha256` is a digest over the door and the nonce.",
            },
            bases=["Model"],
        ),
    ]
