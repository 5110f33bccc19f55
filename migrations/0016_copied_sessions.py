from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("models", "0015_forwarding")]

    initial = False

    operations = [
        ops.AddField(
            model_name="ViewingSession",
            name="source_id",
            field=fields.BigIntField(null=True),
        ),
        ops.AddIndex(model_name="ViewingSession", index=Index(fields=["source_id"])),
        ops.AddIndex(model_name="ViewingSession", index=Index(fields=["binding_id"])),
        ops.AddField(
            model_name="WeChatLogin",
            name="source_id",
            field=fields.BigIntField(null=True),
        ),
        ops.AddIndex(model_name="WeChatLogin", index=Index(fields=["source_id"])),
    ]
