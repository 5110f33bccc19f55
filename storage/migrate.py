"""Brings the tables of a database up to date, once, before any process of the product opens it.

Tortoise takes no lock of its own, so two launchers at once are kept apart here: by an advisory
lock on PostgreSQL, by a lock file beside the database on SQLite.
"""

import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api import migrate as run_migrations

from storage.database import orm_config

LOCK_ID = 0x636C6F7564  # any number that nobody else on the server uses


async def migrate(url: str) -> None:
    """Apply every migration that the database at `url` has not seen."""
    async with _alone(url):
        try:
            await run_migrations(config=orm_config(url, for_migration=True))
        finally:
            await Tortoise.close_connections()


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[None]:
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite://").split("?", 1)[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        with Path(f"{path}.migrating").open("w") as lock:  # noqa: ASYNC230 - a launcher may block
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    address = url.replace("postgres://", "postgresql://", 1)
    connection = await asyncpg.connect(address)  # type: ignore[no-untyped-call]
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK_ID)
        yield
    finally:
        await connection.close()  # ends the lock with it
