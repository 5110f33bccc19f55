"""A read-only connection to a hospital's database: one query, streamed, within time limits.

PostgreSQL and MySQL/MariaDB have asynchronous drivers, SQL Server's and Oracle's run in threads.
Nothing that this raises holds a password or a value of a row.
"""

import asyncio
import importlib
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from integrations.his.views import View

PART = 500
CONNECT_S = 10
_DRIVERS = {"mssql+pymssql": "pymssql", "oracle+oracledb": "oracledb",
            "mysql+aiomysql": "aiomysql", "postgresql+asyncpg": "asyncpg"}  # fmt: skip
Row = dict[str, Any]


class ViewProblem(Exception):
    """The configuration does not fit the database: a person must mend it."""


class ViewDown(Exception):
    """The database is not reached, too slow, or broke off: later."""


async def read_rows(view: View, since: datetime, zone: ZoneInfo) -> AsyncIterator[list[Row]]:
    """Rows that the query gives, in parts, columns in lower case. ViewProblem, ViewDown."""
    _need(view)
    parts = _async_parts if view.dialect.startswith(("postgresql", "mysql")) else _thread_parts
    stream = parts(view, bound_since(view, since, zone))
    try:
        while True:
            try:
                async with asyncio.timeout(view.time_limit_s + CONNECT_S):
                    part = await anext(stream)
            except StopAsyncIteration:
                return
            yield part
    except TimeoutError as error:
        raise ViewDown("time_limit") from error
    except (OSError, EOFError) as error:
        raise ViewDown(type(error).__name__) from None
    except (ViewProblem, ViewDown):
        raise
    except Exception as error:  # noqa: BLE001 - drivers' own, not all wrapped
        raise _told(view, error) from None
    finally:
        await stream.aclose()


def bound_since(view: View, since: datetime, zone: ZoneInfo) -> datetime | str:
    """`since` in the form that the view's timestamps have."""
    match view.timestamp_is:
        case "aware":
            return since
        case "utc":
            return since.replace(tzinfo=None)
        case "text":
            return since.astimezone(zone).strftime(view.timestamp_format)
    return since.astimezone(zone).replace(tzinfo=None)


def _need(view: View) -> None:
    for module in ("sqlalchemy", _DRIVERS[view.dialect]):
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ViewProblem(
                f"缺少数据库驱动 {module},请安装 cloudfilm[hospital-db]。"
                f" The driver {module} is missing: install cloudfilm[hospital-db]."
            ) from error


def _told(view: View, error: Exception) -> ViewProblem | ViewDown:
    """The driver's own first line, without the statement's values and without the password."""
    own = getattr(error, "orig", None) or error
    lines = str(own).splitlines() or [""]
    text = f"{type(own).__name__}: {lines[0]}"[:200]
    secret = _secret(view)
    if secret:
        text = text.replace(secret, "***")
    return ViewProblem(text) if _must_be_mended(error) else ViewDown(text)


def _must_be_mended(error: Exception) -> bool:
    """A statement that can never run, not a database that is away."""
    from sqlalchemy.exc import DataError, IntegrityError, NotSupportedError, ProgrammingError

    return isinstance(error, ProgrammingError | DataError | IntegrityError | NotSupportedError)


def _secret(view: View) -> str:
    from sqlalchemy.engine import make_url

    if view.password_file:
        return Path(view.password_file).read_text("utf-8").strip()
    return str(make_url(view.url).password or "")


def _url(view: View) -> Any:
    from sqlalchemy.engine import make_url

    url = make_url(view.url).set(drivername=view.dialect)
    if view.password_file:
        try:
            url = url.set(password=_secret(view))
        except OSError as error:
            raise ViewProblem(f"password_file: {error.strerror}") from None
    if view.dialect.startswith("mysql"):
        url = url.update_query_dict({"charset": view.charset or "utf8mb4"})
    return url


