"""A killed child is back, a sick one is replaced, and stopping leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assembly.settings import Settings
from supervisor import process, supervise
from supervisor.problems import CannotStart, check_folder, check_pages, check_port
from supervisor.process import Child
from supervisor.redis_embedded import redis_program
from supervisor.supervise import Supervisor
from tests.supervisor.children import STUBBORN, door, is_running, script, starts_of
from tests.support.servers import free_port

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with shorter waits."""
    monkeypatch.setattr(supervise, "WATCH_S", 0.02)
    monkeypatch.setattr(supervise, "PROBE_EVERY_S", 0.05)
    monkeypatch.setattr(supervise, "START_GRACE_S", 0.5)
    monkeypatch.setattr(supervise, "BACKOFF_S", (0.0, 0.0))
    monkeypatch.setattr(process, "STOP_S", 1.0)


@asynccontextmanager
async def supervising(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, *children: Child
) -> AsyncIterator[Supervisor]:
    """A real supervisor over these children instead of the product's."""
    monkeypatch.setattr(Supervisor, "_doors", lambda *_: list(children))
    monkeypatch.setattr(Supervisor, "check", lambda _: check_folder(settings.data_dir))
    outside = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    supervisor = Supervisor(outside)
    await supervisor.start(lambda _: None)
    try:
        yield supervisor
    finally:
        await supervisor.stop()


async def until(condition: Callable[[], bool], limit_s: float = 40) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_killed_child_is_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = door(tmp_path, free_port())
    async with supervising(settings, monkeypatch, child) as supervisor:
        changes: list[int] = []
        supervisor.on_change = lambda: changes.append(child.pid)
        for count in (2, 3):
            os.kill(child.pid, signal.SIGKILL)
            await until(lambda count=count: len(starts_of(tmp_path)) == count)  # type: ignore[misc]
            assert await child.wait_ready()
        await until(lambda: len(changes) == 2)
        assert changes[-1] == child.pid == starts_of(tmp_path)[-1][0]
        assert not is_running(starts_of(tmp_path)[0][1])  # nor does what it had started


async def test_an_unhealthy_child_is_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = door(tmp_path, free_port())
    async with supervising(settings, monkeypatch, child):
        first = child.pid
        (tmp_path / "sick").touch()
        await until(lambda: len(starts_of(tmp_path)) >= 2)
        (tmp_path / "sick").unlink()
        assert not is_running(first)
        assert await child.wait_ready()


async def test_a_child_that_hangs_is_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "PROBE_S", 0.2)
    child = door(tmp_path, free_port())
    async with supervising(settings, monkeypatch, child):
        os.kill(child.pid, signal.SIGSTOP)  # its port still accepts
        await until(lambda: len(starts_of(tmp_path)) >= 2)
        assert await child.wait_ready()


async def test_stopping_leaves_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    marker = tmp_path / "deaf"
    one, deaf = door(tmp_path, free_port()), script(tmp_path, STUBBORN, str(marker))
    async with supervising(settings, monkeypatch, one, deaf) as supervisor:
        await until(marker.exists)
        pids = [one.pid, deaf.pid, starts_of(tmp_path)[0][1]]
        assert all(map(is_running, pids))
        await supervisor.stop()
        assert not any(map(is_running, pids))


async def test_a_child_that_cannot_start_is_told_with_its_last_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = door(tmp_path, free_port())
    broken = script(tmp_path, "raise SystemExit('no such table')", name="broken")
    broken.health_url = "http://127.0.0.1:1/readyz"
    with pytest.raises(CannotStart, match=r"broken did not start:\nno such table"):
        async with supervising(settings, monkeypatch, one, broken):
            pass
    assert not is_running(one.pid)


async def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    parent = (
        "import asyncio, sys, time; sys.path.insert(0, sys.argv[1]);"
        "from pathlib import Path; from tests.supervisor.children import door;"
        "child = door(Path(sys.argv[2]), int(sys.argv[3]));"
        "asyncio.run(child.start()); time.sleep(3600)"
    )
    command = [sys.executable, "-c", parent, str(REPOSITORY), str(tmp_path), str(free_port())]
    with subprocess.Popen(command) as started:
        try:
            await until(lambda: bool(starts_of(tmp_path)))
        finally:
            started.kill()
    pid, kid = starts_of(tmp_path)[0]
    await until(lambda: not is_running(pid))
    os.kill(kid, signal.SIGKILL)  # the door's own affair; the product's processes have no children


def test_a_busy_port_is_one_sentence() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"端口 {port} 已被占用"):
            check_port("127.0.0.1", port, "DICOM")


def test_a_folder_that_takes_no_files_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotStart, match="不能写入"):
        check_folder(tmp_path / "file")


def test_missing_pages_name_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/node")
    with pytest.raises(CannotStart, match="make install"):
        check_pages(tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(CannotStart, match=r"Node\.js"):
        check_pages(tmp_path)
    (tmp_path / "patient").mkdir()
    (tmp_path / "patient" / "index.html").touch()
    check_pages(tmp_path)


def test_some_redis_is_always_there() -> None:
    assert Path(redis_program()).is_file()


VIEW = """[v]
kind = "patients"
url = "postgresql://u@127.0.0.1:{port}/v"
sender = "RIS"
timestamp = "t"
sql = "SELECT * FROM v WHERE t >= :since"
columns = {{ patient_number = "p" }}
"""


async def test_the_processes_of_other_systems_are_back_after_a_kill(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The real ones, whose systems are all away; `var/demo.json` names their pids."""
    texts = {
        "peers": '[P]\nhost = "127.0.0.1"\nport = {port}\npull = {{ by = "get" }}\n',
        "destinations": '[R]\nhost = "127.0.0.1"\nport = {port}\n', "views": VIEW,
    }  # fmt: skip
    files = {f"{name}_file": tmp_path / f"{name}.toml" for name in texts}
    for name, text in texts.items():
        files[f"{name}_file"].write_text(text.format(port=free_port()), "utf-8")
    ours = {"puller", "hl7-sender", "views"}
    told = settings.model_copy(update=files)
    whole = Supervisor(told)
    real = [one for one in whole._doors(whole._environment()) if one.name in ours]
    monkeypatch.setattr(supervise, "PROBE_EVERY_S", 5.0)
    monkeypatch.setattr(supervise, "START_GRACE_S", 30.0)
    async with supervising(told, monkeypatch, *real) as supervisor:
        before = supervisor.pids()
        for name in ours:
            os.kill(int(str(before[name.replace("-", "_")])), signal.SIGKILL)
        await until(lambda: all(one.restarts and one.is_alive for one in real))
        assert all([await one.wait_ready() for one in real])
        after = supervisor.pids()
        assert before.keys() == after.keys() >= {"puller", "hl7_sender", "views"}
        assert not {str(one.pid) for one in real} & set(map(str, before.values()))
