"""Fixtures that every test may use."""

import atexit
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from assembly.runtime import Runtime, open_runtime
from assembly.settings import Settings
from storage.migrate import migrate
from tests.support import servers

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material beside the checkout; absent for a public reader."""
    if not SHARED.is_dir():
        pytest.skip("the reference folder `shared` is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def shared_dicom(shared: Path) -> Path:
    """Real DICOM files with a manifest of independently computed pixel hashes."""
    folder = shared / "dicom"
    if not folder.is_dir():
        pytest.skip("the reference folder `shared/dicom` is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL of this session."""
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """A real MariaDB of this session, without a database in it."""
    with servers.mariadb() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis of this session."""
    with servers.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """An S3 server of this session with one bucket."""
    with servers.s3() as url:
        yield url


async def fresh_postgres_database(url: str, *, like: str = "template1") -> str:
    """A new empty database on the session's server, or a copy of another one."""
    name = "t_" + secrets.token_hex(6)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    finally:
        await connection.close()
    return url.rsplit("/", 1)[0] + "/" + name


_MIGRATED: dict[str, str] = {}


async def migrated_postgres_database(url: str) -> str:
    """A copy of one that this process has migrated."""
    if url not in _MIGRATED:
        template = await fresh_postgres_database(url)
        await migrate(template)
        _MIGRATED[url] = template.rsplit("/", 1)[1]
    return await fresh_postgres_database(url, like=_MIGRATED[url])


_TEMPLATE = Path(tempfile.mkdtemp(prefix="cloudfilm-")) / "migrated.sqlite3"
atexit.register(shutil.rmtree, _TEMPLATE.parent, ignore_errors=True)


async def migrated_sqlite(path: Path) -> None:
    """A copy of one that this process has migrated: the same tables in a tenth of the time."""
    if not _TEMPLATE.exists():
        await migrate(f"sqlite://{_TEMPLATE}")
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_TEMPLATE, path)


@asynccontextmanager
async def opened(settings: Settings, *, is_migrated: bool = False) -> AsyncIterator[Runtime]:
    """A runtime on a database that has just been migrated."""
    EXECUTOR_CACHE.clear()  # statements of the other database: tests use both in one process
    url = settings.resolved_database_url()
    path = Path(url.removeprefix("sqlite://").split("?", 1)[0])
    if url.startswith("sqlite") and not path.exists():
        await migrated_sqlite(path)
    elif not is_migrated:
        await migrate(url)
    async with open_runtime(settings) as runtime:
        yield runtime


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty data folder with SQLite and local objects."""
    return Settings(data_dir=tmp_path / "var", settle_quiet_s=0)


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """A fresh product on the embedded defaults."""
    settings.data_dir.mkdir(parents=True)
    async with opened(settings) as ready:
        yield ready


@pytest.fixture(params=["sqlite", "postgres"])
async def each_runtime(
    request: pytest.FixtureRequest, settings: Settings
) -> AsyncIterator[Runtime]:
    """The same test on SQLite and on PostgreSQL."""
    settings.data_dir.mkdir(parents=True)
    is_postgres = request.param == "postgres"
    if is_postgres:
        url = await migrated_postgres_database(request.getfixturevalue("postgres_url"))
        settings = settings.model_copy(update={"database_url": url})
    async with opened(settings, is_migrated=is_postgres) as ready:
        yield ready


RuntimeOpener = Callable[[Settings], AbstractAsyncContextManager[Runtime]]
