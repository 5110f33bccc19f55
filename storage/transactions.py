"""Transactions that are tried again when the database asks for it, raw SQL that both databases
understand, and the one clock by which expiry is judged."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from asyncpg.exceptions import PostgresError
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.transactions import in_transaction as orm_transaction

T = TypeVar("T")

TRIES = 6
# the ORM passes PostgreSQL's own errors on as they are
_RETRYABLE = ("database is locked", "deadlock detected", "could not serialize")


def is_sqlite() -> bool:
    return bool(get_connection("default").capabilities.dialect == "sqlite")


async def run_sql(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Run one statement with `$1`-style parameters on the current connection (the transaction's
    when inside one). Datetimes are given in the form that the ORM stores."""
    connection = get_connection("default")
    if is_sqlite():
        sql = sql.replace("$", "?")
        values = tuple(v.isoformat(" ") if isinstance(v, datetime) else v for v in values)
    return list(await connection.execute_query_dict(sql, list(values)))


async def db_now() -> datetime:
    """The database's clock, UTC."""
    if is_sqlite():  # the database is on this machine and has no other clock
        return datetime.now(UTC)
    rows = await run_sql("SELECT clock_timestamp() AS now")
    now: datetime = rows[0]["now"]
    return now


async def in_transaction(work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` in one transaction; again, with jitter, when the database says it lost a race.

    On SQLite the write lock is taken at once: a transaction that starts by reading and then
    writes would fail instead of waiting.
    """
    for attempt in range(TRIES):
        try:
            async with orm_transaction("default"):
                if is_sqlite():
                    await run_sql("DELETE FROM outbox WHERE 0")
                return await work()
        except (OperationalError, IntegrityError, PostgresError) as error:
            # two workers made the same natural key at once: the second try finds the first's row
            lost_race = isinstance(error, IntegrityError) and "uniq" in str(error).lower()
            may_retry = lost_race or any(text in str(error) for text in _RETRYABLE)
            if attempt == TRIES - 1 or not may_retry:
                raise
            await asyncio.sleep(random.uniform(0.02, 0.1) * 2**attempt)  # noqa: S311
    raise AssertionError("unreachable")
