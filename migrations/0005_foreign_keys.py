from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0004_failed_try")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["exam_id"]),
        ),
        ops.AddIndex(
            model_name="Exam",
            index=Index(fields=["patient_id"]),
        ),
        ops.AddIndex(
            model_name="Exam",
            index=Index(fields=["merged_into_id"]),
        ),
        ops.AddIndex(
            model_name="ExamCode",
            index=Index(fields=["exam_id"]),
        ),
        ops.AddIndex(
            model_name="Instance",
            index=Index(fields=["series_id"]),
        ),
        ops.AddIndex(
            model_name="Series",
            index=Index(fields=["study_id"]),
        ),
        ops.AddIndex(
            model_name="Share",
            index=Index(fields=["exam_id"]),
        ),
        ops.AddIndex(
            model_name="Study",
            index=Index(fields=["exam_id"]),
        ),
    ]
