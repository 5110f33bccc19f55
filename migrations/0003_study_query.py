from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0002_shares")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Study",
            name="referring_physician",
            field=fields.CharField(default="", db_default="", max_length=256),
        ),
        ops.AddField(
            model_name="Study",
            name="study_id",
            field=fields.CharField(default="", db_default="", max_length=16),
        ),
        ops.AddIndex(
            model_name="Study",
            index=Index(fields=["patient_id"]),
        ),
        ops.AddIndex(
            model_name="Study",
            index=Index(fields=["study_at"]),
        ),
    ]
