from tortoise import migrations
from tortoise.migrations import operations as ops

from storage.records.name_match import index_statements


async def make_indexes(apps, schema_editor) -> None:
    sqlite = schema_editor.client.capabilities.dialect == "sqlite"
    for statement in index_statements(sqlite=sqlite):
        await schema_editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("models", "0009_oauth")]

    initial = False

    operations = [ops.RunPython(make_indexes)]
