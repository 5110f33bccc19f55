"""The migrations make what the models say, on both databases, once, however many launchers ask."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.migrations.api import migrate as run_migrations

from storage.database import close_database, open_database, orm_config
from storage.migrate import migrate
from storage.records.imaging import Study
from storage.transactions import is_sqlite, run_sql
from tests.conftest import REPOSITORY, fresh_postgres_database

# indexes of expressions are made by migrations alone: a model cannot say them
SQLITE_SHAPE = """
SELECT m.name AS "table", c.name AS "column", c.type AS kind, c."notnull" AS required
FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'tortoise_%' ORDER BY 1, 2"""
SQLITE_KEYS = """
SELECT DISTINCT m.name AS "table", i."unique" AS is_unique,
  (SELECT group_concat(name) FROM pragma_index_info(i.name)) AS columns
FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table'
AND m.name NOT LIKE 'tortoise_%' AND columns IS NOT NULL ORDER BY 1, 2, 3"""
POSTGRES_SHAPE = """
SELECT table_name AS "table", column_name AS "column", data_type AS kind, is_nullable AS required
FROM information_schema.columns WHERE table_schema = 'public'
AND table_name NOT LIKE 'tortoise_%' ORDER BY 1, 2"""
POSTGRES_KEYS = """
SELECT DISTINCT t.relname AS "table", i.indisunique AS is_unique, array_to_string(ARRAY(
  SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(i.indkey)
  ORDER BY array_position(i.indkey::int[], a.attnum::int)), ',') AS columns
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = 'public' AND t.relname NOT LIKE 'tortoise_%' AND i.indexprs IS NULL
ORDER BY 1, 2, 3"""


@pytest.fixture(params=["sqlite", "postgres"])
async def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/a.sqlite3", f"sqlite://{tmp_path}/b.sqlite3"
    server = request.getfixturevalue("postgres_url")
    return await fresh_postgres_database(server), await fresh_postgres_database(server)


async def shape_of(url: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    await open_database(url)
    try:
        queries = (SQLITE_SHAPE, SQLITE_KEYS) if is_sqlite() else (POSTGRES_SHAPE, POSTGRES_KEYS)
        return await run_sql(queries[0]), await run_sql(queries[1])
    finally:
        await close_database()


async def test_migrations_make_what_the_models_say(two_urls: tuple[str, str]) -> None:
    migrated, generated = two_urls
    await migrate(migrated)
    await open_database(generated)
    await Tortoise.generate_schemas()
    await close_database()
    tables, keys = await shape_of(migrated)
    assert len({row["table"] for row in tables}) >= 12
    assert (tables, keys) == await shape_of(generated)


async def test_launchers_at_once_and_again_are_one_migration(two_urls: tuple[str, str]) -> None:
    url = two_urls[0]
    code = (
        "import asyncio,sys; from storage.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"
    )
    launchers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, url, cwd=REPOSITORY)
        for _ in range(3)
    ]
    assert [await launcher.wait() for launcher in launchers] == [0, 0, 0]
    before = await shape_of(url)
    await migrate(url)
    assert await shape_of(url) == before


async def test_every_model_change_has_its_migration(tmp_path: Path) -> None:
    for name in ("migrations", "storage", "domain", "pyproject.toml"):
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tortoise", "makemigrations", cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert "No changes" in out.decode(), out.decode()


async def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await migrate("postgres://nobody@127.0.0.1:1/none")


POPULATE = (
    "INSERT INTO patient (id, sender, patient_number, name, sex, id_card_index, phone_index,"
    " facts_version, created_at) VALUES (1, 'RIS', 'P1', '李秀英', 'F', '', '', '', {now})",
    "INSERT INTO exam (id, public_id, sender, accession_number, patient_id, campus, procedure,"
    " body_part, modality, patient_type, status, is_cancelled, study_instance_uid,"
    " made_from_images, order_version, created_at, updated_at) VALUES (1, 'e', 'RIS', 'A1', 1, '',"
    " '', '', 'CT', 'unknown', 'scheduled', {false}, '', {false}, '', {now}, {now})",
    "INSERT INTO study (id, public_id, study_instance_uid, exam_id, accession_number, patient_id,"
    " patient_name, patient_sex, study_description, calling_ae, wanted_revision,"
    " rendered_revision, manifest_key, manifest_sha256, created_at) VALUES (1, 's', '1.2', 1, 'A1',"
    " 'P1', '', '', '', '', 0, 0, '', '', {now})",
    "INSERT INTO series (id, public_id, study_id, series_instance_uid, modality,"
    " series_description, body_part, wanted_revision, rendered_revision, frames_key, preview_key,"
    " thumbnail_key) VALUES (1, 'r', 1, '1.2.3', 'CT', '', '', 0, 0, '', '', '')",
    "INSERT INTO viewing_session (id, token_sha256, exam_id, channel, created_at, expires_at)"
    " VALUES (1, 'x', 1, 'browser', {now}, {now})",
)


async def test_every_migration_keeps_the_rows_of_a_populated_database(
    two_urls: tuple[str, str],
) -> None:
    url, fresh = two_urls
    try:
        await run_migrations(config=orm_config(url, for_migration=True), target="models.0001_first")
    finally:
        await Tortoise.close_connections()
    await open_database(url)
    words = {"now": "CURRENT_TIMESTAMP", "false": "0" if is_sqlite() else "false"}
    for statement in POPULATE:
        await run_sql(statement.format(**words))
    await close_database()
    await migrate(url)
    await migrate(fresh)
    assert await shape_of(url) == await shape_of(fresh)
    await open_database(url)
    try:
        for table in ("patient", "exam", "study", "series", "viewing_session"):
            assert await run_sql(f"SELECT id FROM {table}") == [{"id": 1}]
        assert (await Study.get(id=1)).study_instance_uid == "1.2"
    finally:
        await close_database()
