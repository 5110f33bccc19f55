from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0014_his")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ForwardedStudy",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("peer", fields.CharField(max_length=64)),
                ("study_key", fields.BigIntField()),
                ("sent_through", fields.BigIntField(default=0)),
                ("stored", fields.IntField(default=0)),
                ("warned", fields.IntField(default=0)),
                ("failed", fields.IntField(default=0)),
                ("failures", fields.IntField(default=0)),
                ("next_try_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_error", fields.CharField(default="", max_length=200)),
            ],
            options={
                "table": "forwarded_study",
                "app": "models",
                "unique_together": (("peer", "study_key"),),
                "pk_attr": "id",
                "table_description": "`sent_through` is the highest id of our instances of the study that the peer has.",
            },
            bases=["Model"],
        ),
    ]
