"""A private PostgreSQL with its defaults (fsync on), on the disk that is measured."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.debian import find
from bench.receive.receivers import free_port, process


@contextmanager
def postgres(folder: Path) -> Iterator[int | None]:
    """Yields its port; None where PostgreSQL is not installed."""
    initdb, server = find("initdb"), find("postgres")
    if initdb is None or server is None:
        yield None
        return
    data, user = folder / "pg", []
    data.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
        user = ["runuser", "-u", "postgres", "--"]
    subprocess.run(
        [*user, initdb, "-D", str(data), "-U", "cloudfilm", "-A", "trust", "-E", "UTF8",
         "--locale=C"],
        check=True, stdout=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    port = free_port()
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(data)]
    with process([*user, server, "-D", str(data), *options], port):
        yield port


async def fresh_database(port: int) -> str:
    """An empty database under the same name as before."""
    import asyncpg  # type: ignore[import-untyped]

    connection = await _connected(asyncpg, f"postgres://cloudfilm@127.0.0.1:{port}/postgres")
    try:
        await connection.execute("DROP DATABASE IF EXISTS bench WITH (FORCE)")
        await connection.execute("CREATE DATABASE bench")
    finally:
        await connection.close()
    return f"postgres://cloudfilm@127.0.0.1:{port}/bench"


async def _connected(asyncpg: Any, url: str) -> Any:
    """It listens before it has started up."""
    for _ in range(100):
        try:
            return await asyncpg.connect(url)
        except asyncpg.CannotConnectNowError:
            await asyncio.sleep(0.2)
    return await asyncpg.connect(url)
