"""Where the database is and how a process opens it.

SQLite (the demo) is opened so that a commit is durable (`synchronous=FULL`, write-ahead log) and
waits for other writers; PostgreSQL as it is. Migrations open SQLite with `foreign_keys=OFF`,
because rebuilding a table with them on would cascade away its children.
"""

from typing import Any

import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.config_generator import expand_db_url

MODELS = ["storage.records.models"]
SQLITE_OPTIONS = "journal_mode=WAL&synchronous=FULL&busy_timeout=10000&foreign_keys=ON"


def with_options(url: str, *, for_migration: bool = False) -> str:
    """The URL with the pragmas that SQLite needs; PostgreSQL's comes back unchanged."""
    if not url.startswith("sqlite"):
        return url.replace("postgresql://", "postgres://", 1)
    options = SQLITE_OPTIONS
    if for_migration:
        options = options.replace("foreign_keys=ON", "foreign_keys=OFF")
    return url.split("?", 1)[0] + "?" + options


class PlainConnection(asyncpg.Connection):
    """Goes back to the pool without a question to the server: nothing of ours leaves settings,
    cursors or locks on a connection, and each query outside a transaction would be two round trips.
    (A transaction that is left open is rolled back all the same.)"""

    def get_reset_query(self) -> str:
        return ""


def orm_config(url: str, *, for_migration: bool = False, pool_size: int = 8) -> dict[str, Any]:
    """Tortoise's configuration for one process."""
    connection: str | dict[str, Any] = with_options(url, for_migration=for_migration)
    if not url.startswith("sqlite"):
        joiner = "&" if "?" in url else "?"
        connection = expand_db_url(
            f"{connection}{joiner}minsize=1&maxsize={pool_size}&command_timeout=30"
        )
        connection["credentials"]["connection_class"] = PlainConnection
    return {
        "connections": {"default": connection},
        "apps": {
            "models": {
                "models": MODELS,
                "default_connection": "default",
                "migrations": "migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def open_database(url: str, *, pool_size: int = 8) -> None:
    """Open this process' connections. Call `close_database` in a `finally`."""
    await Tortoise.init(config=orm_config(url, pool_size=pool_size), _enable_global_fallback=True)


async def close_database() -> None:
    await Tortoise.close_connections()


# read by `python -m tortoise makemigrations` ([tool.tortoise] in pyproject.toml), nothing else
TORTOISE_ORM = orm_config("sqlite://:memory:")
