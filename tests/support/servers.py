"""Private servers on free loopback ports, one each for a test session: PostgreSQL, Redis, S3.

A server whose program is missing skips the test on a laptop and fails it where CI is set.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

START_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def need(program: str) -> str:
    """The program's path; skips (fails in CI) when it is not installed."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        absent(f"{program} is not installed (make test installs it on Debian with root)")
    return path


def absent(message: str) -> NoReturn:
    """Something that `make test` provides is not there: skips on a laptop, fails in CI."""
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", name: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended at once with status {process.returncode}")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{name} did not listen within {START_S} s")


def wait_listening(port: int) -> None:
    """A second port of a server that has opened its first."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


@contextmanager
def running(command: list[str], port: int, name: str, **options: object) -> Iterator[None]:
    process = subprocess.Popen(  # type: ignore[call-overload]
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    try:
        wait_for_port(port, process, name)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    return Path(need("initdb")).parent


@contextmanager
def postgres() -> Iterator[str]:
    """A private cluster; yields its URL. As root it runs under the user `postgres`, in a folder
    of its own: pytest closes its folders to other users whenever another session starts."""
    with tempfile.TemporaryDirectory(prefix="cloudfilm-pg-", ignore_cleanup_errors=True) as folder:
        yield from _postgres(Path(folder))


def _postgres(folder: Path) -> Iterator[str]:
    binaries, port = _postgres_bin(), free_port()
    data = folder / "pg"
    data.mkdir()
    user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
        folder.chmod(0o711)
        user = [need("runuser"), "-u", "postgres", "--"]
    subprocess.run(
        [*user, binaries / "initdb", "-D", data, "-U", "cloudfilm", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-k", str(data)]
    with running(
        [*user, str(binaries / "postgres"), "-D", str(data), *options], port, "postgres", cwd="/"
    ):
        _wait_accepts(binaries / "pg_isready", port)
        yield f"postgres://cloudfilm@127.0.0.1:{port}/postgres"


def _wait_accepts(pg_isready: Path, port: int) -> None:
    """It listens before it has started up."""
    deadline = time.monotonic() + START_S
    command = [pg_isready, "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "cloudfilm"]
    while subprocess.run(command, check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise RuntimeError("postgres did not accept connections in time")
        time.sleep(0.05)


@contextmanager
def mariadb() -> Iterator[str]:
    """A private MariaDB as a hospital's database; yields its URL. As root it runs under the user
    `mysql`."""
    program, install = need("mariadbd"), need("mariadb-install-db")
    with tempfile.TemporaryDirectory(prefix="cloudfilm-my-", ignore_cleanup_errors=True) as folder:
        data, port = Path(folder) / "data", free_port()
        data.mkdir()
        user: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(folder, "mysql", "mysql")
            shutil.chown(data, "mysql", "mysql")
            user = ["--user=mysql"]
        subprocess.run(
            [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", *user],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        command = [
            program, "--no-defaults", f"--datadir={data}", f"--port={port}",
            "--bind-address=127.0.0.1", f"--socket={folder}/s.sock", f"--pid-file={folder}/pid",
            "--innodb-buffer-pool-size=16M", *user,
        ]  # fmt: skip
        with running(command, port, "mariadbd"):
            yield f"mysql://root@127.0.0.1:{port}"


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        need("redis-server"),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
    ]
    with running([*command, "--save", ""], port, "redis-server"):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def s3() -> Iterator[str]:
    """moto's server with one bucket; yields an object store URL."""
    import urllib.request

    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, port, "moto"):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/films", method="PUT")
        request.add_header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
        )
        urllib.request.urlopen(request, timeout=10).read()
        yield f"s3://films?endpoint=http://127.0.0.1:{port}&region=us-east-1"
