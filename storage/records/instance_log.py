"""The receiver's own way into the database: many new instances and their outbox rows in one
commit, past the ORM (a row for each image of a CT must not cost a round trip each).

PostgreSQL: one statement, so one round trip and one sync of the log. SQLite: one hop to a thread
that owns a connection. Both are durable when `insert` returns.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from tortoise.connection import get_connection

from storage.database import SQLITE_OPTIONS
from storage.records.imaging import NewInstance
from storage.transactions import is_sqlite, run_sql

COLUMNS = (
    "sop_instance_uid", "sop_class_uid", "transfer_syntax_uid", "object_key", "sha256", "size",
    "calling_ae", "problem",
)  # fmt: skip
TOPIC = "index_instance"


@dataclass(frozen=True, slots=True)
class StoredInstances:
    """`fresh`: SOP Instance UID -> sha256 of rows made now; `sha256_of`: of every row asked for."""

    fresh: dict[str, str]
    sha256_of: dict[str, str]


class InstanceLog(Protocol):
    async def insert(self, rows: list[NewInstance]) -> StoredInstances:
        """Insert rows that are new and ask for their indexing, in one commit."""

    async def close(self) -> None: ...


def open_instance_log() -> InstanceLog:
    """On the database that this process has opened."""
    if is_sqlite():
        return SqliteInstanceLog(str(get_connection("default").filename))  # type: ignore[attr-defined]
    return PostgresInstanceLog()


def _distinct(rows: list[NewInstance]) -> list[tuple[object, ...]]:
    """The first row of each UID, as column values."""
    first = {row.sop_instance_uid: row for row in reversed(rows)}
    return [tuple(getattr(row, name) for name in COLUMNS) for row in first.values()]


_POSTGRES = f"""
WITH made AS (
  INSERT INTO instance ({", ".join(COLUMNS)}, received_at)
  SELECT *, clock_timestamp() FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
    $8::text[])
  ON CONFLICT (sop_instance_uid) DO NOTHING RETURNING id, sop_instance_uid, sha256
), asked AS (
  INSERT INTO outbox (topic, subject, revision, attempts, available_at, last_error, created_at)
  SELECT '{TOPIC}', id, 1, 0, clock_timestamp(), '', clock_timestamp() FROM made
)
SELECT sop_instance_uid, sha256 FROM made"""


class PostgresInstanceLog:
    """One statement with arrays: its text never changes, so the server plans it once."""

    async def insert(self, rows: list[NewInstance]) -> StoredInstances:
        values = sorted(_distinct(rows), key=lambda row: str(row[0]))
        arrays = [list(column) for column in zip(*values, strict=True)]
        # a lone statement is its own transaction
        made = await run_sql(_POSTGRES, *arrays)
        fresh = {row["sop_instance_uid"]: row["sha256"] for row in made}
        known = dict(fresh)
        others = [row.sop_instance_uid for row in rows if row.sop_instance_uid not in fresh]
        if others:
            known.update(await _known(others))
        return StoredInstances(fresh, known)

    async def close(self) -> None:
        return


async def _known(uids: list[str]) -> dict[str, str]:
    rows = await run_sql(
        "SELECT sop_instance_uid, sha256 FROM instance WHERE sop_instance_uid = ANY($1::text[])",
        uids,
    )
    return {row["sop_instance_uid"]: row["sha256"] for row in rows}


class SqliteInstanceLog:
    """A connection of its own in a thread of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="instance-log")
        self._connection: sqlite3.Connection | None = None

    async def insert(self, rows: list[NewInstance]) -> StoredInstances:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._insert, rows)

    async def close(self) -> None:
        def end() -> None:
            if self._connection is not None:
                self._connection.close()

        await asyncio.get_running_loop().run_in_executor(self._thread, end)
        self._thread.shutdown()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            for option in SQLITE_OPTIONS.split("&"):
                self._connection.execute(f"PRAGMA {option}")
        return self._connection

    def _insert(self, rows: list[NewInstance]) -> StoredInstances:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            stored = _insert_sqlite(connection, rows)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return stored


def _insert_sqlite(connection: sqlite3.Connection, rows: list[NewInstance]) -> StoredInstances:
    now = datetime.now(UTC).isoformat(" ")
    marks = "(" + "?, " * len(COLUMNS) + "?)"
    fresh: dict[str, str] = {}
    known: dict[str, str] = {}
    for row in _distinct(rows):
        made: tuple[Any, ...] | None = connection.execute(
            f"INSERT INTO instance ({', '.join(COLUMNS)}, received_at) VALUES {marks} "
            "ON CONFLICT (sop_instance_uid) DO NOTHING RETURNING id",
            (*row, now),
        ).fetchone()
        uid = str(row[0])
        if made is None:
            (known[uid],) = connection.execute(
                "SELECT sha256 FROM instance WHERE sop_instance_uid = ?", (uid,)
            ).fetchone()
            continue
        connection.execute(
            "INSERT INTO outbox "
            "(topic, subject, revision, attempts, available_at, last_error, created_at) "
            "VALUES (?, ?, 1, 0, ?, '', ?)",
            (TOPIC, made[0], now, now),
        )
        fresh[uid] = known[uid] = str(row[4])
    return StoredInstances(fresh, known)
