"""The receiver's own way into the database: many new instances and their outbox rows in one
commit, past the ORM (a row for each image of a CT must not cost a round trip each).

PostgreSQL: one statement, so one round trip and one sync of the log. SQLite: one hop to a thread
that owns a connection. Both are durable when `insert` returns.
"""

import asyncio
import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from tortoise.connection import get_connection

from storage.database import SQLITE_OPTIONS
from storage.records.imaging import NewInstance
from storage.transactions import is_sqlite

COLUMNS = (
    "sop_instance_uid", "sop_class_uid", "transfer_syntax_uid", "object_key", "sha256", "size",
    "calling_ae", "problem",
)  # fmt: skip
TOPIC = "index_instance"
LIMIT_S = 10


@dataclass(frozen=True, slots=True)
class StoredInstances:
    """`fresh`: SOP Instance UID -> sha256 of rows made now; `sha256_of`: of every row asked for."""

    fresh: dict[str, str]
    sha256_of: dict[str, str]


class InstanceLog(Protocol):
    async def open(self) -> None:
        """Connect and prepare, so that the first image does not wait for it."""

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


_KNOWN = "SELECT sop_instance_uid, sha256 FROM instance WHERE sop_instance_uid = ANY($1::text[])"


class PostgresInstanceLog:
    """One statement with arrays, whose text never changes, on one connection that is kept out of
    the pool (which would spend a round trip on each return)."""

    def __init__(self) -> None:
        self._held: contextlib.AsyncExitStack | None = None
        self._connection: Any = None

    async def open(self) -> None:
        await self._fetch(_POSTGRES, *([] for _ in COLUMNS))

    async def insert(self, rows: list[NewInstance]) -> StoredInstances:
        values = sorted(_distinct(rows), key=lambda row: str(row[0]))
        arrays = [list(column) for column in zip(*values, strict=True)]
        # a lone statement is its own transaction
        made = await self._fetch(_POSTGRES, *arrays)
        fresh = {row["sop_instance_uid"]: row["sha256"] for row in made}
        known = dict(fresh)
        others = [row.sop_instance_uid for row in rows if row.sop_instance_uid not in fresh]
        if others:
            found = await self._fetch(_KNOWN, others)
            known.update({row["sop_instance_uid"]: row["sha256"] for row in found})
        return StoredInstances(fresh, known)

    async def _fetch(self, sql: str, *values: object) -> list[Any]:
        """A second try on a new connection when the first has died: an insert that had been
        committed after all is then found as a repeat."""
        is_new = self._connection is None
        try:
            return await self._fetch_once(sql, *values)
        except Exception:
            await self.close()
            if is_new:
                raise
        return await self._fetch_once(sql, *values)

    async def _fetch_once(self, sql: str, *values: object) -> list[Any]:
        if self._connection is None:
            self._held = contextlib.AsyncExitStack()
            client = get_connection("default")
            self._connection = await self._held.enter_async_context(client.acquire_connection())
        return list(await self._connection.fetch(sql, *values, timeout=LIMIT_S))

    async def close(self) -> None:
        held, self._held, self._connection = self._held, None, None
        if held is not None:
            with contextlib.suppress(Exception):  # it is dead, or goes back to the pool
                await held.aclose()


class SqliteInstanceLog:
    """A connection of its own in a thread of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="instance-log")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

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
