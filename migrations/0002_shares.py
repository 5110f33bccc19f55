from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0001_first")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Share",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("public_id", fields.CharField(unique=True, max_length=22)),
                (
                    "exam",
                    fields.ForeignKeyField(
                        "models.Exam",
                        source_field="exam_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="shares",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("token_sha256", fields.CharField(unique=True, max_length=64)),
                ("token_sealed", fields.BinaryField()),
                ("made_by", fields.CharField(max_length=80)),
                ("starts_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("pass_code_digest", fields.CharField(default="", max_length=64)),
                ("wrong_tries", fields.IntField(default=0)),
                ("open_limit", fields.IntField(null=True)),
                ("opened_count", fields.IntField(default=0)),
                (
                    "last_opened_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "share",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Hashed for look-up, sealed so that its maker can show it again. `made_by` is the actor of the",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="ViewingSession",
            options={
                "table": "viewing_session",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A patient's (exam set), a guest's (exam and share set) or a staff member's (account set).",
            },
        ),
        ops.AddField(
            model_name="ViewingSession",
            name="share",
            field=fields.ForeignKeyField(
                "models.Share",
                source_field="share_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="sessions",
                on_delete=OnDelete.CASCADE,
            ),
        ),
    ]
