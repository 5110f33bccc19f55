from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0012_wechat")]

    initial = False

    operations = [
        ops.AddField(model_name="Instance", name="rows", field=fields.IntField(null=True)),
        ops.AddField(model_name="Instance", name="columns", field=fields.IntField(null=True)),
        ops.AddField(
            model_name="Instance", name="bits_allocated", field=fields.IntField(null=True)
        ),
    ]