def _statement(view: View, since: datetime | str) -> Any:
    from sqlalchemy import DateTime, String, bindparam, text

    kind = String() if isinstance(since, str) else DateTime(timezone=since.tzinfo is not None)
    sql = view.sql.strip().rstrip(";")
    return text(sql).bindparams(bindparam("since", since, type_=kind))


def _settings(view: View, is_mariadb: bool) -> list[str]:
    """Statements that make the session read-only and limit its time."""
    limit_ms = int(view.time_limit_s * 1000)
    if view.dialect.startswith("postgresql"):
        return ["SET TRANSACTION READ ONLY", f"SET LOCAL statement_timeout = {limit_ms}"]
    if view.dialect.startswith("mysql"):
        limit = (
            f"SET SESSION max_statement_time = {view.time_limit_s}"
            if is_mariadb
            else f"SET SESSION max_execution_time = {limit_ms}"
        )
        return ["SET SESSION TRANSACTION READ ONLY", limit]
    if view.dialect.startswith("oracle"):
        return ["SET TRANSACTION READ ONLY"]
    return []  # SQL Server has no such transaction: its login must have SELECT only


def _checked(view: View, keys: Any) -> None:
    have = {str(key).lower() for key in keys}
    for fact, column in {**view.columns, "timestamp": view.timestamp}.items():
        if column.lower() not in have:
            raise ViewProblem(
                f"查询结果没有 {fact} 对应的列 {column!r}。 The query has no column {column!r} for"
                f" {fact}; it has: {', '.join(sorted(have))}"
            )


def _rows(part: Any) -> list[Row]:
    return [{str(key).lower(): value for key, value in row.items()} for row in part]


async def _async_parts(view: View, since: datetime | str) -> AsyncGenerator[list[Row], None]:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    timeout = "timeout" if view.dialect.startswith("postgresql") else "connect_timeout"
    engine = create_async_engine(
        _url(view), poolclass=NullPool, hide_parameters=True, connect_args={timeout: CONNECT_S}
    )
    try:
        async with _closing(engine) as connection:
            is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
            for one in _settings(view, is_mariadb):
                await connection.execute(text(one))
            result = await connection.stream(_statement(view, since))
            _checked(view, result.keys())
            async for part in result.mappings().partitions(PART):
                yield _rows(part)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _closing(engine: Any) -> AsyncIterator[Any]:
    """Never commits."""
    async with engine.connect() as connection:
        try:
            yield connection
        finally:
            await connection.rollback()


async def _thread_parts(view: View, since: datetime | str) -> AsyncGenerator[list[Row], None]:
    """One thread after the other, never two: the drivers allow no more."""
    stream = _sync_parts(view, since)
    try:
        while True:
            part = await asyncio.to_thread(next, stream, None)
            if part is None:
                return
            yield part
    finally:
        await asyncio.to_thread(stream.close)


def _sync_parts(view: View, since: datetime | str) -> Generator[list[Row], None, None]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    arguments: dict[str, Any] = {"tcp_connect_timeout": CONNECT_S}
    if view.dialect.startswith("mssql"):
        arguments = {"login_timeout": CONNECT_S, "timeout": int(view.time_limit_s) or 1}
        if view.charset:
            arguments["charset"] = view.charset
    engine = create_engine(
        _url(view), poolclass=NullPool, hide_parameters=True, connect_args=arguments
    )
    with _disposed(engine), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if view.dialect.startswith("oracle"):
            driver.call_timeout = int(view.time_limit_s * 1000)
        for one in _settings(view, is_mariadb=False):
            connection.execute(text(one))
        result = connection.execution_options(stream_results=True).execute(_statement(view, since))
        _checked(view, result.keys())
        for part in result.mappings().partitions(PART):
            yield _rows(part)
        connection.rollback()


@contextmanager
def _disposed(engine: Any) -> Iterator[None]:
    try:
        yield
    finally:
        engine.dispose()
